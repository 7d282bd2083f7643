"""Stays at the mirror as phones see them: one phone a stay, a photo that lives ten minutes, all of it in memory and nowhere else.

A power cut, a restart or ten minutes end a photo: it was never in a file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.phone.tokens import LIFE_S, Tokens

__all__ = ["AT_ONCE", "LIFE_S", "Visits"]
AT_ONCE = 12
"""So many photos are kept at a time; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class _Photo:
    jpeg: bytes
    until_s: float


class Visits:
    """Ways in for phones of shoppers at the mirror. Called from the kiosk's thread and from the web server's."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """monotonic: seconds that never jump."""
        self._monotonic = monotonic
        self._tokens = Tokens(monotonic)
        self._photos: dict[str, _Photo] = {}
        self._phones: set[str] = set()
        self._ordered: dict[str, str] = {}
        self._lock = threading.Lock()

    def issue(self, visit: str) -> str:
        """Return a new token for a stay; good for one phone and ten minutes."""
        return self._tokens.issue(visit)

    def revoke(self, token: str) -> None:
        """End a way in that no phone took."""
        self._tokens.revoke(token)

    def is_used(self, token: str) -> bool:
        """Whether a phone has come in with this token, or it is gone."""
        return self._tokens.is_used(token)

    def enter(self, token: str) -> str:
        """Return a session for the first phone that shows a token, "" for any other."""
        session = self._tokens.enter(token)
        if session:
            with self._lock:
                self._phones.add(self._tokens.member(session))
        return session

    def visit(self, session: str) -> str:
        """Return whose session this is, "" for none that is open."""
        return self._tokens.member(session)

    def has_phone(self, visit: str) -> bool:
        """Whether a phone is in that can still see this stay's page."""
        with self._lock:
            return visit in self._phones and self._tokens.is_open(visit)

    def left_s(self, session: str) -> float:
        """Return for how many seconds a session is still open."""
        return self._tokens.left_s(session)

    def note_order(self, visit: str, number: str) -> None:
        """Keep the number of a stay's order for as long as its phone may look."""
        with self._lock:
            self._ordered[visit] = number

    def ordered(self, visit: str) -> str:
        """Return the number of a stay's last order by phone, "" when there is none."""
        with self._lock:
            return self._ordered.get(visit, "")

    def put_photo(self, visit: str, jpeg: bytes) -> None:
        """Keep a stay's photo for ten minutes, in the place of the one before."""
        with self._lock:
            self._sweep()
            self._photos.pop(visit, None)
            while len(self._photos) >= AT_ONCE:
                del self._photos[min(self._photos, key=lambda known: self._photos[known].until_s)]
            self._photos[visit] = _Photo(jpeg, self._monotonic() + LIFE_S)

    def photo(self, visit: str) -> bytes | None:
        """Return a stay's photo, None when it was never taken or its ten minutes are over."""
        with self._lock:
            self._sweep()
            kept = self._photos.get(visit)
            return kept.jpeg if kept is not None else None

    def tick(self) -> None:
        """Drop what is too old, also when nobody asks for it; called by the kiosk's loop."""
        with self._lock:
            self._sweep()

    def _sweep(self) -> None:
        now = self._monotonic()
        self._photos = {visit: photo for visit, photo in self._photos.items() if photo.until_s > now}
        self._phones = {visit for visit in self._phones if self._tokens.is_open(visit)}
        self._ordered = {visit: number for visit, number in self._ordered.items() if visit in self._phones}
