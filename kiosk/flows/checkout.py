"""A checkout without its camera: basket, buttons, money, and what a restart finds. flows.pay adds what is seen and touched.

Whenever the power goes, the database says how the checkout stands, and the first screen afterwards says so too: the open basket (or that it
is lost), a payment whose status is asked for until HQ has answered, or "paid" with the receipt of a sale whose screen nobody has seen.
"""

from __future__ import annotations

import logging

from kiosk.domain import basket as baskets
from kiosk.domain.checkout import Event, Ruling, State, after, ruling
from kiosk.domain.pricing import MAX_PIECES, quote
from kiosk.errors import InvalidValueError
from kiosk.flows.cashier import Cashier, Conclusion, Payer
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.pay_views import STAYS_S, Session

log = logging.getLogger(__name__)

LOST_BANNER_S = 60.0
"""So long the first screen says that a basket was lost."""

_OFFLINE_REASONS = {"offline_member_unknown": "hq_silent", "offline_no_policy": "hq_silent", "offline_currency": "hq_silent",
                    "offline_too_long_offline": "offline_limit", "offline_per_sale": "offline_limit", "offline_per_member": "offline_limit",
                    "offline_per_kiosk": "offline_limit"}
"""The rule of the offline policy that declined -> what the shopper is told."""


class Checkout:
    """One checkout after the other. Everything that a finger can do is a method; an event that comes too late changes nothing."""

    def __init__(self, parts: Parts, shop: Shop, language: str) -> None:
        self._parts, self._shop = parts, shop
        self._default_language = language
        self._cashier = Cashier(parts)
        self._now = self._fresh()
        self._resume()

    @property
    def state(self) -> State:
        """Where the checkout stands."""
        return self._now.state

    @property
    def session(self) -> Session:
        """The checkout as it is drawn."""
        return self._now

    @property
    def language(self) -> str:
        """The language that the shopper chose."""
        return self._now.language

    def add(self, code: str) -> bool:
        """Put one piece into the basket; False when it is not sold here or no more fit. Starts a checkout when there is none."""
        pieces = self._now.basket.get(code, 0)
        if self._now.state not in (State.IDLE, State.BASKET) or self._shop.product(code) is None or pieces >= MAX_PIECES:
            return False
        self._now.basket[code] = pieces + 1
        if self._now.state is State.IDLE:
            self.go(Event.START)
        self._now.entered_s = self._parts.clock.monotonic()
        self.save()
        return True

    def remove(self, index: int) -> None:
        """Take a line out of the basket; the last one ends the checkout."""
        codes = list(self._now.basket)
        if 0 <= index < len(codes):
            del self._now.basket[codes[index]]
            self.save()
        if not self._now.basket:
            self.go(Event.EMPTY)
            self._finish()

    def begin(self, basket: dict[str, int]) -> None:
        """Start a checkout with this basket at the question how to pay; the mirror's way in."""
        if self._now.state is State.IDLE and basket and self._shop.prices is not None:
            self._now.basket = dict(basket)
            self.go(Event.START)
            self.button(Event.PAY)

    def button(self, event: Event) -> None:
        """Do what a button says."""
        if ruling(self._now.state, event) is not Ruling.MOVES or (event is Event.START and self._shop.prices is None):
            return
        if event is Event.PAY or (event in (Event.RETRY, Event.QR, Event.CASH) and self._now.quote is None):
            if not self._now.basket or self._shop.prices is None:
                return
            self._now.quote = quote(self._now.basket, self._shop.prices)
        if self._now.state is State.CODE and self._leave_code():
            return
        if event is Event.CONFIRM:
            self.ask(Payer("wallet_face", member_id=self._now.member_id), event)
            return
        if event is Event.NOT_ME:
            self._now.reason = "not_me"
        if event is Event.CASH:
            self._now.ticket = f"{self._parts.settings.device.id.upper()}-{self._parts.new_id()[-4:].upper()}"
        self.go(event)
        if self._now.state is State.IDLE:
            self._finish()

    def cancel(self) -> None:
        """Give the checkout up. Money that is on its way is waited for all the same."""
        if ruling(self._now.state, Event.CANCEL) is not Ruling.MOVES or (self._now.state is State.CODE and self._leave_code()):
            return
        self.go(Event.CANCEL)
        self._finish()

    def ask(self, payer: Payer, event: Event) -> None:
        """Ask for the money, when the event that leads there moves the checkout on."""
        if ruling(self._now.state, event) is Ruling.MOVES:
            self._now.pending = self._cashier.request(self._now.priced, payer)
            self.go(event)

    def settle(self) -> None:
        """See whether the payment that was asked for has come to its end."""
        if self._now.pending is None:
            return
        if self._now.state is State.CODE:
            self._now.code, self._now.code_left_s = self._cashier.code(self._now.pending)
        conclusion = self._cashier.conclude(self._now.pending)
        if conclusion.outcome != "waiting":
            self._end(conclusion)

    def expire(self) -> None:
        """End what nobody has touched for long."""
        if self._now.banner and self._parts.clock.monotonic() - self._now.entered_s >= LOST_BANNER_S:
            self._now.banner = ""
        stays = STAYS_S.get(self._now.state)
        if stays is None or self._parts.clock.monotonic() - self._now.entered_s < stays:
            return
        self.go(Event.DONE if self._now.state in (State.PAID, State.CASH) else Event.CANCEL)
        self._finish()

    def go(self, event: Event) -> None:
        """Move on by the table."""
        if ruling(self._now.state, event) is Ruling.IGNORED:
            return
        self._now.state = after(self._now.state, event)
        self._now.entered_s = self._parts.clock.monotonic()
        self._now.hint = self._now.banner = ""

    def save(self) -> None:
        """Keep the basket."""
        with self._parts.store.unit() as unit:
            unit.basket.save(baskets.pack(self._now.basket).encode() if self._now.basket else None)

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
        self._now.reason = _OFFLINE_REASONS.get(conclusion.reason, conclusion.reason)
        self.go(Event.APPROVED if conclusion.sale else Event.DECLINED)
        if conclusion.sale:
            self._now.basket = {}

    def _finish(self) -> None:
        self._now = self._fresh()
        self.save()

    def _fresh(self) -> Session:
        return Session(self._default_language, self._parts.clock.monotonic())

    # --- what a restart finds -----------------------------------------------------------------------------------------------------

    def _resume(self) -> None:
        self._shop.refresh()
        with self._parts.store.snapshot() as unit:
            saved = (unit.basket.load() or b"").decode("utf-8", "replace")
            sale = unit.sales.get(baskets.paid_sale(saved)) if saved else None
        pending = self._cashier.resume()
        if sale is not None:
            self._now.sale = sale
            self.go(Event.PAID_BEFORE)
            return
        self._restore(saved)
        if pending is not None:
            self._now.state, self._now.pending = State.IDLE, pending
            self.go(Event.OPEN_PAYMENT)

    def _restore(self, saved: str) -> None:
        try:
            kept = baskets.unpack(saved)
        except InvalidValueError:
            log.warning("the basket that a restart left open cannot be read; it is given up")
            self._now.banner = "basket_lost"
            return
        self._now.basket = {code: pieces for code, pieces in kept.items() if self._shop.product(code)}
        if self._now.basket:
            self.go(Event.START)
            self._now.hint = "restored"
        elif kept:
            self._now.banner = "basket_lost"
