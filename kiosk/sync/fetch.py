"""Bodies of manifests that are too large for a message, fetched over HTTPS by a thread of its own.

Only what HQ signed is fetched: the link names size and SHA-256, and nothing longer than promised is read. Plain HTTP is for HQ on this
very machine.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from kiosk.errors import SyncError
from kiosk.wire import ManifestLink

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
TIMEOUT_S = 20.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Get = Callable[[ManifestLink], bytes]


class Fetcher:
    """Fetches the newest link of each kind until it is there. `ask` and `take` return at once."""

    def __init__(self, get: Get | None = None, first_pause_s: float = FIRST_PAUSE_S) -> None:
        """Begin to wait for links. get: how a body is read; over HTTPS unless a test says otherwise."""
        self._get, self._first_pause_s = get or fetch, first_pause_s
        self._wanted: dict[str, ManifestLink] = {}
        self._came: queue.Queue[tuple[ManifestLink, bytes]] = queue.Queue()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="fetch", daemon=True)
        self._thread.start()

    def ask(self, link: ManifestLink) -> None:
        """Fetch what this link names; a newer link of the same kind takes its place."""
        with self._changed:
            self._wanted[link.kind] = link
            self._changed.notify_all()

    def take(self) -> list[tuple[ManifestLink, bytes]]:
        """Return what came since the last call, each with its link."""
        return [self._came.get_nowait() for _ in range(self._came.qsize())]

    def close(self) -> None:
        """End the thread; what is under way is given up."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        pause_s = self._first_pause_s
        while link := self._next():
            try:
                body = self._get(link)
            except SyncError as error:
                log.warning("%s; again in %.0f s", error, pause_s)
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
                continue
            pause_s = self._first_pause_s
            self._came.put((link, body))
            with self._changed:
                if self._wanted.get(link.kind) == link:
                    del self._wanted[link.kind]

    def _next(self) -> ManifestLink | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._wanted)
            return None if self._closed else next(iter(self._wanted.values()))


def fetch(link: ManifestLink) -> bytes:
    """Return the body at a link's address; raise SyncError, naming it, when it cannot be had or is longer than promised."""
    import httpx  # most kiosks never fetch a body: they shall not carry the client either

    parts = urlsplit(link.url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SyncError(f"{link.url} is not fetched: only https is, or http from this machine")
    body = bytearray()
    try:
        with httpx.stream("GET", link.url, timeout=TIMEOUT_S, follow_redirects=False) as answer:
            if answer.status_code != 200:
                raise SyncError(f"{link.url} answers {answer.status_code}")
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > link.size:
                    raise SyncError(f"{link.url} is longer than the {link.size} bytes that HQ signed")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SyncError(f"{link.url} cannot be fetched: {error}") from error
    return bytes(body)
