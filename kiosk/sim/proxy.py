"""A network that can be cut: a TCP relay on this machine between kiosks and broker, for storms."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset, as a network that is gone looks."""


class Proxy:
    """Passes bytes on between `port` and a target port of this machine, as long as the line is up."""

    def __init__(self, target_port: int) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._target = target_port
        self._up, self._flows = threading.Event(), threading.Event()
        self._up.set()
        self._flows.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Break every connection and take no new one until `heal`; what is on its way is lost."""
        self._up.clear()
        self._break()

    def stall(self) -> None:
        """Let no byte through, but keep connections: as a network that swallows packets."""
        self._flows.clear()

    def heal(self) -> None:
        """Let everything through again."""
        self._flows.set()
        self._up.set()

    def close(self) -> None:
        """Stop listening and break what is open."""
        self._up.clear()
        self._flows.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break()
        self._thread.join()

    def _break(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5.0) if self._up.is_set() else None
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            for end in (near, far):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._ends |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), name=f"proxy-{self.port}-pump", daemon=True).start()
            if not self._up.is_set():
                self._break()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                self._flows.wait()
                target.sendall(chunk)
        with self._lock:
            self._ends -= {source, target}
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
