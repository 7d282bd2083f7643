from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.devices.scale import CalibratedSource, Converter, PolledScale, Sample, Scale
from kiosk.devices.scale_iio import IioCell, IioConverter
from kiosk.devices.scale_nau7802 import Nau7802Cell, Nau7802Converter
from kiosk.devices.scale_serial import SerialCell, SerialConverter
from kiosk.devices.simulated.mcu import SimulatedController
from kiosk.devices.simulated.nau7802 import COUNTS_PER_GRAM, ZERO, Nau7802Chip, SimulatedBus
from kiosk.devices.simulated.process import WorldClient, WorldServer
from kiosk.devices.simulated.sensors import WorldScale
from kiosk.devices.simulated.world import World
from kiosk.domain.calibration import Calibration
from kiosk.errors import DeviceError, DeviceLostError, DeviceMissingError

FASTER = 8.0
WEIGHT = {"A1": 100.0, "A2": 200.0}


def fast() -> float:
    return time.monotonic() * FASTER


def converter(root: Path, number: int, name: str, **files: str) -> Path:
    folder = root / f"iio:device{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(name + "\n")
    for file, text in files.items():
        (folder / file).write_text(text + "\n")
    return folder


def test_iio_values_follow_the_kernels_abi(tmp_path: Path):
    converter(tmp_path, 0, "hx711", in_voltage0_raw="84000", in_voltage1_raw="-500", in_voltage_scale="0.001",
              in_voltage0_offset="1000")
    converter(tmp_path, 1, "ads1015", in_voltage2_raw="400", in_voltage2_scale="2.0")
    source = IioConverter({"A1": IioCell("hx711", 0), "A2": IioCell("iio:device0", 1), "A3": IioCell("ads1015", 2)}, tmp_path,
                          now=lambda: 12.5)
    assert [(s.cell, s.time_s) for s in source.read()] == [("A1", 12.5), ("A2", 12.5), ("A3", 12.5)]
    assert [s.raw for s in source.read()] == pytest.approx([85.0, -0.5, 800.0])


def test_what_is_wrong_with_a_converter_is_named(tmp_path: Path):
    folder = converter(tmp_path, 0, "hx711", in_voltage0_raw="1")
    with pytest.raises(DeviceMissingError, match="nau7802"):
        IioConverter({"A1": IioCell("nau7802", 0)}, tmp_path).read()
    with pytest.raises(DeviceMissingError, match="in_voltage3_raw"):
        IioConverter({"A1": IioCell("hx711", 3)}, tmp_path).read()
    (folder / "in_voltage0_raw").write_text("")
    with pytest.raises(DeviceLostError, match="in_voltage0_raw"):
        IioConverter({"A1": IioCell("hx711", 0)}, tmp_path).read()


class Bench:
    """A scale of the cells A1 and A2 and its cable in our hand."""

    def __init__(self, scale: Scale, unplug: Callable[[], None], plug: Callable[[], None]) -> None:
        self.scale, self.unplug, self.plug = scale, unplug, plug

    def samples(self, wanted: int) -> list[Sample]:
        samples: list[Sample] = []
        end = time.monotonic() + 20
        while len(samples) < wanted:
            assert time.monotonic() < end, "no samples within 20 s"
            samples += self.scale.read()
            time.sleep(0.01)
        return samples


def polled(converter: Converter, per_unit: float, zero: float = 0.0) -> PolledScale:
    made = Calibration(zero, per_unit, 500.0, 1.0, "2026-01-01T00:00:00+00:00")
    return PolledScale("shelf-1", CalibratedSource(converter, {"A1": made, "A2": made}), rate_hz=300.0, now=fast)


def iio(tmp_path: Path, _setup) -> Iterator[Bench]:
    folder = converter(tmp_path / "sys", 0, "hx711", in_voltage0_raw="100", in_voltage1_raw="200")
    scale = polled(IioConverter({"A1": IioCell("hx711", 0), "A2": IioCell("hx711", 1)}, tmp_path / "sys"), 1.0)
    yield Bench(scale, (folder / "in_voltage1_raw").unlink, lambda: (folder / "in_voltage1_raw").write_text("200"))
    scale.close()


def nau7802(_tmp_path: Path, _setup) -> Iterator[Bench]:
    """Two chips behind a multiplexer; the second's cable is pulled."""
    chips = {(0x70, port): Nau7802Chip(lambda _t, cell=cell: WEIGHT[cell], fast) for port, cell in enumerate(("A1", "A2"))}
    bus = SimulatedBus(chips)
    cells = {"A1": Nau7802Cell(1, 0x70, 0), "A2": Nau7802Cell(1, 0x70, 1)}
    scale = polled(Nau7802Converter(cells, 320, lambda _n: bus, fast), 1 / COUNTS_PER_GRAM, ZERO)
    yield Bench(scale, lambda: bus.unplugged.add((0x70, 1)), lambda: bus.unplugged.discard((0x70, 1)))
    scale.close()
    assert bus.closed


def serial(_tmp_path: Path, _setup) -> Iterator[Bench]:
    """A controller at the other end of a pseudo-terminal; the second channel's converter falls silent."""
    silent: set[int] = set()

    def counts(_seconds: float) -> list[int | None]:
        return [None if n in silent else round(1000 + 420 * grams) for n, grams in enumerate(WEIGHT.values())]

    controller = SimulatedController(counts, rate_hz=200.0)
    cells = {"A1": SerialCell(controller.path, 0), "A2": SerialCell(controller.path, 1)}
    scale = polled(SerialConverter(cells, now=fast), 1 / 420, 1000)
    yield Bench(scale, lambda: silent.add(1), silent.clear)
    scale.close()
    controller.close()


def world(tmp_path: Path, setup) -> Iterator[Bench]:
    path, servers = tmp_path / "w.sock", []
    servers.append(WorldServer(World(setup, None), path))
    scale = PolledScale("shelf-1", WorldScale("shelf-1", ("A1", "A2"), WorldClient(path)), rate_hz=300.0, now=fast)
    yield Bench(scale, servers[0].close, lambda: servers.append(WorldServer(World(setup, None), path)))
    scale.close()
    servers[-1].close()


DRIVERS = {"iio": iio, "nau7802": nau7802, "serial": serial, "world": world}


@pytest.fixture(params=DRIVERS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, setup) -> Iterator[Bench]:
    yield from DRIVERS[request.param](tmp_path, setup)


def test_weights_are_in_grams(bench: Bench, request: pytest.FixtureRequest):
    for sample in bench.samples(10):
        if "world" not in request.node.name:
            assert sample.grams == pytest.approx(WEIGHT[sample.cell], abs=0.01)


def test_samples_of_all_cells_come_oldest_first_and_once(bench: Bench):
    samples = bench.samples(10)
    assert {s.cell for s in samples} == {"A1", "A2"}
    for cell in ("A1", "A2"):
        times = [s.time_s for s in samples if s.cell == cell]
        assert times == sorted(set(times))
    later = bench.samples(2)
    assert min(s.time_s for s in later) >= max(s.time_s for s in samples if s.cell == later[0].cell)


def test_read_never_waits(bench: Bench):
    started = time.monotonic()
    for _ in range(50):
        bench.scale.read()
    assert time.monotonic() - started < 5


def test_a_silent_cell_is_told_and_comes_back(bench: Bench):
    bench.samples(4)
    bench.unplug()
    end = time.monotonic() + 20
    told = ""
    while not told:
        assert time.monotonic() < end, "nobody said that A2 is silent"
        try:
            bench.scale.read()
            time.sleep(0.01)
        except DeviceLostError as error:
            told = str(error)
    assert "A2" in told
    bench.plug()
    while time.monotonic() < end + 20:
        try:
            if any(s.cell == "A2" for s in bench.scale.read()):
                return
        except DeviceError:
            time.sleep(0.01)
    raise AssertionError("A2 did not come back")


def test_close_twice(bench: Bench):
    bench.scale.close()
    bench.scale.close()
