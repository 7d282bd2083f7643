"""Eyes: the newest frame wins, nobody waits, a lost camera is a state, and a fault is heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from kiosk.devices.camera import Camera
from kiosk.domain.frame import Frame
from kiosk.errors import DeviceLostError
from kiosk.flows.eyes import Eyes


class PacedCamera:
    """A camera whose frames a test lets go one by one."""

    def __init__(self) -> None:
        self._ready = threading.Semaphore(0)
        self._sequence = 0
        self.lost = False
        self.closed = False

    def release(self, frames: int = 1) -> None:
        self._ready.release(frames)

    def read(self, timeout_s: float) -> Frame | None:
        if self.lost:
            raise DeviceLostError("camera test: gone")
        if not self._ready.acquire(timeout=min(timeout_s, 0.05)):
            return None
        self._sequence += 1
        return Frame(np.zeros((2, 2, 3), np.uint8), self._sequence / 10, self._sequence, "test")

    def close(self) -> None:
        self.closed = True


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        if holds():
            return True
        threading.Event().wait(0.005)
    return False


@pytest.fixture
def camera() -> PacedCamera:
    return PacedCamera()


@pytest.fixture
def eyes(camera: Camera):
    made = Eyes(camera, "test")
    yield made
    made.close()


def test_a_slow_task_sees_the_newest_frame_and_drops_are_counted(camera: PacedCamera, eyes: Eyes) -> None:
    gate, seen = threading.Event(), []

    def slow(frame: Frame) -> int:
        seen.append(frame.sequence)
        gate.wait(5.0)
        return frame.sequence

    eyes.look(slow)
    camera.release()
    assert eventually(lambda: seen == [1])
    camera.release(4)
    assert eventually(lambda: eyes.frame is not None and eyes.frame.sequence == 5)
    gate.set()
    assert eventually(lambda: seen == [1, 5])
    assert eyes.dropped >= 3


def test_the_result_of_a_task_that_was_replaced_is_dropped(camera: PacedCamera, eyes: Eyes) -> None:
    gate, started = threading.Event(), threading.Event()

    def old(_frame: Frame) -> str:
        started.set()
        gate.wait(5.0)
        return "old"

    eyes.look(old)
    camera.release()
    assert started.wait(5.0)
    eyes.look(lambda _frame: "new")
    gate.set()
    camera.release()
    results = []
    assert eventually(lambda: bool(results) or bool((r := eyes.take()) and results.append(r) is None))
    assert results == ["new"]


class Looker:
    """Asks its eyes for the same method again and again, as flows do."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes

    def see(self, frame: Frame) -> int:
        return frame.sequence

    def tick(self) -> int | None:
        self._eyes.look(self.see)
        return self._eyes.take()


def test_asking_for_the_same_method_again_keeps_its_result(camera: PacedCamera, eyes: Eyes) -> None:
    looker = Looker(eyes)
    looker.tick()
    camera.release()
    assert eventually(lambda: looker.tick() == 1)


def test_a_lost_camera_is_a_state_that_ends_when_it_is_back(camera: PacedCamera, eyes: Eyes) -> None:
    camera.release()
    assert eventually(lambda: eyes.frame is not None)
    camera.lost = True
    assert eventually(lambda: eyes.lost)
    assert eyes.frame is None
    camera.lost = False
    camera.release()
    assert eventually(lambda: not eyes.lost and eyes.frame is not None)


def test_a_fault_in_a_task_is_heard_by_the_owner(camera: PacedCamera, eyes: Eyes) -> None:
    def faulty(_frame: Frame) -> None:
        raise ValueError("no such thing")

    eyes.look(faulty)
    camera.release()
    with pytest.raises(ValueError, match="no such thing"):
        eventually(lambda: eyes.take() is not None)


def test_closing_gives_the_camera_back(camera: PacedCamera) -> None:
    Eyes(camera, "test").close()
    assert camera.closed
