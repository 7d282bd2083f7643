"""What every depth camera keeps to; the simulated one always runs, a real one where somebody adds it to CAMERAS."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from kiosk.config import parse
from kiosk.devices.depth import DepthCamera, DepthFrame, ProgramDepthCamera
from kiosk.devices.simulated.depth import SimulatedDepthCamera, head, sheet
from kiosk.devices.simulated.portrait import landmarks
from kiosk.errors import ConfigError, DeviceLostError
from kiosk.flows.sight import open_depth
from kiosk.vision.face import FaceFound
from kiosk.vision.liveness import relief_mm

SIZE = (512, 512)
MESH = landmarks()
LOW, HIGH = MESH[:, :2].min(axis=0), MESH[:, :2].max(axis=0)
BOX = (float(LOW[0]), float(LOW[1]), float(HIGH[0] - LOW[0]), float(HIGH[1] - LOW[1]))
FACE = FaceFound(BOX, 1.0, MESH, 0.0, 0.0, 0.0, 44.0, 0.1)


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


PROGRAM = (sys.executable, "-m", "kiosk.devices.simulated.depth")
CAMERAS: dict[str, Callable[[Clock], DepthCamera]] = {
    "simulated": lambda clock: SimulatedDepthCamera(head(BOX, SIZE), clock),
    "program": lambda _clock: ProgramDepthCamera((*PROGRAM, "head")),
}


def frame_of(camera: DepthCamera, clock: Clock) -> DepthFrame:
    """The next frame, which a program takes a moment for."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        clock.now += 0.35
        try:
            frame = camera.read(1.0)
        except DeviceLostError:  # a program that is still starting
            continue
        if frame is not None:
            return frame
    raise AssertionError("no frame came")


@pytest.mark.parametrize("name", CAMERAS)
def test_frames_come_once_in_millimetres_and_in_order(name: str) -> None:
    clock = Clock()
    camera = CAMERAS[name](clock)
    first = frame_of(camera, clock)
    assert first.millimetres.dtype == np.float32 and first.millimetres.ndim == 2
    assert 100 < float(np.nanmedian(first.millimetres)) < 10_000
    again = camera.read(0.0)
    assert again is None or again.sensor_time_s > first.sensor_time_s, "a frame is given once"
    assert frame_of(camera, clock).sensor_time_s > first.sensor_time_s
    camera.close()
    camera.close()
    with pytest.raises(DeviceLostError):
        camera.read(0.0)


@pytest.mark.parametrize("tilt", [0.0, 25.0, 45.0])
def test_a_head_stands_out_and_a_sheet_does_not(tilt: float) -> None:
    assert relief_mm(head(BOX, SIZE)(1.0), FACE, SIZE) > 12
    assert abs(relief_mm(sheet(BOX, SIZE, tilt)(1.0), FACE, SIZE)) < 3


@pytest.mark.parametrize(("what", "stands_out"), [("head", True), ("sheet", False)])
def test_a_program_is_opened_as_configuration_names_it(what: str, stands_out: bool) -> None:
    box = [str(value) for value in BOX]
    command = ", ".join(f'"{word}"' for word in (*PROGRAM, what, *box))
    camera = open_depth(parse(f'[device]\nid = "pay-1"\nstore = "S"\nroles = ["pay"]\n[depth]\ncommand = [{command}]\n'))
    assert camera is not None
    seen = frame_of(camera, Clock())
    camera.close()
    assert seen.millimetres.shape == (480, 640)
    assert (relief_mm(seen.millimetres, FACE, (640, 480)) > 12) is stands_out


def test_without_a_command_there_is_none_and_a_wrong_key_is_named() -> None:
    device = '[device]\nid = "pay-1"\nstore = "S"\nroles = ["pay"]\n'
    assert open_depth(parse(device)) is None
    with pytest.raises(ConfigError, match=r"line 6: depth\.comand is not known; did you mean depth\.command"):
        parse(f'{device}[depth]\ncomand = ["x"]\n')


@pytest.mark.parametrize(("command", "said"), [
    (("/no/such/program",), "/no/such/program"), ((sys.executable, "-c", "print('no frame ' * 99)"), "python"),
    ((sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'KD1\\n' + bytes([255, 255, 255, 255]))"), "python"),
])
def test_a_program_that_gives_no_frames_is_lost_by_name(command: tuple[str, ...], said: str) -> None:
    clock = Clock()
    camera = ProgramDepthCamera(command, clock)
    assert camera.read(0.0) is None
    clock.now = 10.0
    with pytest.raises(DeviceLostError, match=f"the depth camera is silent .*{said}"):
        camera.read(0.2)
    camera.close()


def test_what_a_depth_camera_does_not_see_is_not_a_number() -> None:
    assert np.isnan(relief_mm(np.zeros((64, 64), np.float32), FACE, SIZE))
    half = head(BOX, SIZE)(1.0)[::2, ::2]
    assert relief_mm(np.ascontiguousarray(half), FACE, SIZE) > 12, "it may be coarser than the colour camera"
