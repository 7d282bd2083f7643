from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.devices.scale import PolledScale, Sample, Scale
from kiosk.devices.scale_iio import IioCell, IioSource
from kiosk.devices.simulated.process import WorldClient, WorldServer
from kiosk.devices.simulated.sensors import WorldScale
from kiosk.devices.simulated.world import World
from kiosk.errors import DeviceError, DeviceLostError, DeviceMissingError

FASTER = 8.0


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
    source = IioSource({
        "A1": IioCell("hx711", 0, grams_per_unit=10.0, tare_g=50.0), "A2": IioCell("iio:device0", 1, 10.0),
        "A3": IioCell("ads1015", 2, 0.5),
    }, tmp_path, now=lambda: 12.5)
    assert [(s.cell, s.time_s) for s in source.sample()] == [("A1", 12.5), ("A2", 12.5), ("A3", 12.5)]
    assert [s.grams for s in source.sample()] == pytest.approx([800.0, -5.0, 400.0])


def test_what_is_wrong_with_a_converter_is_named(tmp_path: Path):
    folder = converter(tmp_path, 0, "hx711", in_voltage0_raw="1")
    with pytest.raises(DeviceMissingError, match="nau7802"):
        IioSource({"A1": IioCell("nau7802", 0, 1.0)}, tmp_path).sample()
    with pytest.raises(DeviceMissingError, match="in_voltage3_raw"):
        IioSource({"A1": IioCell("hx711", 3, 1.0)}, tmp_path).sample()
    (folder / "in_voltage0_raw").write_text("")
    with pytest.raises(DeviceLostError, match="in_voltage0_raw"):
        IioSource({"A1": IioCell("hx711", 0, 1.0)}, tmp_path).sample()


class Bench:
    """A scale of the cells A1 and A2 and its cable in our hand."""

    def __init__(self, scale: Scale, unplug: Callable[[], None], plug: Callable[[], None]) -> None:
        self.scale, self.unplug, self.plug = scale, unplug, plug

    def samples(self, wanted: int) -> list[Sample]:
        samples: list[Sample] = []
        end = time.monotonic() + 5
        while len(samples) < wanted:
            assert time.monotonic() < end, "no samples within 5 s"
            samples += self.scale.read()
            time.sleep(0.01)
        return samples


def iio(tmp_path: Path) -> Iterator[Bench]:
    folder = converter(tmp_path / "sys", 0, "hx711", in_voltage0_raw="100", in_voltage1_raw="200")
    cells = {"A1": IioCell("hx711", 0, 1.0), "A2": IioCell("hx711", 1, 1.0)}
    scale = PolledScale("shelf-1", IioSource(cells, tmp_path / "sys"), rate_hz=300.0, now=fast)
    yield Bench(scale, (folder / "in_voltage1_raw").unlink, lambda: (folder / "in_voltage1_raw").write_text("200"))
    scale.close()


def world(tmp_path: Path, setup) -> Iterator[Bench]:
    path, servers = tmp_path / "w.sock", []
    servers.append(WorldServer(World(setup, None), path))
    scale = PolledScale("shelf-1", WorldScale("shelf-1", ("A1", "A2"), WorldClient(path)), rate_hz=300.0, now=fast)
    yield Bench(scale, servers[0].close, lambda: servers.append(WorldServer(World(setup, None), path)))
    scale.close()
    servers[-1].close()


@pytest.fixture(params=["iio", "world"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, setup) -> Iterator[Bench]:
    yield from iio(tmp_path) if request.param == "iio" else world(tmp_path, setup)


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
    assert time.monotonic() - started < 0.5


def test_a_silent_cell_is_told_and_comes_back(bench: Bench):
    bench.samples(4)
    bench.unplug()
    end = time.monotonic() + 5
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
    while time.monotonic() < end + 5:
        try:
            if any(s.cell == "A2" for s in bench.scale.read()):
                return
        except DeviceError:
            time.sleep(0.01)
    raise AssertionError("A2 did not come back")


def test_close_twice(bench: Bench):
    bench.scale.close()
    bench.scale.close()
