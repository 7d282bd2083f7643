"""Paying: from the first scanned code to the receipt. The domain's table says what may follow; this file draws it and drives it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.domain import basket as baskets
from kiosk.domain.checkout import Event, State, after
from kiosk.domain.frame import Frame
from kiosk.domain.identity import Candidate, Decision
from kiosk.domain.pricing import MAX_PIECES
from kiosk.errors import InvalidValueError
from kiosk.flows.cashier import Cashier, Conclusion, Payer, Pending
from kiosk.flows.identify import Digits, FaceSearch, face_task
from kiosk.flows.parts import Shop, next_language
from kiosk.flows.pay_buttons import BUTTONS, OFFLINE_REASONS
from kiosk.flows.pay_views import STAYS_S, WARNS_S, Session, line_views, view
from kiosk.flows.pin import PinPad, step_up
from kiosk.flows.sight import Sight
from kiosk.storage.vault import CARD_PREFIX
from kiosk.ui import views

log = logging.getLogger(__name__)

CODE_PREFIX = "KM1."
"""How the code on a member's phone begins; see hq.wallet."""
BADGE_PREFIX = "KS1."
"""How the code on a badge of staff begins."""

_SAME_CODE_S = 1.2
"""A code that stays in view counts again only after it was away for this long."""


class PayFlow:
    """One checkout after the other at one device."""

    def __init__(self, parts: Sight, shop: Shop, language: str) -> None:
        self._parts, self._shop = parts, shop
        self._default_language = language
        self._cashier = Cashier(parts)
        self._face_task = face_task(parts)
        self._scan_task = self._make_scan_task()
        self._seen: dict[str, float] = {}
        self.on_badge: Callable[[str], None] = lambda _code: None
        self._now = self._fresh()
        if self._cashier.resume():
            log.info("payments that a restart left open were cancelled")
        self._restore()

    @property
    def state(self) -> State:
        """Where the checkout stands."""
        return self._now.state

    @property
    def language(self) -> str:
        """The language that the shopper chose."""
        return self._now.language

    def add(self, code: str) -> bool:
        """Put one piece into the basket; False when it is not sold here or no more fit. Starts a checkout when there is none."""
        pieces = self._now.basket.get(code, 0)
        if self._now.state not in (State.IDLE, State.BASKET) or not self._shop.takes(code) or pieces >= MAX_PIECES:
            return False
        self._now.basket[code] = pieces + 1
        if self._now.state is State.IDLE:
            self._go(Event.START)
        self._now.entered_s = self._parts.clock.monotonic()
        self._save()
        return True

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        self._look()
        for target in touched:
            # A finger on the question whether somebody is still there answers it, and nothing else.
            if not self._stayed() and target != "stay":
                self._touch(target)
        {**dict.fromkeys((State.BASKET, State.IDLE, State.QR, State.AGE), self._scan), State.DIGITS: self._member_card,
         State.FACE: self._face, State.PIN: self._pin, State.CODE: self._authorise, State.AUTHORISING: self._authorise,
         }.get(self._now.state, self._drop)()
        self._expire()
        return view(self._now, self._parts, self._shop)

    # --- what is seen -------------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        scanning = (State.IDLE, State.BASKET, State.QR, State.AGE, *((State.DIGITS,) if self._with_card else ()))
        tasks = {State.FACE: self._face_task, **dict.fromkeys(scanning, self._scan_task)}
        self._parts.eyes.look(tasks.get(self._now.state))

    def _make_scan_task(self) -> Callable[[Frame], list[str]]:
        scanner = self._parts.scanner
        return lambda frame: [code.text for code in scanner.scan(frame)]

    def _drop(self) -> None:
        self._parts.eyes.take()

    def _scan(self) -> None:
        self._drop_unsold()
        now = self._parts.clock.monotonic()
        for text in self._parts.eyes.take() or ():
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
                self._now.hint = "unknown_code"

    def _drop_unsold(self) -> None:
        # A new price list may no longer sell what is already in the basket.
        unsold = [code for code in self._now.basket if not self._shop.takes(code)]
        if unsold and self._now.state is State.BASKET:
            for code in unsold:
                del self._now.basket[code]
            self._now.hint = "unknown_code"
            self._save()

    @property
    def _with_card(self) -> bool:
        """Whether members are found by their card instead of digits: then the store alone identifies nobody."""
        return self._parts.settings.members.mode == "card"

    def _member_card(self) -> None:
        for text in self._parts.eyes.take() or ():
            if self._with_card and text.startswith(CARD_PREFIX):
                bucket = [Candidate(member.member_id, member.template) for member in self._parts.vault.by_card(text)]
                self._now.search = FaceSearch(self._parts, bucket)
                self._go(Event.BUCKET_SMALL)
                return

    def _face(self) -> None:
        if self._now.search is None:
            return
        decision = self._now.search.step(self._parts.eyes.take())
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
        needed = step_up(self._parts, decision, self._now.priced.total)
        if needed == "pin":
            self._now.pin = PinPad(self._parts, decision.member_id)
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
        elif self._now.state is State.PIN and self._now.pin is not None and target != "other_way":
            self._now.pin.press(target)
        elif self._now.state is State.TENDER and target.removeprefix("code:") in self._shop.codes:
            self._ask(Payer(target.removeprefix("code:")), Event.CODE)
        elif (self._now.state, target) in BUTTONS:
            self._button(BUTTONS[self._now.state, target])

    def begin(self, basket: dict[str, int]) -> None:
        """Start a checkout with this basket at the question how to pay; the mirror's way in."""
        if self._now.state is State.IDLE and basket and self._shop.prices is not None:
            self._now.basket = dict(basket)
            self._go(Event.START)
            self._button(Event.PAY)

    def _button(self, event: Event) -> None:
        if event in (Event.START, Event.PAY) and self._shop.prices is None:
            return
        if event is Event.PAY and not self._now.basket:
            return
        if event in (Event.PAY, Event.RETRY, Event.QR, Event.CASH):
            self._price()
        if event is Event.PAY and self._now.priced.min_age > self._now.age_proven:
            event = Event.AGE_ASKED
        if self._now.state is State.CODE and self._leave_code():
            return
        if event is Event.CONFIRM:
            self._parts.vault.used(self._now.member_id, self._parts.clock.now().date().isoformat())
            self._ask(Payer("wallet_face", member_id=self._now.member_id), event)
            return
        if event is Event.FACE:
            self._now.digits = Digits(self._parts)
        if event is Event.NOT_ME:
            self._now.reason = "not_me"
        if event is Event.CASH:
            self._now.ticket = f"{self._parts.settings.device.id.upper()}-{self._parts.new_id()[-4:].upper()}"
        self._go(event)
        if self._now.state is State.IDLE:
            self._finish()

    def _price(self, member: bool = False) -> None:
        """Ask what the basket costs now; whoever pays with a wallet is a member and gets members' offers.

        What the shopper has seen never rises behind his back: a member's price counts only when it is not higher.
        """
        if not all(self._shop.takes(code) for code in self._now.basket):
            return
        priced, before = self._shop.quote(self._now.basket, member), self._now.quote
        if not member or before is None or (priced is not None and priced.total <= before.total):
            self._now.quote = priced

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
                self._now.search = FaceSearch(self._parts, bucket)
                self._go(Event.BUCKET_SMALL)

    def _remove(self, index: int) -> None:
        codes = list(self._now.basket)
        if 0 <= index < len(codes):
            del self._now.basket[codes[index]]
        self._kept()

    def _kept(self) -> None:
        """Save what is left in the basket; an empty one is no checkout."""
        self._save()
        if not self._now.basket:
            self._go(Event.EMPTY)
            self._finish()

    def _cancel(self) -> None:
        if self._now.state in (State.IDLE, State.AUTHORISING, State.PAID, State.CASH):
            return
        if self._now.state is State.CODE and self._leave_code():
            return
        self._go(Event.CANCEL)
        self._finish()

    # --- money --------------------------------------------------------------------------------------------------------------------

    def _ask(self, payer: Payer, event: Event) -> None:
        if payer.tender == "wallet_qr":
            self._price(member=True)
        self._now.pending = self._cashier.request(self._now.priced, payer)
        self._go(event)

    def _authorise(self) -> None:
        self._drop()
        if self._now.pending is None:
            return
        self._show_code(self._now.pending)
        conclusion = self._cashier.conclude(self._now.pending)
        if conclusion.outcome != "waiting":
            self._end(conclusion)

    def _show_code(self, pending: Pending) -> None:
        if self._now.state is State.CODE:
            self._now.code, self._now.code_left_s = self._cashier.code(pending)

    def _leave_code(self) -> bool:
        """Give up the code on the screen; True when it turns out that it was paid."""
        if self._now.pending is None:
            return False
        conclusion = self._cashier.give_up(self._now.pending)
        self._now.pending, self._now.code = None, ""
        if conclusion.sale:
            self._end(conclusion)
        return conclusion.sale is not None

    def _end(self, conclusion: Conclusion) -> None:
        self._now.pending, self._now.code = None, ""
        self._now.sale = conclusion.sale
        self._now.reason = OFFLINE_REASONS.get(conclusion.reason, conclusion.reason)
        self._go(Event.APPROVED if conclusion.sale else Event.DECLINED)
        if conclusion.sale:
            self._now.basket = {}

    # --- what staff does with an open checkout --------------------------------------------------------------------------------------

    @property
    def age_asked(self) -> int:
        """Years that staff is asked to see, 0 when nobody is asked."""
        return self._now.priced.min_age if self._now.state is State.AGE else 0

    def age_checked(self, proven: bool) -> None:
        """Go on to paying, or take what is not for this shopper out of the basket."""
        if self._now.state is not State.AGE:
            return
        if proven:
            self._now.age_proven = self._now.priced.min_age
            self._go(Event.AGE_PROVEN)
            return
        for line in self._now.priced.lines:
            if line.product.min_age:
                del self._now.basket[line.code]
        self._go(Event.AGE_REFUSED)
        self._now.hint = "age_refused"
        self._kept()

    def open_lines(self) -> tuple[views.LineView, ...]:
        """Return the lines of the open basket, () when there is none."""
        quoted = self._shop.quote(self._now.basket) if self._now.state is State.BASKET and self._now.basket else None
        return line_views(quoted, self._now, self._shop) if quoted else ()

    def void(self, index: int) -> str:
        """Take a line out of the open basket; return its code, "" when there is no such line."""
        codes = list(self._now.basket)
        if self._now.state is not State.BASKET or not 0 <= index < len(codes):
            return ""
        del self._now.basket[codes[index]]
        self._kept()
        return codes[index]

    def seen_codes(self) -> list[str]:
        """Return the codes before the camera, while staff has the screen."""
        self._parts.eyes.look(self._scan_task)
        return list(self._parts.eyes.take() or ())

    def stay(self) -> None:
        """Begin the wait for the shopper anew: staff had the screen."""
        self._now.entered_s = self._parts.clock.monotonic()

    # --- state --------------------------------------------------------------------------------------------------------------------

    def _go(self, event: Event) -> None:
        self._now.state = after(self._now.state, event)
        if event in (Event.BACK, Event.NOT_ME, Event.NOT_RECOGNISED, Event.PIN_REFUSED) and self._now.member_id:
            self._now.member_id = ""  # nobody is known any more: members' offers are for members
            self._price()
        self._now.entered_s = self._parts.clock.monotonic()
        self._now.hint = ""

    def _stayed(self) -> bool:
        """Whether the shopper was being asked if anybody is still there; then the wait begins anew."""
        stays, now = STAYS_S.get(self._now.state), self._parts.clock.monotonic()
        asked = self._now.state in WARNS_S and stays is not None and now - self._now.entered_s >= stays - WARNS_S[self._now.state]
        if asked:
            self._now.entered_s = now
        return asked

    def _expire(self) -> None:
        stays = STAYS_S.get(self._now.state)
        if stays is None or self._parts.clock.monotonic() - self._now.entered_s < stays:
            return
        self._go(Event.DONE if self._now.state in (State.PAID, State.CASH) else Event.CANCEL)
        self._finish()

    def _finish(self) -> None:
        self._now = self._fresh()
        self._save()

    def _fresh(self) -> Session:
        return Session(self._default_language, self._parts.clock.monotonic(), Digits(self._parts))

    def _save(self) -> None:
        with self._parts.store.unit() as unit:
            unit.basket.save(baskets.pack(self._now.basket).encode() if self._now.basket else None)

    def _restore(self) -> None:
        self._shop.refresh()
        with self._parts.store.snapshot() as unit:
            saved = unit.basket.load()
        if not saved:
            return
        try:
            kept = baskets.unpack(saved.decode())
        except (InvalidValueError, UnicodeDecodeError):
            log.warning("the basket that a restart left open cannot be read; it is given up")
            return
        self._now.basket = {code: pieces for code, pieces in kept.items() if self._shop.takes(code)}
        if self._now.basket:
            self._go(Event.START)
            self._now.hint = "restored"
