r"""Load cells behind a microcontroller on a serial line. The protocol is written down in hardware.md: one ASCII line a sample.

    $K1,SEQ,MS,V0,V1,...*CRC\n

SEQ: 0..65535, counts lines, wraps. MS: the controller's milliseconds, 0..2^32-1, wraps. Vn: the signed counts of channel n, empty where its
converter gave none. CRC: CRC-16/CCITT-FALSE of all between $ and *, four hexadecimal digits. Whatever is no such line is passed over and
counted; the next $ begins a new one.
"""

from __future__ import annotations

import logging
import re
import time
from binascii import crc_hqx
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kiosk.devices.scale import Reading
from kiosk.errors import DeviceLostError, DeviceMissingError

log = logging.getLogger(__name__)

BAUD = 115_200
LONGEST = 512
"""Bytes of a line; what is longer is no line."""
_LINE = re.compile(rb"K1,(\d{1,5}),(\d{1,10})((?:,(?:-?\d{1,10})?){1,64})\*([0-9A-F]{4})")
_RETRY_S = 1.0
_RESTARTED_MS = 60_000
_CREEP = 1e-4
"""Seconds a second: how fast a controller's clock may fall behind ours unseen; crystals differ by less."""


@dataclass(frozen=True, slots=True)
class SerialCell:
    """Where a cell hangs. port: device file of the controller; channel: its place in the line, from 0."""

    port: str
    channel: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the controller. values: raw counts by channel, None where its converter gave none."""

    seq: int
    ms: int
    values: tuple[int | None, ...]


def checksum(body: bytes) -> int:
    """Return CRC-16/CCITT-FALSE (polynomial 0x1021, begins with 0xFFFF) of what stands between $ and *."""
    return crc_hqx(body, 0xFFFF)


class LineReader:
    """Finds lines in bytes that come as they come. damaged: lines that were not as they should be; lost: numbers that never came."""

    def __init__(self) -> None:
        self._rest = b""
        self._seq: int | None = None
        self.damaged = self.lost = 0

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes; return the lines that they complete."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
            self.damaged += 1
        return [line for line in map(self._line, whole) if line is not None]

    def _line(self, text: bytes) -> Line | None:
        if not text.strip():
            return None
        # A line that was cut short has the next one's $ in it: only what follows the last counts.
        found = _LINE.fullmatch(text.rstrip(b"\r").rpartition(b"$")[2])
        if found is None or checksum(found.string[:found.start(4) - 1]) != int(found[4], 16):
            self.damaged += 1
            return None
        seq, ms = int(found[1]), int(found[2])
        if self._seq is not None:
            self.lost += (seq - self._seq - 1) % 65536 if (seq - self._seq) % 65536 < 1000 else 0
        self._seq = seq
        return Line(seq, ms, tuple(int(value) if value else None for value in found[3][1:].split(b",")))


class ControllerClock:
    """Puts a controller's milliseconds on our monotonic clock: the line that was fastest on its way tells the difference."""

    def __init__(self) -> None:
        self._ms: int | None = None
        self._since = self._offset = 0.0
        self._last = 0.0

    def seconds(self, ms: int, arrived_s: float) -> float:
        """Return when a line was made, in our seconds; never before the line before it."""
        step = 0 if self._ms is None else (ms - self._ms) % 2**32
        if self._ms is None or step > _RESTARTED_MS:
            self._since, self._offset = 0.0, arrived_s
        else:
            self._since += step / 1000
            self._offset = min(self._offset + _CREEP * step / 1000, arrived_s - self._since)
        self._ms = ms
        self._last = max(self._offset + self._since, self._last + 1e-4)
        return self._last


class Port(Protocol):
    """What is used of a serial port, as pyserial names it."""

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; never waits."""

    def close(self) -> None:
        """Give the port back."""


class _Controller:
    def __init__(self, name: str, open_port: Callable[[str], Port], now: Callable[[], float]) -> None:
        self._name, self._open, self._now = name, open_port, now
        self._port: Port | None = None
        self._retry_s = float("-inf")
        self._lines, self._clock, self._told = LineReader(), ControllerClock(), 0

    def lines(self) -> list[tuple[float, Line]]:
        """Return the lines since the last call with their times; raise DeviceError when the port does not answer."""
        now = self._now()
        try:
            if self._port is None:
                if now < self._retry_s:
                    return []
                self._port, self._lines, self._clock = self._open(self._name), LineReader(), ControllerClock()
                self._told = 0
            data = self._port.read(self._port.in_waiting)
        except OSError as error:
            self.close()
            self._retry_s = now + _RETRY_S
            raise DeviceLostError(f"{self._name}: the controller cannot be read ({error}); check its USB cable") from error
        found = [(self._clock.seconds(line.ms, now), line) for line in self._lines.feed(data)]
        if self._lines.damaged and not self._told:
            log.warning("%s: a line came damaged; more are only counted. Check the baud rate and the cable's length", self._name)
            self._told = 1
        return found

    def close(self) -> None:
        """Give the port back."""
        if self._port is not None:
            self._port.close()
            self._port = None


class SerialConverter:
    """Reads the lines of one or several controllers. Raw values are the counts that they send."""

    def __init__(self, cells: Mapping[str, SerialCell], open_port: Callable[[str], Port] | None = None,
                 now: Callable[[], float] = time.monotonic) -> None:
        """open_port: opens a device file; pyserial when it is not given."""
        self._cells = dict(cells)
        self._controllers = {port: _Controller(port, open_port or _pyserial, now) for port in {c.port for c in cells.values()}}

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells."""
        return tuple(self._cells)

    def read(self) -> list[Reading]:
        """Return what came since the last call; raise DeviceError when no controller answers."""
        readings: list[Reading] = []
        trouble: DeviceLostError | None = None
        for port, controller in self._controllers.items():
            try:
                lines = controller.lines()
            except DeviceLostError as error:
                trouble = error
                continue
            mine = [(name, cell.channel) for name, cell in self._cells.items() if cell.port == port]
            for time_s, line in lines:
                values = [(name, line.values[channel]) for name, channel in mine if channel < len(line.values)]
                readings += [Reading(name, time_s, float(value)) for name, value in values if value is not None]
        if trouble and not readings:
            raise trouble
        return readings

    def close(self) -> None:
        """Give the ports back; safe to call twice."""
        for controller in self._controllers.values():
            controller.close()


def _pyserial(name: str) -> Port:
    try:
        from serial import Serial
    except ImportError as error:
        raise DeviceMissingError("scale.kind is serial, but pyserial is not installed: install kiosk[pi]") from error
    port: Port = Serial(name, BAUD, timeout=0)
    return port
