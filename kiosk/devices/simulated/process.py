"""The world as a process of its own: it serves sensors and hands on a Unix socket, and outlives the kiosks that ask.

Messages are msgpack (msgspec), each after its length as four bytes, big-endian: one request, one reply. World time is the
system's monotonic clock counted from the start of the server, so that the times it gives compare with the clocks of the kiosks
on this machine.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from kiosk.devices.display import Box, Presented, Touch
from kiosk.devices.simulated.world import World
from kiosk.domain.frame import Picture
from kiosk.errors import WorldError

log = logging.getLogger(__name__)

MESSAGE_BYTES = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class Look(msgspec.Struct, tag="look"):
    """Asks for the first frame of a camera at `rate_hz` whose number is above `after`; waits up to `timeout_s` for it."""

    camera: str
    rate_hz: float
    after: int
    timeout_s: float


class Weigh(msgspec.Struct, tag="weigh"):
    """Asks for the weights of a shelf's cells now."""

    device: str


class Read(msgspec.Struct, tag="read"):
    """Asks for the codes that staff has scanned at a device."""

    device: str


class Show(msgspec.Struct, tag="show"):
    """Tells what a screen shows now, and asks for the touches on it."""

    device: str
    screen: str
    targets: dict[str, Box]
    facts: dict[str, str]


class Do(msgspec.Struct, tag="do"):
    """Asks for an act (World.act)."""

    name: str
    args: dict[str, Any]


class Ask(msgspec.Struct, tag="ask"):
    """Asks for "truth" or "tags"."""

    what: str


class Shot(msgspec.Struct, tag="shot"):
    """A frame: uint8 RGB of height x width x 3; number counts ticks of the rate; time_s is monotonic. number 0: none came in time."""

    number: int
    time_s: float
    height: int
    width: int
    pixels: bytes


class Weights(msgspec.Struct, tag="weights"):
    """Grams by cell at a monotonic time."""

    time_s: float
    grams: dict[str, float]


class Touches(msgspec.Struct, tag="touches"):
    """Touches, oldest first, in pixels of the picture."""

    at: list[tuple[int, int]]


class Told(msgspec.Struct, tag="told"):
    """Whatever was asked for, or {} for an act that was done."""

    what: dict[str, Any]


class Refused(msgspec.Struct, tag="refused"):
    """The world refuses, and why."""

    reason: str


Request = Look | Weigh | Read | Show | Do | Ask
Reply = Shot | Weights | Touches | Told | Refused
_Expected = TypeVar("_Expected", Shot, Weights, Touches, Told)
_request = msgspec.msgpack.Decoder(Request)
_reply = msgspec.msgpack.Decoder(Reply)
_encode = msgspec.msgpack.Encoder().encode


def send(connection: socket.socket, message: Request | Reply) -> None:
    """Send one message whole."""
    payload = _encode(message)
    connection.sendall(_LENGTH.pack(len(payload)))
    connection.sendall(payload)


def receive(connection: socket.socket) -> bytearray | None:
    """Return the bytes of the next message, None when the other side is gone; raise WorldError for one that cannot be."""
    header = _exactly(connection, _LENGTH.size)
    if header is None:
        return None
    (length,) = _LENGTH.unpack(header)
    if length > MESSAGE_BYTES:
        raise WorldError(f"a message of {length} bytes is longer than {MESSAGE_BYTES}")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytearray | None:
    data = bytearray(count)
    view, got = memoryview(data), 0
    while got < count:
        read = connection.recv_into(view[got:])
        if not read:
            return None
        got += read
    return data


class WorldServer:
    """Serves one world on a Unix socket, a thread per connection; a client that dies or talks nonsense takes nothing with it."""

    def __init__(self, world: World, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._world, self._path, self._now, self._start_s = world, path, now, now()
        self._lock = threading.Lock()
        self._frames: dict[tuple[str, float], tuple[int, Picture]] = {}
        self._rendering: dict[str, threading.Lock] = {}
        self._closed = threading.Event()
        self._connections: set[socket.socket] = set()
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        self._listener.settimeout(0.2)
        self._thread = threading.Thread(target=self._accept, name="world", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and hang up; safe to call twice."""
        self._closed.set()
        self._thread.join()
        self._listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="world client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while not self._closed.is_set() and (payload := receive(connection)) is not None:
                send(connection, self._answer(payload))
        except (OSError, WorldError) as error:
            log.info("a client of the world is gone: %s", error)
        finally:
            self._connections.discard(connection)
            connection.close()

    def _answer(self, payload: bytearray) -> Reply:
        try:
            request = _request.decode(payload)
            if isinstance(request, Look):
                return self._look(request)
            with self._lock:
                return self._answer_now(request)
        except (WorldError, msgspec.MsgspecError) as error:
            return Refused(str(error))

    def _answer_now(self, request: Weigh | Read | Show | Do | Ask) -> Reply:
        now = self._now()
        t = now - self._start_s
        if isinstance(request, Weigh):
            return Weights(now, self._world.weights(request.device, t))
        if isinstance(request, Read):
            return Told({"codes": self._world.codes(request.device, t)})
        if isinstance(request, Show):
            touches = self._world.presented(request.device, Presented(request.screen, request.targets, request.facts), t)
            return Touches([(touch.x, touch.y) for touch in touches])
        if isinstance(request, Do):
            self._world.act(request.name, request.args, t)
            return Told({})
        self._world.advance(t)
        return Told(self._world.tags() if request.what == "tags" else self._world.truth() | {"began_s": self._start_s})

    def _look(self, request: Look) -> Reply:
        if not 0 < request.rate_hz <= 60:
            raise WorldError(f"a rate of {request.rate_hz} Hz is not between 0 and 60")
        number = max(int(self._now() * request.rate_hz), request.after + 1)
        wait_s = number / request.rate_hz - self._now()
        if wait_s > min(request.timeout_s, 1.0):
            return Shot(0, 0.0, 0, 0, b"")
        time.sleep(max(0.0, wait_s))
        picture = self._frame(request.camera, request.rate_hz, number)
        return Shot(number, number / request.rate_hz, picture.shape[0], picture.shape[1], picture.tobytes())

    def _frame(self, camera: str, rate_hz: float, number: int) -> Picture:
        """Render a frame once, however many ask for it; two cameras do not wait for each other."""
        key = (camera, rate_hz)
        with self._lock:
            rendering = self._rendering.setdefault(camera, threading.Lock())
        with rendering:
            kept = self._frames.get(key)
            if kept is not None and kept[0] == number:
                return kept[1]
            with self._lock:
                shot = self._world.shot(camera, number / rate_hz - self._start_s)
            picture = shot()
            self._frames[key] = (number, picture)
            return picture


class WorldClient:
    """Asks a world process. Thread-safe, one question at a time; connects when it must, and again when the world was restarted."""

    def __init__(self, path: Path, timeout_s: float = 2.0) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def look(self, camera: str, rate_hz: float, after: int, timeout_s: float) -> tuple[Picture, float, int] | None:
        """Return (picture, monotonic time in seconds, number) of the next frame after number `after`, None when none came in time."""
        shot = self._ask(Look(camera, rate_hz, after, timeout_s), Shot)
        if not shot.number:
            return None
        if len(shot.pixels) != shot.height * shot.width * 3:
            raise WorldError(f"the simulated camera {camera} sent {len(shot.pixels)} bytes for {shot.width}x{shot.height}")
        return np.frombuffer(shot.pixels, np.uint8).reshape(shot.height, shot.width, 3).copy(), shot.time_s, shot.number

    def weigh(self, device: str) -> tuple[float, dict[str, float]]:
        """Return (monotonic time in seconds, grams by slot)."""
        weights = self._ask(Weigh(device), Weights)
        return weights.time_s, weights.grams

    def show(self, device: str, presented: Presented) -> list[Touch]:
        """Tell what a screen shows; return the touches since the last call."""
        touches = self._ask(Show(device, presented.screen, dict(presented.targets), dict(presented.facts)), Touches)
        return [Touch(x, y) for x, y in touches.at]

    def codes(self, device: str) -> list[str]:
        """Return what staff has scanned at a device since the last call (World.codes)."""
        return list(self._ask(Read(device), Told).what["codes"])

    def act(self, name: str, **args: str | int) -> None:
        """Let something happen (World.act)."""
        self._ask(Do(name, args), Told)

    def truth(self) -> dict[str, Any]:
        """Return what really happened (World.truth), and when the world's time began on the monotonic clock (`began_s`)."""
        return self._ask(Ask("truth"), Told).what

    def tags(self) -> dict[str, str]:
        """Return where every RFID tag is (World.tags)."""
        return self._ask(Ask("tags"), Told).what

    def close(self) -> None:
        """Hang up; safe to call twice."""
        with self._lock:
            self._hang_up()

    def _ask(self, request: Request, kind: type[_Expected]) -> _Expected:
        with self._lock:
            try:
                reply = self._exchange(request)
            except (OSError, msgspec.MsgspecError) as error:
                self._hang_up()
                message = f"the simulated world at {self._path} does not answer ({error}); start it with `kiosk world serve`"
                raise WorldError(message) from error
        if isinstance(reply, Refused):
            raise WorldError(reply.reason)
        if not isinstance(reply, kind):
            raise WorldError(f"the simulated world at {self._path} answered with {type(reply).__name__}")
        return reply

    def _exchange(self, request: Request) -> Reply:
        if self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout_s)
            try:
                connection.connect(str(self._path))
            except OSError:
                connection.close()
                raise
            self._connection = connection
        send(self._connection, request)
        payload = receive(self._connection)
        if payload is None:
            raise ConnectionResetError("it hung up")
        reply: Reply = _reply.decode(payload)
        return reply

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
