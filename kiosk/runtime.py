"""The skeleton of a process: signals, tick loop, sd_notify and watchdog, logging, and the sources of time and ids."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from kiosk.errors import KioskError

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Where time comes from."""

    @property
    def boot_id(self) -> str:
        """An id of this boot; monotonic times of two boots do not compare."""

    @property
    def known(self) -> bool:
        """Whether the wall time is right, as far as this machine can tell; otherwise it is the earliest that can be."""

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

    @property
    def known(self) -> bool:
        """True: this clock does not doubt itself; FlooredClock does."""
        return True

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
        self.known = True

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


LOOK_AT_CLOCK_S = 1.0


class FlooredClock:
    """The clock of a machine that may start without knowing the time: it never shows less than what it must be by now.

    Its floor is the newest of what is given (build time, start of the certificate) and of the last time that was saved; from there it
    counts on monotonically, alike in all processes of a boot. Once the system's clock is right, that is what it shows.
    """

    def __init__(self, system: Clock, file: Path, floors: Iterable[datetime], right: Callable[[], bool]) -> None:
        """file: where the last time is saved; right: whether somebody has set the system's clock since this boot, or keeps it meanwhile."""
        self._system, self._file, self._right = system, file, right
        self._was_right, self._looked_s = False, float("-inf")
        floor = max((moment.timestamp() for moment in floors), default=0.0)
        self._base_s, self._at_s = floor, system.monotonic()
        saved = self._read()
        if saved is not None and saved["boot"] == system.boot_id and saved["at"] <= self._at_s and saved["base"] >= floor:
            self._base_s, self._at_s = saved["base"], saved["at"]
        else:
            self._base_s = max(floor, saved["last"] if saved is not None else 0.0)
            self.save()

    @property
    def boot_id(self) -> str:
        """The system's boot id."""
        return self._system.boot_id

    @property
    def known(self) -> bool:
        """Whether the system's clock is right and not below the floor."""
        now = self._system.monotonic()
        if not self._was_right and now - self._looked_s >= LOOK_AT_CLOCK_S:
            self._looked_s, self._was_right = now, self._right()
        return self._was_right and self._system.now().timestamp() >= self._line()

    @property
    def earliest(self) -> datetime:
        """The earliest that it can be now: what this clock shows while the time is not known."""
        return datetime.fromtimestamp(self._line(), UTC)

    def now(self) -> datetime:
        """Wall time in UTC when it is known, else the earliest that can be."""
        return self._system.now() if self.known else self.earliest

    def monotonic(self) -> float:
        """The system's monotonic clock in seconds."""
        return self._system.monotonic()

    def save(self) -> None:
        """Write the time down for the next start; call it now and then. Where that cannot be, the floor stays what it was."""
        text = json.dumps({"boot": self.boot_id, "base": self._base_s, "at": self._at_s, "last": self.now().timestamp()})
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            fresh.touch(mode=0o660)
            fresh.write_text(text)
            fresh.rename(self._file)
        except OSError as error:
            log.warning("%s: the time cannot be saved: %s", self._file, error)

    def _line(self) -> float:
        return self._base_s + self._system.monotonic() - self._at_s

    def _read(self) -> dict[str, Any] | None:
        try:
            saved = json.loads(self._file.read_text())
            return {"boot": str(saved["boot"]), **{key: float(saved[key]) for key in ("base", "at", "last")}}
        except (OSError, ValueError, KeyError, TypeError):
            return None


_TIME_ERROR = 5


def kernel_clock_is_right() -> bool:
    """Whether a time server keeps the system's clock, as the kernel says (adjtimex(2)), or a clock with a battery is there."""
    if any(Path("/sys/class/rtc").glob("rtc*")):
        return True
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))) != _TIME_ERROR


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


_M_ARENA_MAX = -8


def share_heap() -> None:
    """Let all threads of this process share one heap: glibc else keeps one for each, none of which gives back what another needs."""
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Give what was freed back to the system; after work that needed much for a moment."""
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


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
