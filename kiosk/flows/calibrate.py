"""Calibrating a load cell: measured empty, under a known weight, and empty again; nothing is written unless all three hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.devices.scale import Converter
from kiosk.domain.calibration import Calibration, Rest, at_rest, check_zero, solve
from kiosk.errors import DeviceError, DeviceLostError
from kiosk.runtime import Clock

MEASURE_S = 6.0
_PAUSE_S = 0.02
_PATIENCE_S = 5.0
"""A cell that gives nothing for this long is lost."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A cell on the bench. wait: lets seconds pass; told: is told how far a measurement is, 0..1."""

    cell: str
    converter: Converter
    clock: Clock
    wait: Callable[[float], None]
    told: Callable[[float], None]

    def measure(self, seconds: float = MEASURE_S) -> Rest:
        """Return what the cell reads; raise InvalidValueError when it is not at rest, DeviceLostError when it gives nothing."""
        self._flush()
        began, heard = self.clock.monotonic(), self.clock.monotonic()
        samples: list[tuple[float, float]] = []
        trouble: DeviceError | None = None
        while (now := self.clock.monotonic()) - began < seconds or not samples:
            try:
                fresh = [(r.time_s, r.raw) for r in self.converter.read() if r.cell == self.cell]
            except DeviceError as error:
                fresh, trouble = [], error
            heard = now if fresh else heard
            if now - heard > _PATIENCE_S:
                raise DeviceLostError(f"cell {self.cell} gives no values; check its cable and power") from trouble
            samples += fresh
            self.told(min(1.0, (now - began) / seconds))
            self.wait(_PAUSE_S)
        self.told(1.0)
        return at_rest(self.cell, samples)

    def _flush(self) -> None:
        """Pass over what came before: somebody was still at the cell. A chip that must be set up first is set up here."""
        try:
            self.converter.read()
        except DeviceError:
            return


def calibrate(bench: Bench, weight_g: float, ask: Callable[[str], None]) -> tuple[Calibration, float]:
    """Return the cell's calibration, and the grams by which its zero moved meanwhile. ask: has somebody see to "empty", "weight"..."""
    ask("empty")
    empty = bench.measure()
    ask("weight")
    loaded = bench.measure()
    made = solve(bench.cell, empty, loaded, weight_g, bench.clock.now().isoformat(timespec="seconds"))
    ask("empty_again")
    return made, check_zero(bench.cell, made, bench.measure())
