"""Paying: from the first scanned code to the receipt. The domain's table says what may follow; this file draws it and drives it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.domain import basket as baskets
from kiosk.domain.checkout import Event, State, after
from kiosk.domain.frame import Frame
from kiosk.domain.pricing import MAX_PIECES, Quote, quote
from kiosk.errors import InvalidValueError
from kiosk.flows.cashier import Cashier, Conclusion, Payer, Pending
from kiosk.flows.identify import Digits, FaceSearch, face_task
from kiosk.flows.parts import Shop, Sight, next_language, status
from kiosk.ui import views

log = logging.getLogger(__name__)

CODE_PREFIX = "KM1."
"""How the code on a member's phone begins; see hq.wallet."""
BADGE_PREFIX = "KS1."
"""How the code on a badge of staff begins."""

_STAYS_S = {State.BASKET: 60.0, State.TENDER: 45.0, State.DIGITS: 45.0, State.CONFIRM: 30.0, State.QR: 40.0, State.REFUSED: 30.0,
            State.CASH: 20.0, State.PAID: 8.0}
"""How long a screen waits for a finger before it gives up."""
_SAME_CODE_S = 1.2
"""A code that stays in view counts again only after it was away for this long."""


class PayFlow:
    """One checkout after the other at one device."""

    def __init__(self, parts: Sight, shop: Shop, language: str) -> None:
        self._parts, self._shop = parts, shop
        self._default_language = self.language = language
        self._cashier = Cashier(parts)
        self._face_task = face_task(parts)
        self._scan_task = self._make_scan_task()
        self._seen: dict[str, float] = {}
        self.on_badge: Callable[[str], None] = lambda _code: None
        self._reset()
        if self._cashier.resume():
            log.info("payments that a restart left open were cancelled")
        self._restore()

    @property
    def state(self) -> State:
        """Where the checkout stands."""
        return self._state

    @property
    def basket(self) -> dict[str, int]:
        """What is in the basket: GTIN -> pieces."""
        return dict(self._basket)

    def add(self, code: str) -> bool:
        """Put one piece into the basket; False when it is not sold here or no more fit. Starts a checkout when there is none."""
        if self._shop.product(code) is None or self._basket.get(code, 0) >= MAX_PIECES or self._state not in (State.IDLE, State.BASKET):
            return False
        self._basket[code] = self._basket.get(code, 0) + 1
        if self._state is State.IDLE:
            self._go(Event.START)
        self._entered_s = self._parts.clock.monotonic()
        self._save()
        return True

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        self._look()
        for target in touched:
            self._touch(target)
        {State.BASKET: self._scan, State.IDLE: self._scan, State.FACE: self._face, State.QR: self._scan,
         State.AUTHORISING: self._authorise}.get(self._state, self._drop)()
        self._expire()
        return self._view()

    # --- what is seen -------------------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        tasks = {State.FACE: self._face_task, State.IDLE: self._scan_task, State.BASKET: self._scan_task, State.QR: self._scan_task}
        self._parts.eyes.look(tasks.get(self._state))

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
                if self._state is State.QR:
                    self._ask(Payer("wallet_qr", code=text), Event.CODE_SEEN)
                    return
            elif text.startswith(BADGE_PREFIX):
                if fresh and self._state is State.IDLE:
                    self.on_badge(text)
            elif fresh and self._state is not State.QR and not self.add(text):
                self._hint = "unknown_product"

    def _drop_unsold(self) -> None:
        # A new price list may no longer sell what is already in the basket.
        unsold = [code for code in self._basket if self._shop.product(code) is None]
        if unsold and self._state is State.BASKET:
            for code in unsold:
                del self._basket[code]
            self._hint = "unknown_product"
            self._save()

    def _face(self) -> None:
        if self._search is None:
            return
        decision = self._search.step(self._parts.eyes.take())
        if decision is None:
            return
        if decision.outcome == "accepted":
            self._member_id = decision.member_id
            self._go(Event.RECOGNISED)
        else:
            self._reason = "several_people" if self._search.look and self._search.look.hint == "one_person" else "not_recognised"
            self._go(Event.NOT_RECOGNISED)

    # --- what is touched ----------------------------------------------------------------------------------------------------------

    def _touch(self, target: str) -> None:
        if target == "language":
            self.language = next_language(self.language)
        elif target == "cancel":
            self._cancel()
        elif self._state is State.BASKET and target.startswith("remove:"):
            self._remove(int(target.removeprefix("remove:")))
        elif self._state is State.DIGITS:
            self._press(target)
        elif (self._state, target) in _BUTTONS:
            self._button(_BUTTONS[self._state, target])

    def begin(self, basket: dict[str, int]) -> None:
        """Start a checkout with this basket at the question how to pay; the mirror's way in."""
        if self._state is State.IDLE and basket and self._shop.prices is not None:
            self._basket = dict(basket)
            self._go(Event.START)
            self._button(Event.PAY)

    def _button(self, event: Event) -> None:
        if event in (Event.START, Event.PAY) and self._shop.prices is None:
            return
        if event is Event.PAY:
            if not self._basket or self._shop.prices is None:
                return
            self._quote = quote(self._basket, self._shop.prices)
        if event is Event.CONFIRM:
            self._ask(Payer("wallet_face", member_id=self._member_id), event)
            return
        if event is Event.FACE:
            self._digits = Digits(self._parts)
        if event is Event.NOT_ME:
            self._reason = "not_me"
        if event is Event.CASH:
            self._ticket = f"{self._parts.settings.device.id.upper()}-{self._parts.new_id()[-4:].upper()}"
        self._go(event)
        if self._state is State.IDLE:
            self._finish()

    def _press(self, target: str) -> None:
        if target == "erase":
            self._digits.erase()
        elif target == "other_way":
            self._go(Event.BACK)
        elif target.startswith("key:"):
            bucket = self._digits.press(target.removeprefix("key:"))
            if bucket is not None:
                self._search = FaceSearch(self._parts, bucket)
                self._go(Event.BUCKET_SMALL)

    def _remove(self, index: int) -> None:
        codes = list(self._basket)
        if 0 <= index < len(codes):
            del self._basket[codes[index]]
            self._save()
        if not self._basket:
            self._go(Event.EMPTY)
            self._finish()

    def _cancel(self) -> None:
        if self._state in (State.IDLE, State.AUTHORISING, State.PAID, State.CASH):
            return
        self._go(Event.CANCEL)
        self._finish()

    # --- money --------------------------------------------------------------------------------------------------------------------

    def _ask(self, payer: Payer, event: Event) -> None:
        assert self._quote is not None  # noqa: S101 - the table reaches these events only through PAY
        self._pending = self._cashier.request(self._quote, payer)
        self._go(event)

    def _authorise(self) -> None:
        self._drop()
        if self._pending is None:
            return
        conclusion = self._cashier.conclude(self._pending)
        if conclusion.outcome == "waiting":
            return
        self._pending = None
        self._conclusion = conclusion
        self._reason = "offline_limit" if conclusion.reason.startswith("offline_") else conclusion.reason
        self._go(Event.APPROVED if conclusion.sale else Event.DECLINED)
        if conclusion.sale:
            self._basket = {}

    # --- state --------------------------------------------------------------------------------------------------------------------

    def _go(self, event: Event) -> None:
        self._state = after(self._state, event)
        self._entered_s = self._parts.clock.monotonic()
        self._hint = ""

    def _expire(self) -> None:
        stays = _STAYS_S.get(self._state)
        if stays is None or self._parts.clock.monotonic() - self._entered_s < stays:
            return
        self._go(Event.DONE if self._state in (State.PAID, State.CASH) else Event.CANCEL)
        self._finish()

    def _finish(self) -> None:
        self._reset()
        self._save()

    def _reset(self) -> None:
        self._state = State.IDLE
        self._entered_s = self._parts.clock.monotonic()
        self._basket: dict[str, int] = {}
        self._quote: Quote | None = None
        self._digits = Digits(self._parts)
        self._search: FaceSearch | None = None
        self._pending: Pending | None = None
        self._conclusion: Conclusion | None = None
        self._member_id = self._reason = self._ticket = self._hint = ""
        self.language = self._default_language

    def _save(self) -> None:
        with self._parts.store.unit() as unit:
            unit.basket.save(baskets.pack(self._basket).encode() if self._basket else None)

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
        self._basket = {code: pieces for code, pieces in kept.items() if self._shop.product(code)}
        if self._basket:
            self._go(Event.START)
            self._hint = "restored"

    # --- views --------------------------------------------------------------------------------------------------------------------

    def _view(self) -> views.View:
        seen = status(self._parts, self._shop, self.language)
        now = self._parts.clock.monotonic()
        return _VIEWS[self._state](self, seen, now)

    def _basket_view(self, seen: views.Status, _now: float) -> views.View:
        assert self._shop.prices is not None  # noqa: S101 - a basket holds only what a price list sells
        priced = quote(self._basket, self._shop.prices)
        lines = tuple(views.LineView(line.product.name(self.language), line.quantity, line.amount,
                                     line.promotion.names.get(self.language, "") if line.promotion else "", line.product.picture)
                      for line in priced.lines)
        return views.PayBasket(seen, lines, priced.total, priced.saved if priced.saved.minor else None, self._hint)

    def _face_view(self, seen: views.Status, now: float) -> views.View:
        frame, search = self._parts.eyes.frame, self._search
        look = search.look if search else None
        return views.PayFace(seen, frame.pixels if frame else None, look.box if look else None, search.progress if search else 0.0,
                             look.hint if look else "look_here", now)

    def _qr_view(self, seen: views.Status, now: float) -> views.View:
        frame = self._parts.eyes.frame
        return views.PayQr(seen, self._priced().total, frame.pixels if frame else None, now)

    def _paid_view(self, seen: views.Status, now: float) -> views.View:
        sale = self._conclusion.sale if self._conclusion else None
        assert sale is not None  # noqa: S101 - PAID is reached with a sale only
        address = self._parts.settings.hq.receipts
        qr = f"{address}/{sale.sale_id}" if address else f"{sale.receipt} {sale.total_minor} {sale.currency}"
        left = max(0, round(_STAYS_S[State.PAID] - (now - self._entered_s)))
        return views.PayPaid(seen, self._priced().total, sale.receipt, qr, sale.offline, left, now - self._entered_s)

    def _priced(self) -> Quote:
        assert self._quote is not None  # noqa: S101 - every state after TENDER has a quote
        return self._quote

    def _tender_view(self, seen: views.Status, _now: float) -> views.View:
        return views.PayTender(seen, self._priced().total, face=not seen.camera_lost, qr=not seen.camera_lost and not seen.offline)


_BUTTONS: dict[tuple[State, str], Event] = {
    (State.IDLE, "start"): Event.START,
    (State.BASKET, "pay"): Event.PAY,
    (State.TENDER, "back"): Event.BACK,
    (State.TENDER, "face"): Event.FACE,
    (State.TENDER, "qr"): Event.QR,
    (State.TENDER, "cash"): Event.CASH,
    (State.FACE, "other_way"): Event.BACK,
    (State.CONFIRM, "confirm"): Event.CONFIRM,
    (State.CONFIRM, "not_me"): Event.NOT_ME,
    (State.QR, "back"): Event.BACK,
    (State.REFUSED, "retry"): Event.RETRY,
    (State.REFUSED, "qr"): Event.QR,
    (State.REFUSED, "cash"): Event.CASH,
    (State.PAID, "done"): Event.DONE,
    (State.CASH, "done"): Event.DONE,
}

_VIEWS: dict[State, Callable[[PayFlow, views.Status, float], views.View]] = {
    State.IDLE: lambda _flow, seen, now: views.PayAttract(seen, now),
    State.BASKET: PayFlow._basket_view,
    State.TENDER: PayFlow._tender_view,
    State.DIGITS: lambda flow, seen, _now: views.PayDigits(seen, flow._digits.shown, flow._digits.wanted, flow._digits.wanted > 4),
    State.FACE: PayFlow._face_view,
    State.CONFIRM: lambda flow, seen, _now: views.PayConfirm(seen, flow._priced().total, f"•• {flow._digits.suffix[-2:]}", flow._priced().pieces),
    State.QR: PayFlow._qr_view,
    State.AUTHORISING: lambda _flow, seen, now: views.PayWaiting(seen, "authorising", now),
    State.PAID: PayFlow._paid_view,
    State.REFUSED: lambda flow, seen, _now: views.PayRefused(seen, flow._reason),
    State.CASH: lambda flow, seen, _now: views.PayCash(seen, flow._priced().total, flow._ticket),
}
