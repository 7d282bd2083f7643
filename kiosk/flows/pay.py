"""Paying: from the first scanned code to the receipt. The domain's table says what may follow; this file draws it and drives it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.domain.checkout import Event, State
from kiosk.domain.frame import Frame
from kiosk.domain.gtin import is_goods, misread
from kiosk.domain.identity import Candidate, Decision
from kiosk.flows.cashier import Payer
from kiosk.flows.checkout import Checkout
from kiosk.flows.identify import Digits, FaceSearch, face_task
from kiosk.flows.parts import Shop, next_language
from kiosk.flows.pay_buttons import BUTTONS
from kiosk.flows.pay_views import takes_pin, view
from kiosk.flows.pin import OnlinePin, PinPad, step_up
from kiosk.flows.sight import Sight
from kiosk.storage.till import PAY
from kiosk.storage.vault import CARD_PREFIX
from kiosk.ui import views

log = logging.getLogger(__name__)

CODE_PREFIX = "KM1."
"""How the code on a member's phone begins; see hq.wallet."""
BADGE_PREFIX = "KS1."
"""How the code on a badge of staff begins."""

_SAME_CODE_S = 1.2
"""A code that stays in view counts again only after it was away for this long."""


class PayFlow(Checkout):
    """One checkout after the other at one device: what is seen and touched moves the checkout on."""

    def __init__(self, parts: Sight, shop: Shop, language: str, role: str = PAY) -> None:
        super().__init__(parts, shop, language, role)
        self._sight = parts
        self._face_task = face_task(parts)
        self._scan_task = self._make_scan_task()
        self._seen: dict[str, float] = {}
        self.on_badge: Callable[[str], None] = lambda _code: None

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        self._look()
        for target in touched:
            # A finger on the question whether somebody is still there answers it, and nothing else.
            if not self._stayed() and target != "stay":
                self._touch(target)
        {State.BASKET: self._scan, State.IDLE: self._scan, State.FACE: self._face, State.QR: self._scan, State.AGE: self._scan,
         State.CASH: self._scan, State.DIGITS: self._member_card, State.NUMBER: self._number,
         State.PIN: self._pin}.get(self._now.state, self._drop)()
        self._authorise()
        self._expire()
        return view(self._now, self._parts, self._shop, self._sight.eyes.frame)

    # --- what is seen -------------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        scanning = (State.IDLE, State.BASKET, State.QR, State.AGE, State.CASH, *((State.DIGITS,) if self._with_card else ()))
        tasks = {State.FACE: self._face_task, **dict.fromkeys(scanning, self._scan_task)}
        self._sight.eyes.look(tasks.get(self._now.state))

    def _make_scan_task(self) -> Callable[[Frame], list[str]]:
        scanner = self._sight.scanner
        return lambda frame: [code.text for code in scanner.scan(frame)]

    def _drop(self) -> None:
        self._sight.eyes.take()

    def _scan(self) -> None:
        self._drop_unsold()
        now = self._parts.clock.monotonic()
        for text in self._sight.eyes.take() or ():
            fresh = now - self._seen.get(text, -_SAME_CODE_S) >= _SAME_CODE_S
            self._seen[text] = now
            if text.startswith(CODE_PREFIX):
                if self._now.state is State.QR:
                    self._ask(Payer("wallet_qr", code=text), Event.CODE_SEEN)
                    return
            elif text.startswith(BADGE_PREFIX):
                if fresh and self._now.state is not State.QR:
                    self.on_badge(text)
            elif fresh and self._now.state in (State.IDLE, State.BASKET) and not self.add(text):
                expected = misread(text)
                if is_goods(text) and self._shop.prices is not None:
                    self._go(Event.START)  # on the first screen there is nowhere to say it
                self._now.hint = f"check_digit:{expected}" if expected else "unknown_code"

    @property
    def _with_card(self) -> bool:
        """Whether members are found by their card instead of digits: then the store alone identifies nobody."""
        return self._parts.settings.members.mode == "card"

    def _member_card(self) -> None:
        for text in self._sight.eyes.take() or ():
            if self._with_card and text.startswith(CARD_PREFIX):
                bucket = [Candidate(member.member_id, member.template) for member in self._sight.vault.by_card(text)]
                self._now.search = FaceSearch(self._sight, bucket)
                self._go(Event.BUCKET_SMALL)
                return

    def _face(self) -> None:
        if self._now.search is None:
            return
        decision = self._now.search.step(self._sight.eyes.take())
        if decision is None:
            return
        if decision.outcome in ("accepted", "ask_pin"):
            self._known(decision)
        else:
            crowd = self._now.search.look is not None and self._now.search.look.hint == "one_person"
            self._now.reason = "several_people" if crowd else "not_recognised"
            self._go(Event.NOT_RECOGNISED)

    def _known(self, decision: Decision) -> None:
        self._now.member_id = decision.member_id
        self._price(member=True)
        needed = step_up(self._sight, decision, self._now.priced.total)
        if needed == "pin":
            self._now.pin = PinPad(self._sight, decision.member_id)
            self._go(Event.ASK_PIN)
        elif needed:
            self._now.reason = needed
            self._go(Event.NOT_RECOGNISED)
        else:
            self._go(Event.RECOGNISED)

    def _pin(self) -> None:
        self._drop()
        answer = self._now.pin.step() if self._now.pin is not None else ""
        if answer == "right":
            self._go(Event.PIN_RIGHT)
        elif answer == "locked":
            self._now.reason = "pin_locked"
            self._go(Event.PIN_REFUSED)
        elif answer:
            self._now.entered_s = self._parts.clock.monotonic()

    def _number(self) -> None:
        """Have HQ judge number and PIN once both are typed: the face of whoever it is has not come here yet."""
        self._drop()
        shown = self._now.online
        if shown is None or not shown.step():
            return
        intent_id = self._parts.new_id()
        code = self._sight.vault.pin_keys.shown(shown.number, shown.entered, intent_id)
        self._now.online = None
        self._ask(Payer("wallet_pin", code=code, intent_id=intent_id), Event.PIN_TYPED)

    # --- what is touched ----------------------------------------------------------------------------------------------------------

    def _touch(self, target: str) -> None:
        if target == "language":
            self._now.language = next_language(self._now.language)
        elif target == "cancel":
            self._cancel()
        elif self._now.state is State.BASKET and target.startswith("remove:"):
            self._remove(int(target.removeprefix("remove:")))
        elif self._now.state is State.DIGITS:
            self._press(target)
        elif self._now.state is State.NUMBER and self._now.online is not None and target != "other_way":
            self._now.online.press(target)
            self._now.entered_s = self._parts.clock.monotonic()
        elif self._now.state is State.PIN and self._now.pin is not None and target != "other_way":
            self._now.pin.press(target)
        elif self._now.state is State.TENDER and target.removeprefix("code:") in self._shop.codes:
            self._ask(Payer(target.removeprefix("code:")), Event.CODE)
        elif (self._now.state, target) in BUTTONS:
            self._button(BUTTONS[self._now.state, target])

    def _press(self, target: str) -> None:
        if target == "erase":
            self._now.digits.erase()
        elif target in ("other_way", "back"):
            self._go(Event.BACK)
        elif self._with_card:
            return
        elif target.startswith("key:"):
            bucket = self._now.digits.press(target.removeprefix("key:"))
            if bucket is not None:
                self._now.search = FaceSearch(self._sight, bucket)
                self._go(Event.BUCKET_SMALL)

    def _button(self, event: Event) -> None:
        if event is Event.FACE:
            self._now.pad = Digits(self._sight)
        if event is Event.PIN:
            if not takes_pin(self._now, self._parts, self._shop):
                return
            self._now.online = OnlinePin()
        if event is Event.CONFIRM and self._now.state is State.CONFIRM:
            self._sight.vault.used(self._now.member_id, self._parts.clock.now().date().isoformat())
        super()._button(event)

    def _go(self, event: Event) -> None:
        super()._go(event)
        if self._now.state is State.REFUSED:
            self._now.pin_known = bool(self._sight.vault.pin_keys.known())

    def seen_codes(self) -> list[str]:
        """Return the codes before the camera, while staff has the screen."""
        self._sight.eyes.look(self._scan_task)
        return list(self._sight.eyes.take() or ())
