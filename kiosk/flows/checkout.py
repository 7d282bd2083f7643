"""A checkout without its camera: basket, buttons, money, and what a restart finds. flows.pay adds what is seen and touched.

Whenever the power goes, the database says how the checkout stands, and the first screen afterwards says so too: the open basket (or that it
is lost), a payment whose status is asked for until HQ has answered, or "paid" with the receipt of a sale whose screen nobody has seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.domain import basket as baskets
from kiosk.domain.checkout import Event, Ruling, State, after, ruling
from kiosk.domain.events import SaleCompleted
from kiosk.domain.money import Money
from kiosk.domain.pricing import MAX_PIECES
from kiosk.errors import InvalidValueError
from kiosk.flows.cashier import Cashier, Conclusion, Payer, Pending
from kiosk.flows.parts import Parts, Shop
from kiosk.flows.pay_buttons import OFFLINE_REASONS
from kiosk.flows.pay_views import STAYS_S, WARNS_S, Session, line_views
from kiosk.storage.till import PAY
from kiosk.ui import views

log = logging.getLogger(__name__)

LOST_BANNER_S = 60.0
"""So long the first screen says that a basket was lost."""


class Checkout:
    """One checkout after the other. Everything that a finger can do is a method; an event that comes too late changes nothing."""

    def __init__(self, parts: Parts, shop: Shop, language: str, role: str = PAY) -> None:
        """role: of the screen on which this is; see storage.till."""
        self._parts, self._shop, self._role = parts, shop, role
        self._default_language = language
        self._cashier = Cashier(parts, role)
        self.on_paid: Callable[[SaleCompleted, str], None] = lambda _sale, _language: None
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

    @property
    def lost(self) -> str:
        """The banner for what is shown while nobody pays: that a restart lost a basket; "" when none is lost, or that was said for long."""
        self._expire()
        return self._now.banner if self._now.state is State.IDLE else ""

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

    def begin(self, basket: dict[str, int], language: str = "") -> None:
        """Start a checkout with this basket at the question how to pay; the mirror's way in. language: "" for the device's own."""
        if self._now.state is State.IDLE and basket and self._shop.prices is not None:
            self._now.basket = dict(basket)
            self._now.language = language or self._now.language
            self._go(Event.START)
            self._save()
            self._button(Event.PAY)

    def _button(self, event: Event) -> None:
        if ruling(self._now.state, event) is not Ruling.MOVES:
            return
        if event in (Event.START, Event.PAY, Event.RETRY, Event.QR, Event.CASH) and self._shop.prices is None:
            return
        if event in (Event.PAY, Event.RETRY) and not self._now.basket:
            return
        if event in (Event.PAY, Event.RETRY, Event.QR, Event.CASH):
            self._price()
            if self._now.quote is None:
                return
        if event is Event.PAY and self._now.priced.min_age > self._now.age_proven:
            event = Event.AGE_ASKED
        if self._now.state is State.CODE and self._leave_code():
            return
        if event is Event.CONFIRM:
            self._ask(Payer("wallet_face", member_id=self._now.member_id), event)
            return
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

    def _remove(self, index: int) -> None:
        codes = list(self._now.basket)
        if 0 <= index < len(codes):
            del self._now.basket[codes[index]]
        self._kept()

    def _drop_unsold(self) -> None:
        # A new price list may no longer sell what is already in the basket.
        unsold = [code for code in self._now.basket if not self._shop.takes(code)]
        if unsold and self._now.state is State.BASKET:
            for code in unsold:
                del self._now.basket[code]
            self._now.hint = "unknown_code"
            self._save()

    def _kept(self) -> None:
        """Save what is left in the basket; an empty one is no checkout."""
        self._save()
        if not self._now.basket:
            self._go(Event.EMPTY)
            self._finish()

    def _cancel(self) -> None:
        # Money that is on its way is waited for, whatever a finger wants.
        if ruling(self._now.state, Event.CANCEL) is not Ruling.MOVES or (self._now.state is State.CODE and self._leave_code()):
            return
        self._go(Event.CANCEL)
        self._finish()

    # --- money --------------------------------------------------------------------------------------------------------------------

    def _ask(self, payer: Payer, event: Event) -> None:
        if ruling(self._now.state, event) is not Ruling.MOVES:
            return
        if payer.tender in ("wallet_qr", "wallet_pin"):
            self._price(member=True)
        self._now.pending = self._cashier.request(self._now.priced, payer)
        self._go(event)

    def _authorise(self) -> None:
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
            with self._parts.store.snapshot() as unit:
                if conclusion.sale.member_id and unit.settings.get(f"enrol_again.{conclusion.sale.member_id}"):
                    self._now.banner = "enrol_again"
            self.on_paid(conclusion.sale, self._now.language)

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

    @property
    def cash_due(self) -> Money | None:
        """What the shopper of the ticket on the screen owes in cash, None when there is no ticket."""
        return self._now.priced.total if self._now.state is State.CASH else None

    def cash_taken(self) -> SaleCompleted | None:
        """Book the sale whose cash staff has taken; None when the ticket is gone."""
        if self._now.state is not State.CASH:
            return None
        sale = self._cashier.take_cash(self._now.priced)
        self._now.sale, self._now.basket = sale, {}
        self._go(Event.CASH_TAKEN)
        self.on_paid(sale, self._now.language)
        return sale

    def open_lines(self) -> tuple[views.LineView, ...]:
        """Return the lines of the open basket, () when there is none."""
        self._drop_unsold()
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

    def stay(self) -> None:
        """Begin the wait for the shopper anew: staff had the screen."""
        self._now.entered_s = self._parts.clock.monotonic()

    # --- state --------------------------------------------------------------------------------------------------------------------

    def _go(self, event: Event) -> None:
        if ruling(self._now.state, event) is Ruling.IGNORED:
            return
        self._now.state = after(self._now.state, event)
        if event in (Event.BACK, Event.NOT_ME, Event.NOT_RECOGNISED, Event.PIN_REFUSED) and self._now.member_id:
            self._now.member_id = ""  # nobody is known any more: members' offers are for members
            self._price()
        self._now.entered_s = self._parts.clock.monotonic()
        self._now.hint = self._now.banner = ""

    def _stayed(self) -> bool:
        """Whether the shopper was being asked if anybody is still there; then the wait begins anew."""
        stays, now = STAYS_S.get(self._now.state), self._parts.clock.monotonic()
        asked = self._now.state in WARNS_S and stays is not None and now - self._now.entered_s >= stays - WARNS_S[self._now.state]
        if asked:
            self._now.entered_s = now
        return asked

    def _expire(self) -> None:
        if self._now.banner and self._parts.clock.monotonic() - self._now.entered_s >= LOST_BANNER_S:
            self._now.banner = ""
        stays = STAYS_S.get(self._now.state)
        if stays is None or self._parts.clock.monotonic() - self._now.entered_s < stays:
            return
        self._go(Event.DONE if self._now.state in (State.PAID, State.CASH) else Event.CANCEL)
        self._finish()

    def _finish(self) -> None:
        self._now = self._fresh()
        self._save()

    def _fresh(self) -> Session:
        return Session(self._default_language, self._parts.clock.monotonic())

    def _save(self) -> None:
        with self._parts.store.unit() as unit:
            unit.basket.save(baskets.pack(self._now.basket).encode() if self._now.basket else None, self._role)

    # --- what a restart finds -----------------------------------------------------------------------------------------------------

    def _resume(self) -> None:
        self._shop.refresh()
        with self._parts.store.snapshot() as unit:
            saved = (unit.basket.load(self._role) or b"").decode("utf-8", "replace")
            sale = unit.sales.get(baskets.paid_sale(saved)) if saved else None
        pending = self._cashier.resume()
        if sale is not None:
            self._now.sale = sale
            self._go(Event.PAID_BEFORE)
            return
        self._restore(saved)
        if pending is not None:
            self._now.state, self._now.pending = State.IDLE, pending
            self._go(Event.OPEN_PAYMENT)

    def _restore(self, saved: str) -> None:
        try:
            kept = baskets.unpack(saved)
        except InvalidValueError:
            log.warning("the basket that a restart left open cannot be read; it is given up")
            self._now.banner = "basket_lost"
            return
        self._now.basket = {code: pieces for code, pieces in kept.items() if self._shop.takes(code)}
        if self._now.basket:
            self._go(Event.START)
            self._now.hint = "restored" if len(self._now.basket) == len(kept) else "unknown_code"
        elif kept:
            self._now.banner = "basket_lost"
