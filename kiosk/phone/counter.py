"""Between the web server's thread and the kiosk's: a page asks, the kiosk's own loop answers, for it alone may open the vault."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from kiosk.domain.online import Address

WAITING = 50


class Clerk(Protocol):
    """What the kiosk does for a page. All of it is called in the kiosk's own thread."""

    def export(self, member_id: str) -> dict[str, Any] | None:
        """Return all that is kept of a member, None when nothing is."""

    def erase(self, member_id: str) -> bool:
        """Destroy a member's template and key here and everywhere; False when nothing was here."""

    def mirror(self, visit: str, language: str) -> dict[str, Any] | None:
        """Return what the mirror shows to a stay, ready to show; None when that stay is over."""

    def press(self, visit: str, target: str) -> bool:
        """Press a button of the mirror for a stay; False when that stay is over."""

    def order(self, visit: str, address: Address) -> str:
        """Have a stay's basket delivered; return the order's number, "" when it cannot be."""


@dataclass(slots=True)
class _Wish:
    work: Callable[[Clerk], Any]
    answer: Future[Any] = field(default_factory=Future)


class Counter:
    """Where pages ask and the kiosk answers."""

    def __init__(self) -> None:
        self._wishes: queue.Queue[_Wish] = queue.Queue(WAITING)

    def ask(self, work: Callable[[Clerk], Any]) -> Future[Any]:
        """Leave a wish and return where its answer will be; cancelled at once when too many wait."""
        wish = _Wish(work)
        try:
            self._wishes.put_nowait(wish)
        except queue.Full:
            wish.answer.cancel()
        return wish.answer

    def serve(self, clerk: Clerk) -> None:
        """Answer what waits; called by the kiosk's loop, returns soon."""
        for _ in range(WAITING):
            try:
                wish = self._wishes.get_nowait()
            except queue.Empty:
                return
            if wish.answer.set_running_or_notify_cancel():
                wish.answer.set_result(wish.work(clerk))
