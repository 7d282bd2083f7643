"""A cell on the bench: calibrated when it is well, refused with its reason when it is not."""

from __future__ import annotations

import io
import math
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kiosk.__main__ import main
from kiosk.devices.scale import Reading
from kiosk.devices.scale_calibration import read_calibrations
from kiosk.devices.scale_iio import IioCell, IioConverter
from kiosk.devices.scale_nau7802 import Nau7802Cell, Nau7802Converter
from kiosk.devices.scale_serial import SerialCell, SerialConverter
from kiosk.devices.simulated.mcu import SimulatedController
from kiosk.devices.simulated.nau7802 import COUNTS_PER_GRAM, ZERO, Nau7802Chip, SimulatedBus
from kiosk.errors import DeviceLostError, InvalidValueError
from kiosk.flows.calibrate import Bench, calibrate
from kiosk.runtime import ManualClock, SystemClock

WEIGHT_G = 500.0


class Cell:
    """A NAU7802 in time that stands still until somebody waits. `on_it`: grams at each step; `sway`: added to the weight over time."""

    def __init__(self, noise_g: float = 0.2) -> None:
        self.clock, self.grams, self.rub_g = ManualClock(), 0.0, 0.0
        self.sway = lambda _t: 0.0
        rng = np.random.default_rng(2)
        chip = Nau7802Chip(lambda t: self.grams + self.rub_g + self.sway(t) + rng.normal(0, noise_g), self.clock.monotonic)
        self.bus = SimulatedBus({(0, 0): chip})
        self.converter = Nau7802Converter({"A1": Nau7802Cell()}, 80, lambda _n: self.bus, self.clock.monotonic, self.clock.move)
        self.bench = Bench("A1", self.converter, self.clock, self.clock.move, lambda _share: None)
        self.asked: list[str] = []

    def ask(self, what: str) -> None:
        self.asked.append(what)
        self.grams = {"empty": 40.0, "weight": 40.0 + WEIGHT_G, "empty_again": 40.0}[what]


def test_a_good_cell_is_calibrated_to_grams() -> None:
    cell = Cell()
    made, off_g = calibrate(cell.bench, WEIGHT_G, cell.ask)
    assert cell.asked == ["empty", "weight", "empty_again"]
    assert made.grams_per_unit == pytest.approx(1 / COUNTS_PER_GRAM, rel=1e-3)
    assert made.grams(ZERO + COUNTS_PER_GRAM * 140) == pytest.approx(100.0, abs=0.3)
    assert made.noise_g == pytest.approx(0.2, rel=0.3)
    assert abs(off_g) < 0.2


def test_a_cell_that_is_wired_the_other_way_round_works_too() -> None:
    cell = Cell()
    made, _ = calibrate(cell.bench, WEIGHT_G, lambda what: setattr(cell, "grams", -WEIGHT_G if what == "weight" else 0.0))
    assert made.grams_per_unit < 0
    assert made.grams(ZERO - 100 * COUNTS_PER_GRAM) == pytest.approx(100.0, abs=0.3)


def refused(cell: Cell, says: str, weight_g: float = WEIGHT_G) -> None:
    with pytest.raises(InvalidValueError, match=says):
        calibrate(cell.bench, weight_g, cell.ask)


def test_a_cell_that_drifts_is_refused() -> None:
    cell = Cell()
    cell.sway = lambda t: 0.5 * t
    refused(cell, "not at rest")


def test_a_cell_that_somebody_touches_is_refused() -> None:
    cell = Cell()
    cell.sway = lambda t: 60.0 if t > 5 else 0.0
    refused(cell, "not at rest")


def test_a_swinging_cell_is_refused() -> None:
    cell = Cell(noise_g=0.05)
    cell.sway = lambda t: 80 * math.sin(2 * math.pi * t / 20)
    refused(cell, "not at rest")


def test_a_weight_on_another_cell_is_told() -> None:
    cell = Cell()
    cell.bench.converter.read()
    with pytest.raises(InvalidValueError, match="hardly feels 500 g"):
        calibrate(cell.bench, WEIGHT_G, lambda _what: None)


def test_a_plate_that_rubs_does_not_come_back_to_zero() -> None:
    cell = Cell()

    def ask(what: str) -> None:
        cell.ask(what)
        cell.rub_g = 6.0 if what == "empty_again" else 0.0

    with pytest.raises(InvalidValueError, match=r"does not come back to zero: \+6\.\d g"):
        calibrate(cell.bench, WEIGHT_G, ask)


def test_no_weight_is_no_weight() -> None:
    refused(Cell(), "cannot be", 0.0)
    refused(Cell(), "cannot be", math.nan)


def test_a_cell_without_values_is_lost() -> None:
    cell = Cell()
    cell.bus.unplugged.add((0, 0))
    with pytest.raises(DeviceLostError, match="gives no values"):
        cell.bench.measure()


class Slow:
    """A converter that gives a value every second: too few to calibrate by."""

    cells = ("A1",)

    def __init__(self, clock: ManualClock) -> None:
        self._clock, self._next_s = clock, 0.0

    def read(self) -> list[Reading]:
        if self._clock.monotonic() < self._next_s:
            return []
        self._next_s += 1.0
        return [Reading("A1", self._clock.monotonic(), 5.0)]

    def close(self) -> None:
        pass


def test_too_few_values_are_refused() -> None:
    clock = ManualClock()
    with pytest.raises(InvalidValueError, match="too few"):
        Bench("A1", Slow(clock), clock, clock.move, lambda _s: None).measure()


class OnDriver:
    """A cell of 40 counts a gram behind a real driver, in time that stands still until somebody waits."""

    def __init__(self) -> None:
        self.clock, self.grams, self.sway_g = ManualClock(), 0.0, 0.0
        self._rng = np.random.default_rng(8)

    def counts(self) -> int:
        sway = self.sway_g * math.sin(self.clock.monotonic())
        return round(9000 + 40 * (self.grams + sway + self._rng.normal(0, 0.1)))

    def ask(self, what: str) -> None:
        self.grams = WEIGHT_G if what == "weight" else 0.0


@contextmanager
def over_iio(cell: OnDriver, folder: Path) -> Iterator[Bench]:
    """Through the files of a kernel driver."""
    device = folder / "iio:device0"
    device.mkdir()
    (device / "name").write_text("hx711\n")

    def wait(seconds: float) -> None:
        cell.clock.move(seconds)
        (device / "in_voltage0_raw").write_text(f"{cell.counts()}\n")

    wait(0.0)
    yield Bench("A1", IioConverter({"A1": IioCell("hx711", 0)}, folder, cell.clock.monotonic), cell.clock, wait, lambda _s: None)


def test_a_cell_behind_a_kernel_driver_is_calibrated_and_refused_when_it_sways(tmp_path: Path) -> None:
    cell = OnDriver()
    with over_iio(cell, tmp_path) as bench:
        made, off_g = calibrate(bench, WEIGHT_G, cell.ask)
        assert made.grams_per_unit == pytest.approx(1 / 40, rel=1e-3)
        assert made.grams(9000 + 40 * 250) == pytest.approx(250.0, abs=0.3)
        assert abs(off_g) < 0.3
        cell.sway_g = 30.0
        with pytest.raises(InvalidValueError, match="A1"):
            calibrate(bench, WEIGHT_G, cell.ask)


@pytest.mark.slow
def test_a_cell_behind_a_controller_is_calibrated_over_its_line() -> None:
    """A real pseudo-terminal in real time: three measurements of six seconds."""
    rng, on_it = np.random.default_rng(8), {"grams": 0.0}
    controller = SimulatedController(lambda _s: [round(-3000 + 40 * (on_it["grams"] + rng.normal(0, 0.1)))], rate_hz=40.0)
    converter, never = SerialConverter({"A1": SerialCell(controller.path, 0)}), threading.Event()

    def wait(seconds: float) -> None:
        never.wait(seconds)

    def ask(what: str) -> None:
        on_it["grams"] = WEIGHT_G if what == "weight" else 0.0

    try:
        made, off_g = calibrate(Bench("A1", converter, SystemClock(), wait, lambda _s: None), WEIGHT_G, ask)
    finally:
        converter.close()
        controller.close()
    assert made.grams(-3000 + 40 * 250) == pytest.approx(250.0, abs=0.3)
    assert abs(off_g) < 0.3


CONFIG = """
[device]
id = "shelf-1"
store = "Test"
roles = ["stock"]
[hq]
public_key = "unused"
[storage]
folder = "{folder}"
[scale]
kind = "{kind}"
root = "{folder}/iio"
[scale.cells.A1]
device = "hx711"
channel = 0
"""


def test_the_command_refuses_what_it_cannot_measure_and_writes_nothing(tmp_path: Path, monkeypatch, capsys) -> None:
    iio = tmp_path / "iio" / "iio:device0"
    iio.mkdir(parents=True)
    (iio / "name").write_text("hx711\n")
    (iio / "in_voltage0_raw").write_text("12345\n")
    config = tmp_path / "kiosk.toml"
    for kind, says in (("iio", "hardly feels 500 g"), ("world", "iio, nau7802 or serial")):
        config.write_text(CONFIG.format(folder=tmp_path, kind=kind))
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n\n"))
        assert main(["shelf", "calibrate", "A1", "--weight", "500", "--config", str(config)]) == 1
        assert says in capsys.readouterr().err
    assert read_calibrations(tmp_path / "scale.json") == {}
