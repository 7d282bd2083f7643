"""Joining: consent first, then the phone's last eight digits, then three good pictures that are measured and dropped."""

from __future__ import annotations

from kiosk.domain.events import MemberEnrolled
from kiosk.domain.identity import Template, template
from kiosk.flows.identify import face_task
from kiosk.flows.parts import Shop, next_language, status
from kiosk.flows.sight import Sight
from kiosk.storage.vault import Consent
from kiosk.ui import views

CONSENT_VERSION = "2026-11"
"""The version of the text that the consent screen shows; a changed text is a new version."""
DIGITS = 8
SHOTS = 3
_BETWEEN_SHOTS_S = 0.35
"""Three pictures of the same instant would be one picture."""
_GIVE_UP_S = 60.0


class EnrolFlow:
    """One enrolment; `tick` returns None when it is over."""

    def __init__(self, parts: Sight, shop: Shop, language: str) -> None:
        self._parts, self._shop, self.language = parts, shop, language
        self._task = face_task(parts)
        self._screen = "consent"
        self._digits = ""
        self._shots: list[Template] = []
        self._last_shot_s = 0.0
        self._hint = "look_here"
        self._box: tuple[int, int, int, int] | None = None
        self._entered_s = parts.clock.monotonic()

    def tick(self, touched: list[str]) -> views.View | None:
        """Take what was touched since the last tick; return what to show, None when the enrolment is over."""
        self._parts.eyes.look(self._task if self._screen == "face" else None)
        for target in touched:
            if target in ("decline", "cancel", "done"):
                return None
            self._touch(target)
        if self._screen == "face":
            self._watch()
        if self._parts.clock.monotonic() - self._entered_s > _GIVE_UP_S:
            return None
        return self._view()

    def _touch(self, target: str) -> None:
        if target == "language":
            self.language = next_language(self.language)
        elif self._screen == "consent" and target == "accept":
            self._to("digits")
        elif self._screen == "digits" and target.startswith("key:") and len(self._digits) < DIGITS:
            self._digits += target.removeprefix("key:")
        elif self._screen == "digits" and target == "erase":
            self._digits = self._digits[:-1]
        elif self._screen == "digits" and target == "ok" and len(self._digits) == DIGITS:
            self._to("face")

    def _to(self, screen: str) -> None:
        self._screen = screen
        self._entered_s = self._parts.clock.monotonic()

    def _watch(self) -> None:
        look = self._parts.eyes.take()
        if look is None:
            return
        self._hint, self._box = look.hint, look.box
        now = self._parts.clock.monotonic()
        if look.embedding is None or now - self._last_shot_s < _BETWEEN_SHOTS_S:
            return
        self._shots.append(look.embedding)
        self._last_shot_s = now
        if len(self._shots) == SHOTS:
            self._keep()

    def _keep(self) -> None:
        member_id = self._parts.new_id()
        enrol(self._parts, member_id, self._digits, self._shots, self.language)
        self._digits, self._shots = "", []
        self._to("done")

    def _view(self) -> views.View:
        seen = status(self._parts, self._shop, self.language)
        if self._screen == "consent":
            return views.EnrolConsent(seen, CONSENT_VERSION)
        if self._screen == "digits":
            return views.EnrolDigits(seen, "•" * max(0, len(self._digits) - 1) + self._digits[-1:], DIGITS)
        if self._screen == "face":
            frame = self._parts.eyes.frame
            return views.EnrolFace(seen, frame.pixels if frame else None, self._box, len(self._shots), SHOTS, self._hint,
                                   self._parts.clock.monotonic())
        return views.EnrolDone(seen, ok=True)


def enrol(parts: Sight, member_id: str, digits: str, shots: list[Template], language: str) -> None:
    """Keep a member's template with the consent that allows it, and tell HQ that there is a member, without face or number."""
    # The vault first: a member whom HQ knows but no vault does could never pay and never be erased here.
    parts.vault.enrol(member_id, digits, template(shots), Consent(CONSENT_VERSION, language, parts.clock.now().isoformat()))
    with parts.store.unit() as unit:
        fact = MemberEnrolled(member_id, CONSENT_VERSION, language, len(shots))
        unit.facts.record(fact)
        unit.tallies.add("enrolled")
