"""What every depth camera keeps to; the simulated one always runs, a real one where somebody adds it to CAMERAS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kiosk.devices.depth import DepthCamera
from kiosk.devices.simulated.depth import SimulatedDepthCamera, head, sheet
from kiosk.devices.simulated.portrait import landmarks
from kiosk.errors import DeviceLostError
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


CAMERAS: dict[str, Callable[[Clock], DepthCamera]] = {"simulated": lambda clock: SimulatedDepthCamera(head(BOX, SIZE), clock)}


@pytest.mark.parametrize("name", CAMERAS)
def test_frames_come_once_in_millimetres_and_in_order(name: str) -> None:
    clock = Clock()
    camera = CAMERAS[name](clock)
    first = camera.read(0.0)
    assert first is not None and first.millimetres.dtype == np.float32 and first.millimetres.ndim == 2
    assert 100 < float(np.nanmedian(first.millimetres)) < 10_000
    assert camera.read(0.0) is None, "a frame is given once"
    clock.now = 0.35
    second = camera.read(0.0)
    assert second is not None and second.sensor_time_s > first.sensor_time_s
    camera.close()
    camera.close()
    with pytest.raises(DeviceLostError):
        camera.read(0.0)


@pytest.mark.parametrize("tilt", [0.0, 25.0, 45.0])
def test_a_head_stands_out_and_a_sheet_does_not(tilt: float) -> None:
    assert relief_mm(head(BOX, SIZE)(1.0), FACE, SIZE) > 12
    assert abs(relief_mm(sheet(BOX, SIZE, tilt)(1.0), FACE, SIZE)) < 3


def test_what_a_depth_camera_does_not_see_is_not_a_number() -> None:
    assert np.isnan(relief_mm(np.zeros((64, 64), np.float32), FACE, SIZE))
    half = head(BOX, SIZE)(1.0)[::2, ::2]
    assert relief_mm(np.ascontiguousarray(half), FACE, SIZE) > 12, "it may be coarser than the colour camera"
