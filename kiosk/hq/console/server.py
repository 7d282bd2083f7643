"""Serves the console on this machine alone."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from kiosk.errors import HqError

STOP_S = 5.0
MOST_AT_ONCE = 200
"""Connections beyond are answered 503: people, their open pages, and devices that fetch a manifest."""


class WebServer:
    """A web server on 127.0.0.1 in a thread of its own."""

    def __init__(self, app: ASGIApp, port: int, closing: threading.Event) -> None:
        """Take the port (0: a free one); raise HqError when somebody else has it. closing: is set when it ends."""
        self._closing = closing
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise HqError(f"port {port} is taken: end the other program, or choose another port") from error
        self._socket.listen()  # from here on whoever comes waits, instead of being turned away until the thread serves
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="off", server_header=False,
                                limit_concurrency=MOST_AT_ONCE, h11_max_incomplete_event_size=32 * 1024)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="console", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End it within a few seconds."""
        self._closing.set()
        self._server.should_exit = True
        self._thread.join(STOP_S)
        self._socket.close()
