"""The fake payment services' web server: one port on 127.0.0.1, one folder a service, faults as they were ordered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from kiosk.sim.payments.bank import Bank, Fault

SLOW_S = 0.3
HANG_S = 8.0


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. path: without the service's folder; headers: names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One understood request: which operation, on which of the merchant's keys, and how it is answered with or without a decline."""

    operation: str
    key: str
    answer: Callable[[Fault | None], Reply]


Service = Callable[[Request], Call]
"""Reads a request (its signature included) and says what it asks for."""


class PaymentWeb:
    """Serves services under /<name>/ until it is closed."""

    def __init__(self, bank: Bank, services: Mapping[str, Service]) -> None:
        """Take a free port; `start` serves."""
        released = threading.Event()
        handler = _handler(bank, services, released)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._released = released
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="payments", daemon=True)

    @property
    def address(self) -> str:
        """Where the services are, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """End it; calls that hang are let go."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)


def _handler(bank: Bank, services: Mapping[str, Service], released: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_GET(self) -> None:
            """Answer it."""
            self._serve()

        do_POST = do_GET  # noqa: N815 - the server's own naming

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's own naming
            """Say nothing: the bank keeps a log of its own."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            name, _, rest = parts.path.lstrip("/").partition("/")
            size = int(self.headers.get("content-length") or 0)
            request = Request(self.command, f"/{rest}", dict(parse_qsl(parts.query, keep_blank_values=True)),
                              {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(size))
            if name not in services:
                self._send(Reply(404))
                return
            call = services[name](request)
            bank.note(name, call.operation, call.key)
            fault = bank.fault(call.operation)
            kind = fault.kind if fault else ""
            if kind == "dropped":
                return
            if kind == "error":
                self._send(Reply(500, b'{"code":"SYSTEM_ERROR","error":{"type":"api_error","message":"out of order"}}'))
                return
            reply = call.answer(fault if kind == "decline" else None)
            if kind == "lost":
                return
            if kind in ("hang", "slow"):
                released.wait(HANG_S if kind == "hang" else SLOW_S)
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            try:
                self.send_response(reply.status)
                for header, value in {"content-type": "application/json", "content-length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # who asked has gone

    return Handler
