"""Serves the pages in a thread of its own, on the address that [phone] names."""

from __future__ import annotations

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from kiosk.config import PhoneSettings
from kiosk.errors import DeviceError

STOP_S = 5.0


class PhoneServer:
    """The kiosk's one listening socket."""

    def __init__(self, app: ASGIApp, settings: PhoneSettings) -> None:
        """Take the port; raise DeviceError when it cannot be had."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((settings.bind, settings.port))
        except OSError as error:
            self._socket.close()
            raise DeviceError(f"the phone pages cannot have {settings.bind}:{settings.port} ({error.strerror}): choose another"
                              " [phone] port, or 0 to switch them off") from error
        self._socket.listen()
        self.address = f"http://{settings.name or settings.bind}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="off", server_header=False,
                                limit_concurrency=20, h11_max_incomplete_event_size=16 * 1024)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="phone", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it within a few seconds."""
        self._server.should_exit = True
        self._thread.join(STOP_S)
        self._socket.close()
