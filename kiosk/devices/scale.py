"""Scales: raw weight samples of the cells of a shelf."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.calibration import Calibration
from kiosk.domain.units import Grams
from kiosk.errors import DeviceError, DeviceLostError, WorldError

log = logging.getLogger(__name__)

SILENCE_S = 1.8
"""A cell without a sample for this long is silent."""

_KEPT = 20_000
"""Samples kept for a reader that is late; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One raw weight of one cell at the sensor's monotonic time."""

    cell: str
    time_s: float
    grams: Grams


class Scale(Protocol):
    """Load cells under the slots of a shelf."""

    def read(self) -> list[Sample]:
        """Return the samples since the last call, oldest first; never waits.

        Raises DeviceLostError when a cell went silent; goes on delivering when the cause goes.
        """

    def close(self) -> None:
        """Give the cells back; safe to call twice."""


class ScaleSource(Protocol):
    """A driver of load cells. Called from one thread."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells that must be heard."""

    def sample(self) -> list[Sample]:
        """Return the samples since the last call; may take as long as the converter does. Raises DeviceError or WorldError."""

    def close(self) -> None:
        """Give the cells back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One raw value of one cell in its converter's own units, at the sensor's monotonic time."""

    cell: str
    time_s: float
    raw: float


class Converter(Protocol):
    """What digitises load cells: an I2C chip, a kernel driver, a microcontroller. Called from one thread."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells that must be heard."""

    def read(self) -> list[Reading]:
        """Return what was converted since the last call, oldest first; a cell that gave nothing is left out.

        Raises DeviceError when no cell can be read.
        """

    def close(self) -> None:
        """Give the converter back; safe to call twice."""


def read_each(names: Iterable[str], one: Callable[[str], Reading | None]) -> list[Reading]:
    """Return `one` reading of each cell that has one; raise the last cause when none had and some failed."""
    readings: list[Reading] = []
    trouble: DeviceError | None = None
    for name in names:
        try:
            reading = one(name)
        except DeviceError as error:
            trouble = error
            continue
        if reading is not None:
            readings.append(reading)
    if trouble and not readings:
        raise trouble
    return readings


class CalibratedSource:
    """A ScaleSource: a converter whose raw values become grams by each cell's calibration."""

    def __init__(self, converter: Converter, calibrations: Mapping[str, Calibration]) -> None:
        """calibrations: one for each of the converter's cells."""
        self._converter, self._calibrations = converter, dict(calibrations)

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells that must be heard."""
        return self._converter.cells

    def sample(self) -> list[Sample]:
        """Return the samples since the last call. Raises DeviceError."""
        return [Sample(r.cell, r.time_s, Grams(self._calibrations[r.cell].grams(r.raw))) for r in self._converter.read()]

    def close(self) -> None:
        """Give the converter back."""
        self._converter.close()


class PolledScale:
    """A Scale over a ScaleSource: polls in its own thread at `rate_hz`, for converters take up to 100 ms a sample."""

    def __init__(self, name: str, source: ScaleSource, rate_hz: float = 10.0, now: Callable[[], float] = time.monotonic) -> None:
        self._name, self._source, self._pause_s, self._now = name, source, 1.0 / rate_hz, now
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._heard = dict.fromkeys(source.cells, now())
        self._silent: set[str] = set()
        self._trouble: DeviceError | WorldError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"scale {name}", daemon=True)
        self._thread.start()

    def read(self) -> list[Sample]:
        """Return the samples since the last call, oldest first; raises DeviceLostError (see Scale)."""
        samples = [self._samples.popleft() for _ in range(len(self._samples))]
        for sample in samples:
            self._heard[sample.cell] = self._now()
        silent = {cell for cell, heard_s in self._heard.items() if self._now() - heard_s > SILENCE_S}
        if silent != self._silent:
            log.warning("scale %s: silent cells: %s", self._name, ", ".join(sorted(silent)) or "none any more")
            self._silent = silent
        if silent:
            names = ", ".join(sorted(silent))
            raise DeviceLostError(f"scale {self._name}: no weight from {names}; check the cells' cable and power") from self._trouble
        return samples

    def close(self) -> None:
        """Give the cells back; safe to call twice."""
        self._closed.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            started = self._now()
            try:
                self._samples.extend(self._source.sample())
                self._trouble = None
            except (DeviceError, WorldError) as error:
                self._trouble = error
            self._closed.wait(max(0.0, self._pause_s - (self._now() - started)))
        self._source.close()
