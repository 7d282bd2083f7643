"""Joining: consent, age, signature, digits and PIN first, then three good pictures that are measured and dropped, and a last look at what
is kept. Nothing is written before the very last button.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

import numpy as np

from kiosk.design import consent as texts
from kiosk.domain.events import MemberEnrolled
from kiosk.domain.frame import Frame
from kiosk.domain.identity import Template, template
from kiosk.flows.identify import FaceLook, face_task
from kiosk.flows.my_data import MyDataFlow
from kiosk.flows.parts import Parts, Shop, next_language, status
from kiosk.flows.pin import NUMBER_DIGITS as DIGITS
from kiosk.flows.pin import PIN_DIGITS, typed
from kiosk.flows.sight import Sight
from kiosk.flows.twins import TwinSearch
from kiosk.storage.vault import CARD_PREFIX, Consent, Courier, Extras, Stroke, Vault
from kiosk.storage.vault.pins import hashed, objection
from kiosk.storage.vault.records import clipped
from kiosk.ui import views

CONSENT_VERSION = texts.VERSION
SHOTS = 3
SAME_FACE = 0.5
"""A picture farther than this from the first is of somebody else: then the pictures begin anew."""
ADULT_YEARS = 18
_BETWEEN_SHOTS_S = 0.35
"""Three pictures of the same instant would be one picture."""
_GIVE_UP_S = 60.0
_CARD_STAYS_S = 180.0
"""The card's code is shown once: time enough to take a picture of it."""
_LEAST_POINTS = 3
_DARK = 60.0
"""Mean brightness of the face, 0..255, below which more light is asked for."""


class EnrolFlow:
    """One enrolment; `tick` returns None when it is over."""

    def __init__(self, parts: Sight, shop: Shop, language: str) -> None:
        self._parts, self._shop, self.language = parts, shop, language
        self._task = enrol_task(parts)
        self._member_id = parts.new_id()
        self._screen, self._reason, self._card = "consent", "", ""
        self._digits = self._pin = self._again = self._objection = ""
        self._strokes: list[Stroke] = []
        self._shots: list[Template] = []
        self._twins: TwinSearch | None = None
        self._last_shot_s = 0.0
        self._hint = "look_here"
        self._box: tuple[int, int, int, int] | None = None
        self._mine: MyDataFlow | None = None
        self._entered_s = parts.clock.monotonic()

    def tick(self, touched: list[str]) -> views.View | None:
        """Take what was touched since the last tick; return what to show, None when the enrolment is over."""
        if self._mine is not None:
            return self._mine.tick(touched)
        self._parts.eyes.look(self._task if self._screen == "face" else None)
        for target in touched:
            if target == "my_data" and self._screen == "consent":
                self._mine = MyDataFlow(self._parts, self._shop, self.language)
                return self._mine.tick([])
            if target in ("decline", "cancel", "done"):
                return None
            self._touch(target)
        if self._screen == "face":
            self._watch()
        elif self._screen == "compare":
            self._compare()
        stays = _CARD_STAYS_S if self._card else _GIVE_UP_S
        if self._parts.clock.monotonic() - self._entered_s > stays:
            if self._screen != "face":
                return None
            self._fail(self._why_no_picture())
        return self._view()

    # --- what is touched ----------------------------------------------------------------------------------------------------------

    def _touch(self, target: str) -> None:
        if target == "language":
            self.language = next_language(self.language)
            return
        on_screen: dict[str, Callable[[str], None]] = {
            "consent": self._on_consent, "age": self._on_age, "sign": self._on_sign, "digits": self._on_digits, "pin": self._on_pin,
            "review": self._on_review}
        handler = on_screen.get(self._screen)
        if handler is not None:
            handler(target)

    def _on_consent(self, target: str) -> None:
        if target == "accept":
            self._to("age")

    def _on_age(self, target: str) -> None:
        if target == "adult":
            self._to("sign")
        elif target == "minor":
            self._fail("minor")

    def _on_sign(self, target: str) -> None:
        name, _, place = target.partition(":")
        if name in ("pad", "pad+"):
            point = tuple(int(part) for part in place.split(":"))
            if name == "pad" or not self._strokes:
                self._strokes.append(())
            self._strokes[-1] += ((point[0], point[1]),)
            self._entered_s = self._parts.clock.monotonic()
        elif target == "clear":
            self._strokes = []
        elif target == "ok" and self._points >= _LEAST_POINTS:
            self._to("digits")

    @property
    def _points(self) -> int:
        return sum(len(stroke) for stroke in self._strokes)

    def _on_digits(self, target: str) -> None:
        self._digits = typed(self._digits, target, DIGITS)
        if target == "ok" and len(self._digits) == DIGITS:
            self._to("pin")

    def _on_pin(self, target: str) -> None:
        """The PIN twice: `_pin` is complete when `_again` is being typed."""
        if len(self._pin) < PIN_DIGITS:
            self._pin = typed(self._pin, target, PIN_DIGITS)
            if target.startswith("key:"):
                self._objection = objection(self._pin, self._digits) if len(self._pin) == PIN_DIGITS else ""
            if self._objection:
                self._pin = ""
            return
        self._again = typed(self._again, target, PIN_DIGITS)
        if len(self._again) < PIN_DIGITS:
            return
        if self._again == self._pin:
            self._to("face")
        else:
            self._objection, self._pin, self._again = "differs", "", ""

    def _on_review(self, target: str) -> None:
        if target == "keep":
            self._keep()

    def _to(self, screen: str) -> None:
        self._screen = screen
        self._entered_s = self._parts.clock.monotonic()

    def _fail(self, reason: str) -> None:
        self._forget()
        self._reason = reason
        self._to("done")

    def _forget(self) -> None:
        self._digits = self._pin = self._again = ""
        self._shots, self._strokes, self._twins = [], [], None

    # --- what is seen -------------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        look = self._parts.eyes.take()
        if look is None:
            return
        self._hint, self._box = look.hint, look.box
        now = self._parts.clock.monotonic()
        if look.embedding is None or now - self._last_shot_s < _BETWEEN_SHOTS_S:
            return
        if self._shots and float(np.linalg.norm(look.embedding - self._shots[0])) > SAME_FACE:
            self._shots, self._hint = [], "one_person"
        self._shots.append(look.embedding)
        self._last_shot_s = self._entered_s = now
        if len(self._shots) == SHOTS:
            self._twins = TwinSearch(self._parts.vault, template(self._shots), self._parts.policy, self._member_id)
            self._to("compare")

    def _why_no_picture(self) -> str:
        if self._parts.camera_lost:
            return "camera_lost"
        if self._hint == "one_person":
            return "several_people"
        return "quality" if self._box else "timeout"

    def _compare(self) -> None:
        if self._twins is not None:
            self._twins.step()
            if self._twins.done:
                self._to("review")

    # --- what is kept -------------------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        twins = self._twins.found if self._twins else []
        secret = secrets.token_bytes(24) if self._parts.settings.members.mode == "card" else b""
        consent = Consent(CONSENT_VERSION, self.language, self._parts.clock.now().isoformat(), texts.fingerprint(self.language), True,
                          clipped(self._strokes))
        lodged = None if secret else self._parts.vault.pin_keys.lodged(self._member_id, self._digits, self._pin)
        extras = Extras(hashed(self._pin), bool(twins), secret, lodged)
        enrol(self._parts, self._parts.vault, self._member_id, self._digits, (self._shots, consent), extras)
        for other in twins:
            self._parts.vault.ask_pin_always(other)
        if secret:
            self._card = f"{CARD_PREFIX}{self._member_id}." + base64.urlsafe_b64encode(secret).decode()
        self._forget()
        self._to("done")

    # --- what is shown ------------------------------------------------------------------------------------------------------------

    def _view(self) -> views.View:
        seen, now_s = status(self._parts, self._shop, self.language), self._parts.clock.monotonic()
        if self._screen == "face":
            frame = self._parts.eyes.frame
            return views.EnrolFace(seen, frame.pixels if frame else None, self._box, len(self._shots), SHOTS, self._hint, now_s)
        card, chosen = self._parts.settings.members.mode == "card", len(self._pin) == PIN_DIGITS
        made: dict[str, Callable[[], views.View]] = {
            "consent": lambda: views.EnrolConsent(seen, CONSENT_VERSION),
            "age": lambda: views.EnrolAge(seen, ADULT_YEARS),
            "sign": lambda: views.EnrolSign(seen, tuple(self._strokes), self._points >= _LEAST_POINTS),
            "digits": lambda: views.EnrolDigits(seen, "•" * max(0, len(self._digits) - 1) + self._digits[-1:], DIGITS),
            "pin": lambda: views.EnrolPin(seen, len(self._again if chosen else self._pin), PIN_DIGITS, chosen, self._objection),
            "compare": lambda: views.PayWaiting(seen, "checking", now_s),
            "review": lambda: views.EnrolReview(seen, bool(self._twins and self._twins.found), card,
                                                self._parts.settings.members.retention_days),
            "done": lambda: views.EnrolDone(seen, not self._reason, self._reason, now_s, self._card),
        }
        return made[self._screen]()


def enrol_task(parts: Sight) -> Callable[[Frame], FaceLook]:
    """Return the task that looks for a face to enrol: as for paying, and asks for more light where the face is dark."""
    look_for_face = face_task(parts)

    def look(frame: Frame) -> FaceLook:
        look = look_for_face(frame)
        if look.box is None or _brightness(frame, look.box) >= _DARK:
            return look
        return FaceLook("more_light", look.box, None, look.sequence)

    return look


def _brightness(frame: Frame, box: tuple[int, int, int, int]) -> float:
    x, y, width, height = box
    face = frame.pixels[max(0, y):max(0, y + height), max(0, x):max(0, x + width)]
    return float(face.mean()) if face.size else 255.0


def enrol(parts: Parts, vault: Vault, member_id: str, digits: str, seen: tuple[list[Template], Consent], extras: Extras) -> None:
    """Keep a member's template with the consent that allows it, and tell HQ that there is a member, without face or number."""
    shots, given = seen
    consent = Courier(vault, parts.store.device, parts.store.epoch).witness(member_id, given)
    # The vault first: a member whom HQ knows but no vault does could never pay and never be erased here.
    vault.enrol(member_id, digits, template(shots), consent, extras)
    with parts.store.unit() as unit:
        if unit.settings.get(f"enrol_again.{member_id}"):
            unit.settings.put(f"enrol_again.{member_id}", "")
        unit.facts.record(MemberEnrolled(member_id, consent.version, consent.language, len(shots)))
        if extras.lodged is not None:
            unit.facts.record(extras.lodged)
        unit.tallies.add("enrolled")
