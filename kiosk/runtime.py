"""The skeleton of a process: signals, tick loop, sd_notify and watchdog, logging, and the sources of time and ids."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from kiosk.errors import KioskError

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Where time comes from."""

    @property
    def boot_id(self) -> str:
        """An id of this boot; monotonic times of two boots do not compare."""

    def now(self) -> datetime:
        """Wall time in UTC. May jump: nothing that matters hangs on it."""

    def monotonic(self) -> float:
        """Seconds that never jump."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        path = Path("/proc/sys/kernel/random/boot_id")
        self._boot_id = path.read_text().strip() if path.exists() else secrets.token_hex(16)

    @property
    def boot_id(self) -> str:
        """The kernel's boot id."""
        return self._boot_id

    def now(self) -> datetime:
        """Wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The system's monotonic clock in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to move; for replays and tests."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, 9, 0, tzinfo=UTC), boot_id: str = "boot-1") -> None:
        self._now, self._monotonic, self.boot_id = start, 0.0, boot_id

    def now(self) -> datetime:
        """The time it was moved to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._monotonic

    def move(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)

    def jump(self, seconds: float) -> None:
        """Let the wall clock alone jump, forward or back, as it does where it was wrong and is set."""
        self._now += timedelta(seconds=seconds)


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562) as 36 characters: sorts by time, unique without asking anybody."""
    text = ((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10)).hex()
    variant = "89ab"[int(text[16], 16) & 0b11]
    return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def notify(message: str) -> None:
    """Tell systemd (sd_notify protocol) something, e.g. READY=1; does nothing when systemd did not start us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect("\0" + address[1:] if address.startswith("@") else address)
        sender.sendall(message.encode())


def set_up_logging(name: str, level: int = logging.INFO) -> None:
    """Log to stderr with the process' name; systemd and the demo keep it from there."""
    logging.basicConfig(level=level, stream=sys.stderr, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")


class Stop:
    """Becomes true on SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self._stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def __bool__(self) -> bool:
        return self._stopped

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stopped = True


def run_loop(name: str, tick: Callable[[], None], rate_hz: float, close: Callable[[], None]) -> int:
    """Call `tick` at `rate_hz` until SIGTERM; ping the watchdog after each tick that came to its end. Return the exit code."""
    stop = Stop()
    pause = 1.0 / rate_hz
    watchdog_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 3e6
    last_ping = 0.0
    try:
        notify("READY=1")
        while not stop:
            started = time.monotonic()
            tick()
            ended = time.monotonic()
            if watchdog_s and ended - last_ping >= watchdog_s:
                notify("WATCHDOG=1")
                last_ping = ended
            time.sleep(max(0.0, pause - (ended - started)))
    except KioskError as error:
        log.error("%s stops: %s", name, error)
        return 1
    except Exception:
        log.exception("%s stops: an error that nobody expected", name)
        return 1
    finally:
        notify("STOPPING=1")
        close()
    return 0
