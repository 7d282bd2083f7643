"""One contract for all cameras: a recording, V4L2 (on a recording; on what KIOSK_USB_CAMERA names), picamera2's stand-in, the world."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.devices.camera import Camera, CameraSettings, open_camera
from kiosk.devices.camera.pi import PiSource
from kiosk.devices.camera.recorded import RecordedSource, fit
from kiosk.devices.camera.stream import CameraStream
from kiosk.devices.camera.usb import UsbSource
from kiosk.devices.simulated.picamera import StandInPicamera2
from kiosk.devices.simulated.process import WorldClient, WorldServer
from kiosk.devices.simulated.sensors import WorldSource
from kiosk.devices.simulated.world import World
from kiosk.domain.frame import Frame
from kiosk.errors import DeviceLostError, DeviceMissingError

SIZE = (640, 480)
PATCHES = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 210), "white": (235, 235, 235)}
SPECKS = np.random.default_rng(1).integers(0, 6, (1300, 2000, 3)).astype(np.uint8)
FASTER = 8.0
"""Clock of the watch in tests about trouble: two seconds pass in a quarter."""


def chart(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A colour chart of four bars with a little noise, as every sensor has."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    for i, colour in enumerate(PATCHES.values()):
        picture[:, i * width // 4:(i + 1) * width // 4] = colour
    return cv2.add(picture, np.roll(SPECKS[:height, :width], 7 * number, axis=1))


def video(path: Path, count: int = 20, make: Callable[[int], np.ndarray] = chart) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, SIZE)
    for i in range(count):
        writer.write(cv2.cvtColor(make(i), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


class Bench:
    """A camera on the bench and, where it can be done, its cable in our hand."""

    def __init__(self, camera: Camera, fault: Callable[[str], None] | None = None, chart_shown: bool = True) -> None:
        self.camera, self.fault, self.chart_shown = camera, fault, chart_shown

    def frame(self) -> Frame:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            frame = self.camera.read(0.5)
            if frame is not None:
                return frame
        raise AssertionError("no frame within 5 s")


def settings(kind: str, source: str, size: tuple[int, int] = SIZE) -> CameraSettings:
    return CameraSettings("pay-cam", kind, source, size, rate_hz=20.0)


def recorded(tmp_path: Path) -> Iterator[Bench]:
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), cv2.cvtColor(chart(i), cv2.COLOR_RGB2BGR))
    yield Bench(open_camera(settings("file", str(tmp_path))))


def recorded_video(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(open_camera(settings("file", str(video(tmp_path / "v.avi")))))


def usb_on_a_recording(tmp_path: Path) -> Iterator[Bench]:
    given = settings("usb", str(video(tmp_path / "v.avi", 60)))
    yield Bench(CameraStream(given, UsbSource(given, backend=cv2.CAP_ANY)))


def usb(tmp_path: Path) -> Iterator[Bench]:
    device = os.environ.get("KIOSK_USB_CAMERA")
    if not device:
        pytest.skip("KIOSK_USB_CAMERA names no camera")
    yield Bench(open_camera(settings("usb", device)), chart_shown=False)


class Scene:
    """What the stand-in's sensor sees."""

    def __init__(self) -> None:
        self.fault, self._count = "ok", 0

    def __call__(self, size: tuple[int, int]) -> np.ndarray | None:
        self._count += 0 if self.fault == "frozen" else 1
        if self.fault == "gone":
            return None
        picture = chart(self._count, size)
        return {"black": np.zeros_like(picture), "wrong_size": picture[:100]}.get(self.fault, picture)

    def become(self, fault: str) -> None:
        self.fault = fault


def pi(tmp_path: Path) -> Iterator[Bench]:
    scene, given = Scene(), settings("pi", "0")
    source = PiSource(given, lambda _port: StandInPicamera2(scene))
    yield Bench(CameraStream(given, source, now=lambda: time.monotonic() * FASTER), scene.become)


@pytest.fixture
def world_socket(tmp_path: Path, setup) -> Iterator[Path]:
    server = WorldServer(World(setup, None), tmp_path / "world.sock")
    yield tmp_path / "world.sock"
    server.close()


def lost(camera: Camera, limit_s: float = 5.0) -> DeviceLostError:
    """Read until the camera is lost and return how it says so."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            camera.read(0.05)
        except DeviceLostError as error:
            return error
    raise AssertionError(f"not lost within {limit_s} s")


BENCHES = {
    "recorded": recorded, "recorded_video": recorded_video, "usb_on_a_recording": usb_on_a_recording, "usb": usb, "pi": pi, "world": None,
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "world":
        yield from world_bench(request.getfixturevalue("world_socket"))
        return
    for one in BENCHES[request.param](tmp_path):
        yield one
        one.camera.close()


def world_bench(path: Path) -> Iterator[Bench]:
    client, given = WorldClient(path), settings("world", str(path))
    camera = CameraStream(given, WorldSource(given), now=lambda: time.monotonic() * FASTER)
    yield Bench(camera, lambda fault: client.act("camera", camera="pay-cam", fault=fault), chart_shown=False)
    camera.close()
    client.close()


def test_frames_are_rgb_of_the_size_asked_for_and_count_up(bench: Bench):
    frames = [bench.frame() for _ in range(5)]
    for frame in frames:
        assert frame.pixels.shape == (480, 640, 3)
        assert frame.pixels.dtype == np.uint8
        assert frame.camera == "pay-cam"
        if bench.chart_shown:
            for i, (name, colour) in enumerate(PATCHES.items()):
                seen = frame.pixels[100:380, i * 160 + 40:i * 160 + 120].reshape(-1, 3).mean(0)
                assert np.abs(seen - colour).max() < 25, f"{name} is seen as {seen}"
    assert all(a.sequence < b.sequence for a, b in pairwise(frames))


def test_sensor_time_is_monotonic_time_and_goes_forward(bench: Bench):
    frames = [bench.frame() for _ in range(4)]
    assert all(a.sensor_time_s < b.sensor_time_s for a, b in pairwise(frames))
    assert abs(time.monotonic() - frames[-1].sensor_time_s) < 1.0


def test_newest_frame_wins_and_is_given_once(bench: Bench):
    first = bench.frame()
    end = time.monotonic() + 5
    while (second := bench.frame()).sequence == first.sequence:
        assert time.monotonic() < end
    assert second.sequence > first.sequence


def test_read_waits_no_longer_than_asked(bench: Bench):
    bench.frame()
    for _ in range(10):
        started = time.monotonic()
        bench.camera.read(0.0)
        assert time.monotonic() - started < 0.3


def test_close_twice(bench: Bench):
    bench.camera.close()
    bench.camera.close()


@pytest.mark.parametrize("fault", ["gone", "black", "frozen", "wrong_size"])
@pytest.mark.parametrize("bench", ["pi", "world"], indirect=True)
def test_a_camera_that_stops_or_lies_is_lost_and_comes_back(bench: Bench, fault: str):
    bench.frame()
    bench.fault(fault)
    lost(bench.camera)
    bench.fault("ok")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            if bench.camera.read(0.05) is not None:
                return
        except DeviceLostError:
            continue
    raise AssertionError("the camera did not come back")


def test_loss_is_told_within_two_seconds_of_real_time(tmp_path: Path):
    given = CameraSettings("pay-cam", "file", str(video(tmp_path / "v.avi", 5)), SIZE, loop=False)
    camera = open_camera(given)
    while camera.read(0.5) is not None:
        last = time.monotonic()
    assert "no frame" in str(lost(camera))
    assert 1.0 < time.monotonic() - last <= 2.0
    camera.close()


def test_a_camera_that_is_not_there_is_lost_and_says_why(tmp_path: Path):
    sources = {"/dev/video99": UsbSource, str(tmp_path / "none.avi"): RecordedSource, str(tmp_path / "no.sock"): WorldSource}
    for where, source in sources.items():
        given = settings("usb", where)
        camera = CameraStream(given, source(given), now=lambda: time.monotonic() * FASTER)
        assert given.source in str(lost(camera).__cause__)
        camera.close()


def test_what_cannot_be_opened_is_named(tmp_path: Path):
    with pytest.raises(DeviceMissingError, match="choose one of file, usb, pi, world"):
        open_camera(settings("webcam", "0"))
    with pytest.raises(DeviceMissingError, match="python3-picamera2"):
        open_camera(settings("pi", "0"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DeviceMissingError, match="holds no picture"):
        RecordedSource(settings("file", str(tmp_path / "empty"))).open()


def test_a_recording_of_another_size_is_cut_to_fit():
    assert fit(chart(1, (1000, 480)), SIZE).shape == (480, 640, 3)
    assert fit(chart(1, (640, 900)), (320, 240)).shape == (240, 320, 3)
    middle = fit(chart(1, (2000, 480)), SIZE)
    assert np.abs(middle[200, 100].astype(int) - PATCHES["green"]).max() < 20, "cut in the middle: green and blue remain"


def test_format_names_are_reversed_in_the_stand_in_as_in_the_library():
    scene = Scene()
    for name, first in (("BGR888", "red"), ("RGB888", "blue")):
        library = StandInPicamera2(scene)
        library.configure(library.create_video_configuration({"size": SIZE, "format": name}, 2, {"FrameRate": 100.0}))
        library.start()
        request = library.capture_request()
        leading = int(request.make_array("main")[240, 40, 0] if first == "red" else request.make_array("main")[240, 360, 0])
        request.release()
        assert leading > 150, f"{name} starts with {first}"
