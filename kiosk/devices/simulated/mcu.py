"""A microcontroller with load cells at the other end of a pseudo-terminal: speaks the lines of `devices.scale_serial`."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Callable, Sequence

from kiosk.devices.scale_serial import checksum


def line(seq: int, ms: int, values: Sequence[int | None]) -> bytes:
    """Return one line as a controller sends it."""
    body = ",".join(("K1", str(seq % 65536), str(ms % 2**32), *("" if v is None else str(v) for v in values))).encode()
    return b"$%s*%04X\n" % (body, checksum(body))


class SimulatedController:
    """Sends a line of counts `rate_hz` times a second. `path` is the device file to open.

    counts: seconds -> the counts of each channel, None where a converter gives none.
    """

    def __init__(self, counts: Callable[[float], Sequence[int | None]], rate_hz: float = 80.0) -> None:
        self._counts, self._rate_hz = counts, rate_hz
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.path = os.ttyname(self._theirs)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="controller", daemon=True)
        self._thread.start()

    def send(self, data: bytes) -> None:
        """Send bytes as they are: garbage, half a line. What nobody reads is lost, as on a wire."""
        try:
            os.write(self._ours, data)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Unplug it; safe to call twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._thread.join(timeout=5.0)
        os.close(self._ours)
        os.close(self._theirs)

    def _run(self) -> None:
        started, seq = time.monotonic(), 0
        while not self._closed.wait(1 / self._rate_hz):
            seconds = time.monotonic() - started
            self.send(line(seq, int(seconds * 1000), self._counts(seconds)))
            seq += 1
