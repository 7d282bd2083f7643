"""Load cells behind converters that Linux drives (HX711 and others): the Industrial I/O files of sysfs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kiosk.devices.scale import Reading, read_each
from kiosk.errors import DeviceError, DeviceLostError, DeviceMissingError

DEFAULT_ROOT = Path("/sys/bus/iio/devices")
RATE_HZ = 10.0
"""The kernel's HX711 driver waits for each conversion: more often than this it only waits longer."""


@dataclass(frozen=True, slots=True)
class IioCell:
    """Where a cell hangs. device: folder under the root ("iio:device0") or what its `name` file says ("hx711").

    channel: N of in_voltageN_raw.
    """

    device: str
    channel: int


@dataclass(frozen=True, slots=True)
class _Channel:
    raw: Path
    scale: float
    offset: float


class IioConverter:
    """Reads in_voltageN_raw of each cell (Linux: Documentation/ABI/testing/sysfs-bus-iio); raw values are (raw + offset) * scale.

    Scale and offset are those of the channel (in_voltageN_scale), else of the device (in_voltage_scale), else 1 and 0.
    A cell that cannot be read gives no sample; `PolledScale` says which one is silent.
    """

    def __init__(self, cells: Mapping[str, IioCell], root: Path = DEFAULT_ROOT, now: Callable[[], float] = time.monotonic) -> None:
        self._cells, self._root, self._now = dict(cells), root, now
        self._channels: dict[str, _Channel] = {}

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells."""
        return tuple(self._cells)

    def read(self) -> list[Reading]:
        """Return one reading of each cell that answers; raise the last cause when none does."""
        return read_each(self._cells, self._one)

    def close(self) -> None:
        """Nothing is kept open."""
        self._channels.clear()

    def _one(self, name: str) -> Reading:
        try:
            if name not in self._channels:
                self._channels[name] = self._find(name, self._cells[name])
            channel = self._channels[name]
            return Reading(name, self._now(), (_number(channel.raw, name) + channel.offset) * channel.scale)
        except DeviceError:
            self._channels.pop(name, None)
            raise

    def _find(self, name: str, cell: IioCell) -> _Channel:
        folder = self._folder(name, cell)
        raw = folder / f"in_voltage{cell.channel}_raw"
        if not raw.is_file():
            raise DeviceMissingError(f"cell {name}: {raw} is not there; does the converter have a channel {cell.channel}?")
        return _Channel(raw, self._of(folder, cell.channel, "scale", name, 1.0), self._of(folder, cell.channel, "offset", name, 0.0))

    def _folder(self, name: str, cell: IioCell) -> Path:
        direct = self._root / cell.device
        if direct.is_dir():
            return direct
        for folder in sorted(self._root.glob("iio:device*")):
            label = folder / "name"
            if label.is_file() and label.read_text(errors="replace").strip() == cell.device:
                return folder
        raise DeviceMissingError(f"cell {name}: no IIO device {cell.device!r} under {self._root}; is the converter's overlay loaded?")

    @staticmethod
    def _of(folder: Path, channel: int, what: str, name: str, otherwise: float) -> float:
        for path in (folder / f"in_voltage{channel}_{what}", folder / f"in_voltage_{what}"):
            if path.is_file():
                return _number(path, name)
        return otherwise


def _number(path: Path, name: str) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError) as error:
        raise DeviceLostError(f"cell {name}: {path} cannot be read ({error}); check the converter's wiring") from error
