"""One-time ways in: the code on the kiosk's screen is good for one phone and ten minutes."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

LIFE_S = 600.0
AT_ONCE = 20
"""As many ways in are open at a time; the oldest gives way."""


@dataclass(slots=True)
class _Way:
    member_id: str
    until_s: float
    session: str = ""


class Tokens:
    """Ways in. Called from the kiosk's thread (`issue`, `end`) and from the web server's (`enter`, `member`)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """monotonic: seconds that never jump."""
        self._monotonic = monotonic
        self._ways: dict[str, _Way] = {}
        self._lock = threading.Lock()

    def issue(self, member_id: str) -> str:
        """Return a new token for a member: 128 random bits as text."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._sweep()
            while len(self._ways) >= AT_ONCE:
                del self._ways[min(self._ways, key=lambda known: self._ways[known].until_s)]
            self._ways[token] = _Way(member_id, self._monotonic() + LIFE_S)
        return token

    def enter(self, token: str) -> str:
        """Return a session for the first phone that shows a token; "" for a token that is unknown, too old or was used."""
        with self._lock:
            self._sweep()
            way = self._ways.get(token)
            if way is None or way.session:
                return ""
            way.session = secrets.token_urlsafe(32)
            return way.session

    def member(self, session: str) -> str:
        """Return whose session this is, "" for none that is open."""
        with self._lock:
            self._sweep()
            found = ""
            for way in self._ways.values():
                if way.session and hmac.compare_digest(way.session.encode(), session.encode()):
                    found = way.member_id
            return found

    def left_s(self, session: str) -> float:
        """Return for how many seconds a session is still open."""
        with self._lock:
            return max((way.until_s - self._monotonic() for way in self._ways.values() if way.session == session), default=0.0)

    def is_used(self, token: str) -> bool:
        """Whether a phone has come in with this token; also true for one that is gone."""
        with self._lock:
            way = self._ways.get(token)
            return way is None or bool(way.session)

    def is_open(self, member_id: str) -> bool:
        """Whether a phone is in for this member, and may still be."""
        with self._lock:
            self._sweep()
            return any(way.member_id == member_id and way.session for way in self._ways.values())

    def revoke(self, token: str) -> None:
        """End one way in."""
        with self._lock:
            self._ways.pop(token, None)

    def end(self, member_id: str) -> None:
        """End all ways in of a member."""
        with self._lock:
            self._ways = {token: way for token, way in self._ways.items() if way.member_id != member_id}

    def _sweep(self) -> None:
        now = self._monotonic()
        self._ways = {token: way for token, way in self._ways.items() if way.until_s > now}
