"""A checkout as screens: pure functions of the session and of what the device knows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kiosk.design.offers import code_note, offer_notes
from kiosk.design.words import say
from kiosk.domain.checkout import State
from kiosk.domain.events import SaleCompleted
from kiosk.domain.frame import Frame
from kiosk.domain.money import Money
from kiosk.domain.pricing import Quote
from kiosk.domain.receipt import excerpt
from kiosk.flows.cashier import Pending
from kiosk.flows.identify import Digits, FaceSearch
from kiosk.flows.parts import Parts, Shop, status
from kiosk.flows.pin import NUMBER_DIGITS, PIN_DIGITS, OnlinePin, PinPad
from kiosk.flows.printing import receipt_address
from kiosk.ui import views

STAYS_S = {State.BASKET: 60.0, State.AGE: 180.0, State.TENDER: 45.0, State.DIGITS: 45.0, State.NUMBER: 45.0, State.PIN: 45.0,
           State.CONFIRM: 30.0, State.QR: 40.0, State.REFUSED: 30.0, State.CASH: 60.0, State.PAID: 8.0}
"""How long a screen waits for a finger before it gives up."""
WARNS_S = {State.BASKET: 15.0, State.AGE: 15.0, State.TENDER: 12.0, State.DIGITS: 12.0, State.NUMBER: 12.0, State.PIN: 12.0,
           State.CONFIRM: 10.0, State.QR: 12.0, State.REFUSED: 12.0, State.CASH: 15.0}
"""How long before that it asks whether anybody is still there; only where a basket would be lost, or a ticket with it."""

_UNKNOWN = ("not_recognised", "several_people", "no_face", "pin_refused")
"""Why nobody was recognised; then number and PIN are offered, to members and strangers alike."""


@dataclass(slots=True)
class Session:
    """One checkout, from the first touch to the last. entered_s: when its present state began, monotonic seconds.

    pin_known: whether a number and a PIN can be shown to HQ from here; without the key that kiosks share they can not.
    """

    language: str
    entered_s: float
    pad: Digits | None = None
    state: State = State.IDLE
    basket: dict[str, int] = field(default_factory=dict)
    quote: Quote | None = None
    search: FaceSearch | None = None
    pending: Pending | None = None
    code: str = ""
    code_left_s: float = 0.0
    sale: SaleCompleted | None = None
    member_id: str = ""
    pin: PinPad | None = None
    online: OnlinePin | None = None
    pin_known: bool = False
    reason: str = ""
    ticket: str = ""
    hint: str = ""
    banner: str = ""
    age_proven: int = 0

    @property
    def digits(self) -> Digits:
        """What was typed on the digits' pad; every state from DIGITS to CONFIRM has one."""
        if self.pad is None:
            raise LookupError(f"a checkout in state {self.state} has no digits")
        return self.pad

    @property
    def priced(self) -> Quote:
        """The quote that the shopper agreed to pay; every state after TENDER has one."""
        if self.quote is None:
            raise LookupError(f"a checkout in state {self.state} has no quote")
        return self.quote


@dataclass(frozen=True, slots=True)
class _Now:
    session: Session
    parts: Parts
    shop: Shop
    frame: Frame | None
    status: views.Status
    time_s: float


def view(session: Session, parts: Parts, shop: Shop, frame: Frame | None = None) -> views.View:
    """Return the screen of a checkout as it stands. frame: what the camera sees."""
    told = status(parts, shop, session.language)
    told = replace(told, banner=session.banner or told.banner)
    now = _Now(session, parts, shop, frame, told, parts.clock.monotonic())
    left_s = STAYS_S.get(session.state, math.inf) - (now.time_s - session.entered_s)
    if left_s <= WARNS_S.get(session.state, 0.0):
        return views.PayStillThere(now.status, max(1, math.ceil(left_s)))
    return _VIEWS[session.state](now)


def line_views(quoted: Quote, session: Session, shop: Shop) -> tuple[views.LineView, ...]:
    """Return the lines of a basket in the order of scanning, coupons among them, each with what explains its price."""
    language = session.language
    goods = {line.code: line for line in quoted.lines}
    found = []
    for code in session.basket:
        line = goods.get(code)
        if line is None:
            found.append(views.LineView(code_note(code, quoted, shop.prices, language), 1, None, picture="coupon"))
        else:
            notes = offer_notes(line, language)
            found.append(views.LineView(line.product.name(language), line.quantity, line.amount, " · ".join(notes), line.product.picture))
    if quoted.deposits:
        count = sum(d.quantity for d in quoted.deposits)
        total = sum((d.amount for d in quoted.deposits), Money(0, quoted.total.currency))
        found.append(views.LineView(say("pay.deposits", language), count, total, "", "deposit", fixed=True))
    return tuple(found)


def _basket(now: _Now) -> views.View:
    session, priced = now.session, now.shop.quote(now.session.basket)
    if priced is None:
        return views.PayAttract(now.status, now.time_s)
    lines = line_views(priced, session, now.shop)
    return views.PayBasket(now.status, lines, priced.total, priced.saved if priced.saved.minor else None, session.hint)


def _tender(now: _Now) -> views.View:
    face = not now.status.camera_lost
    return views.PayTender(now.status, now.session.priced.total, face=face, qr=_takes_codes(now), codes=now.shop.codes)


def _takes_codes(now: _Now) -> bool:
    return not (now.status.camera_lost or now.status.offline)


def takes_pin(session: Session, parts: Parts, shop: Shop) -> bool:
    """Return whether number and PIN may pay: when a face was not recognised, whosever it is, while HQ is there to judge them and can."""
    told = status(parts, shop, session.language)
    return session.reason in _UNKNOWN and session.pin_known and parts.settings.members.mode != "card" and not told.offline


def _number(now: _Now) -> views.View:
    pad = now.session.online or OnlinePin()
    if pad.asks_number:
        return views.PayDigits(now.status, len(pad.number), NUMBER_DIGITS)
    if pad.checking:
        return views.PayWaiting(now.status, "checking", now.time_s)
    return views.PayPin(now.status, len(pad.entered), PIN_DIGITS, pays=now.session.priced.total)


def _refused(now: _Now) -> views.View:
    return views.PayRefused(now.status, now.session.reason, _takes_codes(now), takes_pin(now.session, now.parts, now.shop))


def _digits(now: _Now) -> views.View:
    if now.parts.settings.members.mode == "card":
        return views.PayQr(now.status, now.session.priced.total, now.frame.pixels if now.frame else None, now.time_s, card=True)
    digits = now.session.digits
    return views.PayDigits(now.status, digits.shown, digits.wanted, bool(digits.suffix))


def _face(now: _Now) -> views.View:
    frame, search = now.frame, now.session.search
    look = search.look if search else None
    seen = views.PayFace(now.status, frame.pixels if frame else None, look.box if look else None, search.progress if search else 0.0,
                         look.hint if look else "look_here", now.time_s)
    return replace(seen, asked=search.asked, ring=search.ring) if search else seen


def _pin(now: _Now) -> views.View:
    pad = now.session.pin
    if pad is not None and pad.checking:
        return views.PayWaiting(now.status, "checking", now.time_s)
    return views.PayPin(now.status, len(pad.entered) if pad else 0, PIN_DIGITS, wrong=pad is not None and pad.wrong)


def _confirm(now: _Now) -> views.View:
    session = now.session
    who = session.digits.suffix[-2:] or session.member_id[-2:]
    return views.PayConfirm(now.status, session.priced.total, f"•• {who}", session.priced.pieces)


def _qr(now: _Now) -> views.View:
    frame = now.frame
    return views.PayQr(now.status, now.session.priced.total, frame.pixels if frame else None, now.time_s)


def _code(now: _Now) -> views.View:
    session = now.session
    tender = session.pending.draft.tender if session.pending else ""
    return views.PayCode(now.status, session.priced.total, tender, session.code, math.ceil(session.code_left_s), now.time_s)


def _paid(now: _Now) -> views.View:
    sale = now.session.sale
    if sale is None:
        raise LookupError("a paid checkout has no sale")
    qr = receipt_address(now.parts, sale) or f"{sale.receipt} {sale.total_minor} {sale.currency}"
    since_s = now.time_s - now.session.entered_s
    left = max(0, round(STAYS_S[State.PAID] - since_s))
    return views.PayPaid(now.status, Money(sale.total_minor, sale.currency), sale.receipt, qr, sale.offline, left, since_s,
                         excerpt(sale.seal))


_VIEWS: dict[State, Callable[[_Now], views.View]] = {
    State.IDLE: lambda now: views.PayAttract(now.status, now.time_s),
    State.BASKET: _basket,
    State.AGE: lambda now: views.PayAge(now.status, now.session.priced.min_age, now.time_s),
    State.TENDER: _tender,
    State.DIGITS: _digits,
    State.FACE: _face,
    State.NUMBER: _number,
    State.PIN: _pin,
    State.CONFIRM: _confirm,
    State.QR: _qr,
    State.CODE: _code,
    State.AUTHORISING: lambda now: views.PayWaiting(now.status, "authorising", now.time_s),
    State.CHECKING: lambda now: views.PayWaiting(now.status, "checking", now.time_s),
    State.PAID: _paid,
    State.REFUSED: _refused,
    State.CASH: lambda now: views.PayCash(now.status, now.session.priced.total, now.session.ticket),
}
