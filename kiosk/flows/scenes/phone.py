"""Phone: a code that opens this stay's page on the shopper's own phone, for the photo, the address, or the mirror's buttons."""

from __future__ import annotations

from kiosk.flows.scene import Booth
from kiosk.phone.visits import LIFE_S
from kiosk.ui import views

NAME = "phone"


class Phone:
    """Shows the code until a phone came in, and says then where to look."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._token = ""

    def enter(self) -> None:
        """Make a way in, unless the shopper's phone is in already."""
        booth = self._booth
        self._token = ""
        if booth.visits is not None and not booth.visits.has_phone(booth.stay.number):
            self._token = booth.visits.issue(booth.stay.number)

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed; the order that came from the phone ends it."""
        if self._booth.why == "deliver" and not self._booth.stay.basket:
            return "ordered" if self._booth.ordered[0] == "deliver" else "tryon"
        return "tryon" if "done" in targets else NAME

    def view(self) -> views.View:
        """Return what to show."""
        booth, visits = self._booth, self._booth.visits
        if visits is None:
            return views.MirrorPhone(booth.status, booth.why, off=True)
        used = not self._token or visits.is_used(self._token)
        code = "" if used else booth.address_for(self._token)
        return views.MirrorPhone(booth.status, booth.why, code, round(LIFE_S / 60), booth.photo)

    def leave(self) -> None:
        """A code that nobody took is worth nothing any more."""
        self._booth.photo = None
        if self._booth.visits is not None and self._token and not self._booth.visits.is_used(self._token):
            self._booth.visits.revoke(self._token)
