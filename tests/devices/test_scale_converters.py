"""Chips and lines that misbehave: lost power, wrong order of set-up, garbage on the wire; and the calibration that ties them to grams."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kiosk.devices import scale_nau7802 as nau
from kiosk.devices.scale import Sample
from kiosk.devices.scale_calibration import calibrated, read_calibrations, write_calibrations
from kiosk.devices.scale_nau7802 import Nau7802Cell, Nau7802Converter
from kiosk.devices.scale_record import RecordedScale, Recorder
from kiosk.devices.scale_serial import LONGEST, ControllerClock, LineReader, checksum
from kiosk.devices.scale_trace import ReplayedScale, read_trace
from kiosk.devices.simulated.mcu import line
from kiosk.devices.simulated.nau7802 import COUNTS_PER_GRAM, ZERO, Nau7802Chip, SimulatedBus
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.calibration import Calibration
from kiosk.domain.units import Grams
from kiosk.errors import DeviceLostError, DeviceMissingError, InvalidValueError
from kiosk.runtime import ManualClock


class Desk:
    """One chip on a bus, in time that the test owns: reading or waiting takes two milliseconds."""

    def __init__(self, grams: float = 250.0, cell: Nau7802Cell | None = None) -> None:
        self.time_s, self.grams = 0.0, grams
        self.chip = Nau7802Chip(lambda _t: self.grams, lambda: self.time_s)
        self.bus = SimulatedBus({(0, 0): self.chip})
        self.converter = Nau7802Converter({"A1": cell or Nau7802Cell()}, 80, lambda _n: self.bus, self._now, self._wait)

    def _now(self) -> float:
        self.time_s += 0.002
        return self.time_s

    def _wait(self, seconds: float) -> None:
        self.time_s += seconds

    def values(self, seconds: float) -> list[float]:
        end, found = self.time_s + seconds, []
        while self.time_s < end:
            found += [r.raw for r in self.converter.read()]
            self.time_s += 0.004
        return found


def test_a_nau7802_is_set_up_in_the_order_of_its_data_sheet_and_gives_its_rate() -> None:
    desk = Desk()
    values = desk.values(3.0)
    assert set(values) == {round(ZERO + 250 * COUNTS_PER_GRAM)}
    assert 200 <= len(values) <= 240


def test_a_chip_that_is_not_calibrated_by_itself_reads_wrong() -> None:
    """The stand-in tells a driver that leaves the calibration out."""
    desk = Desk()
    powered = nau.POWER_DIGITAL | nau.POWER_ANALOGUE
    desk.chip.write(nau.PU_CTRL, powered)
    desk.time_s += 1
    desk.chip.write(nau.CTRL1, 7)
    desk.chip.write(nau.PU_CTRL, powered | nau.CYCLE_START)
    desk.time_s += 1
    counts = int.from_bytes(bytes(desk.bus.read_i2c_block_data(nau.ADDRESS, nau.ADCO_B2, 3)), "big", signed=True)
    assert counts > ZERO + 300 * COUNTS_PER_GRAM


def test_negative_counts_are_negative() -> None:
    assert set(Desk(-400.0).values(1.0)) == {round(ZERO - 400 * COUNTS_PER_GRAM)}


def test_a_chip_that_lost_power_is_set_up_again() -> None:
    desk = Desk()
    desk.values(1.0)
    desk.chip.write(nau.PU_CTRL, nau.RESET)
    with pytest.raises(DeviceLostError, match="converts nothing"):
        desk.values(3.0)
    assert set(desk.values(2.0)) == {round(ZERO + 250 * COUNTS_PER_GRAM)}


def test_what_is_wrong_with_a_chip_is_named() -> None:
    desk = Desk()
    desk.bus.unplugged.add((0, 0))
    with pytest.raises(DeviceLostError, match="cell A1: no NAU7802 at /dev/i2c-1"):
        desk.converter.read()
    desk.bus.unplugged.clear()
    desk.chip.broken = True
    with pytest.raises(DeviceLostError, match="four wires"):
        desk.converter.read()
    desk.chip.broken = False
    desk.values(1.0)
    desk.grams = 1e6
    with pytest.raises(DeviceLostError, match="overloaded"):
        desk.values(1.0)


def test_one_chip_carries_one_cell_and_places_must_be_possible() -> None:
    with pytest.raises(InvalidValueError, match="same NAU7802"):
        Nau7802Converter({"A1": Nau7802Cell(1), "A2": Nau7802Cell(1, input=2)})
    with pytest.raises(InvalidValueError, match="mux"):
        Nau7802Cell(1, 0x20)
    with pytest.raises(InvalidValueError, match="not 50"):
        Nau7802Converter({"A1": Nau7802Cell()}, 50)


def test_the_checksum_is_the_published_one() -> None:
    assert checksum(b"123456789") == 0x29B1


def test_lines_are_found_again_after_garbage_and_what_was_lost_is_counted() -> None:
    reader = LineReader()
    sent = [line(n, 12 * n, (1000 + n, None, -5)) for n in range(6)]
    assert reader.feed(sent[0] + sent[1][:7]) != []
    found = reader.feed(sent[1][7:] + b"\x00\xffnoise$K1,9" + sent[2] + sent[3].replace(b"1003", b"1004") + b"\r\n" + sent[5])
    assert [(one.seq, one.values) for one in found] == [(1, (1001, None, -5)), (2, (1002, None, -5)), (5, (1005, None, -5))]
    assert (reader.damaged, reader.lost) == (1, 2)


def test_endless_bytes_without_a_line_do_not_pile_up() -> None:
    reader = LineReader()
    for _ in range(100):
        reader.feed(b"x" * 400)
    assert len(reader._rest) <= LONGEST
    assert len(reader.feed(b"\n" + line(1, 1, (7,)))) == 1


def test_any_bytes_at_all_are_survived() -> None:
    rng, reader = random.Random(4), LineReader()
    good = 0
    for n in range(2000):
        data = bytearray(line(n, n * 12, (rng.randrange(-(2**23), 2**23),)))
        if rng.random() < 0.5:
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        good += len(reader.feed(bytes(data)))
    assert 900 <= good <= 1150


def test_the_controllers_clock_survives_late_lines_its_wrap_and_its_restart() -> None:
    clock = ControllerClock()
    rng = random.Random(3)
    start = 2**32 - 3000
    made = [n * 0.0125 for n in range(800)]
    times = [clock.seconds((start + round(1000 * t)) % 2**32, 50 + t + rng.choice((0.002, 0.02, 0.4))) for t in made]
    assert times == sorted(times)
    settled = [seen - 50 - t for seen, t in zip(times[100:], made[100:], strict=True)]
    assert max(settled) - min(settled) < 0.02
    assert clock.seconds(5, 99.0) == pytest.approx(99.0)


MADE = Calibration(31_500.0, 1 / 420, 500.0, 0.4, "2026-01-01T00:00:00+00:00")


def test_calibrations_survive_their_file_and_what_lacks_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "scale.json"
    assert read_calibrations(path) == {}
    write_calibrations(path, {"A1": MADE})
    assert read_calibrations(path) == {"A1": MADE}
    with pytest.raises(DeviceMissingError, match="no calibration of A2; run: kiosk shelf calibrate A2"):
        calibrated(path, ("A1", "A2"))


@pytest.mark.parametrize("text", ["", "{", '{"cells": {"A1": {}}}', '{"cells": []}',
                                  '{"cells": {"A1": {"zero": 1, "grams_per_unit": 0, "weight_g": 1, "noise_g": 1, "at": ""}}}'])
def test_a_damaged_file_of_calibrations_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scale.json"
    path.write_text(text)
    with pytest.raises(InvalidValueError, match=r"scale\.json"):
        read_calibrations(path)


class Played:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds


def test_a_recording_replays_as_it_was(tmp_path: Path) -> None:
    trace = lane(LaneScenario(60.0, 5.0, 3, hours=0.02, cells=3))
    played, clock = Played(), ManualClock()
    scale = RecordedScale(ReplayedScale(trace, played.now, speed=10.0), Recorder(tmp_path, trace.plan, clock.now))
    passed = []
    while len(passed) < trace.grams.size:
        played.seconds += 0.31
        passed += scale.read()
    scale.close()
    assert scale.read() == []
    back = read_trace(next(tmp_path.iterdir()))
    assert back.plan == trace.plan
    assert back.grams == pytest.approx(trace.grams, abs=0.001)
    assert back.time_s == pytest.approx(trace.time_s, abs=0.001)


def test_samples_that_come_in_a_bunch_make_a_recording_that_can_be_read(tmp_path: Path) -> None:
    trace = lane(LaneScenario(60.0, 5.0, 3, hours=0.01))
    (cell, *_) = trace.plan.cells
    recorder = Recorder(tmp_path, trace.plan, ManualClock().now)
    recorder.write([Sample(cell.cell, 5.0 + n * 0.0002, Grams(float(n))) for n in range(20)])
    recorder.close()
    back = read_trace(next(tmp_path.iterdir()))
    assert back.time_s == pytest.approx([5.0, 5.001, 5.002, 5.003, 5.004])


def test_old_recordings_go_above_the_limit(tmp_path: Path) -> None:
    trace = lane(LaneScenario(60.0, 5.0, 3, hours=3.5))
    played, clock = Played(), ManualClock()
    scale = RecordedScale(ReplayedScale(trace, played.now, speed=1.0), Recorder(tmp_path, trace.plan, clock.now, limit_mb=1.0))
    for _ in range(8):
        played.seconds += 1800
        clock.move(1800)
        scale.read()
    scale.close()
    pieces = sorted(p.name for p in tmp_path.iterdir())
    assert len(pieces) == 2  # one that is whole, and the one that grows
    assert read_trace(tmp_path / pieces[-1]).time_s[-1] == pytest.approx(trace.time_s[-1], abs=0.01)
