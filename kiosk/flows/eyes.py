"""A camera that never makes anybody wait: one thread grabs, one thinks, and the newest frame wins.

The screen draws `frame` at its own rate; a task (find the face, read the code) runs on the newest frame whenever the last one is done.
Frames that came in between are dropped and counted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from kiosk.devices.camera import Camera
from kiosk.domain.frame import Frame
from kiosk.errors import DeviceLostError, KioskError

log = logging.getLogger(__name__)

Task = Callable[[Frame], Any]


class Eyes:
    """The newest frame of a camera, and the newest result of whatever it is asked to look for."""

    def __init__(self, camera: Camera, name: str) -> None:
        self._camera, self._name = camera, name
        self._lock = threading.Condition()
        self._frame: Frame | None = None
        self._task: Task | None = None
        self._result: Any = None
        self._done_sequence = -1
        self._stopped = False
        self._pace_s = 0.0
        self._fault: BaseException | None = None
        self.lost = False
        self.dropped = 0
        self._threads = [threading.Thread(target=self._guard, args=(job,), name=f"{name}-{job.__name__}", daemon=True)
                         for job in (self._grab, self._think)]
        for thread in self._threads:
            thread.start()

    @property
    def frame(self) -> Frame | None:
        """The newest frame; None before the first one and while the camera is lost."""
        return None if self.lost else self._frame

    def look(self, task: Task | None) -> None:
        """Run `task` on newest frames from now on, or nothing with None; results of the task before are dropped."""
        with self._lock:
            if task != self._task:  # equality: two bound methods of one object are the same task
                self._task, self._result = task, None
                self._lock.notify_all()

    def pace(self, seconds: float) -> None:
        """Rest for so long between two frames and two looks, while nobody is there; 0 for as fast as the camera."""
        with self._lock:
            if seconds != self._pace_s:
                self._pace_s = seconds
                self._lock.notify_all()

    def _rest(self) -> None:
        """Wait as long as was asked for, or until that changes."""
        with self._lock:
            asked = self._pace_s
            if asked > 0:
                self._lock.wait_for(lambda: self._stopped or self._pace_s != asked, asked)

    def take(self) -> Any:
        """Return the newest result that was not taken before, or None; a fault of a thread is raised here, so that the service exits."""
        if self._fault is not None:
            raise self._fault
        with self._lock:
            result, self._result = self._result, None
        return result

    def close(self) -> None:
        """Stop both threads and give the camera back."""
        with self._lock:
            self._stopped = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(timeout=3.0)
        self._camera.close()

    def _guard(self, job: Callable[[], None]) -> None:
        try:
            job()
        except (KioskError, ArithmeticError, LookupError, ValueError, TypeError, OSError, RuntimeError) as error:
            # A thread has nobody to tell: the owner hears of it at its next take().
            self._fault = error

    def _grab(self) -> None:
        while not self._stopped:
            try:
                frame = self._camera.read(0.5)
            except DeviceLostError as error:
                if not self.lost:
                    log.warning("%s: %s", self._name, error)
                self.lost = True
                with self._lock:
                    self._lock.wait(0.2)
                continue
            if frame is None:
                continue
            if self.lost:
                log.info("%s: the camera is back", self._name)
                self.lost = False
            with self._lock:
                if self._task is not None and self._frame is not None and self._frame.sequence > self._done_sequence:
                    self.dropped += 1
                self._frame = frame
                self._lock.notify_all()
            self._rest()

    def _think(self) -> None:
        while True:
            with self._lock:
                while not self._stopped and (self._task is None or self._frame is None or self._frame.sequence <= self._done_sequence):
                    self._lock.wait()
                if self._stopped:
                    return
                task, frame = self._task, self._frame
            if task is None or frame is None:
                continue
            result = task(frame)
            with self._lock:
                self._done_sequence = frame.sequence
                if task == self._task:
                    self._result = result


class StillEyes:
    """Eyes without threads, for replays and tests: every look is taken at once, at the frame that was shown last."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.lost = False
        self.dropped = 0
        self.rests_s = 0.0
        self._task: Task | None = None
        self._fresh = False

    def show(self, frame: Frame) -> None:
        """Put a frame before the eyes."""
        self.frame, self._fresh = frame, True

    def look(self, task: Task | None) -> None:
        """Run `task` on frames from now on."""
        self._task = task

    def pace(self, seconds: float) -> None:
        """Note how long eyes would rest."""
        self.rests_s = seconds

    def take(self) -> Any:
        """Return the task's result on the frame that was shown last, once; None when there is no new one."""
        if not self._fresh or self._task is None or self.frame is None:
            return None
        self._fresh = False
        return self._task(self.frame)

    def close(self) -> None:
        """Nothing to close."""
