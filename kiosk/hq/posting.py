"""What each fact changes at HQ. Every function runs inside the transaction that keeps the fact; what it raises sets that fact aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk.domain import events, online, online_pin, standing
from kiosk.domain.catalog import CODE_TENDERS
from kiosk.domain.journal import PERIODS
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import asking, commands, downbox, journals, members, pins, refunds, replenishment, wallet
from kiosk.hq.ledger import accounts, charges, clocks, facts, fleet, home, receipts, supply, trade, trust
from kiosk.hq.ledger import journals as journal_heads
from kiosk.hq.ledger.members import Place
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp
from kiosk.wire import Envelope, encode_value

LARGEST = 10**12
"""No amount of money comes near it, in minor units, and millions of them can be added up in 64 bits."""
MOST_PIECES = 1_000_000
REQUEST_LETTERS = 4096
UNKNOWN = "member:"
TENDERS = ("wallet_face", "wallet_qr", pins.TENDER, "cash_desk", *CODE_TENDERS)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What many facts of one transaction change together, written down once.

    By (device, slot, epoch), slot and day, (device, outcome), device.
    sales wait here too, as (sale, origin) in order; `promised` are their ids, intents and members (UNKNOWN: of a member that only the
    books tell). Whatever asks about one of these, or might, has them booked first: see `post`. receipts: what is kept of each, by sale.
    keys: device -> the key that has signed its journals so far. offsets: (device, boot) -> by how much its times are too early; unset:
    facts whose time was not known, with their stream and that offset.
    """

    stock: dict[tuple[str, str, str], trade.StockMove] = field(default_factory=dict)
    demand: dict[supply.DemandKey, supply.Demand] = field(default_factory=dict)
    judged: dict[tuple[str, str], int] = field(default_factory=dict)
    health: dict[str, events.DeviceHealth] = field(default_factory=dict)
    sales: list[tuple[events.SaleCompleted, trade.Origin]] = field(default_factory=list)
    promised: set[str] = field(default_factory=set)
    receipts: dict[str, receipts.ReceiptRow] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    offsets: dict[tuple[str, str], int] = field(default_factory=dict)
    unset: list[tuple[Envelope, int, int]] = field(default_factory=list)

    def clear(self) -> None:
        """Forget it all."""
        for part in (self.stock, self.demand, self.judged, self.health, self.sales, self.promised, self.receipts, self.keys, self.offsets,
                     self.unset):
            part.clear()


@dataclass(frozen=True, slots=True)
class Books:
    """What a fact is booked with: the transaction, its moment, and the credit that a new member is welcomed with.

    The currency of that credit is the one that all kiosks of this HQ sell in; facts in another one are refused.
    """

    db: Db
    stamp: Stamp
    welcome: Money
    gathered: Gathered = field(default_factory=Gathered)

    def book_sales(self) -> None:
        """Book the sales that were gathered; raises a KioskError when one of them cannot be."""
        sold, rows = self.gathered.sales, self.gathered.receipts
        if sold:
            booked = wallet.settle_all(self.db, sold)
            receipts.keep(self.db, [rows[sale.sale_id] for sale in booked])
            if len(booked) < len(sold):
                facts.count(self.db, "resent", len(sold) - len(booked))
            sold.clear()
            rows.clear()
            self.gathered.promised.clear()

    def note_key(self, key: str, device: str) -> None:
        """Alarm when a device signs with another key than before."""
        keys = self.gathered.keys
        if device not in keys:
            keys[device] = journal_heads.known_key(self.db, device)
        if keys[device] not in ("", key):
            journals.alarm_key(self.db, key, device, self.stamp.at_ms)

    def offset_ms(self, fact: Envelope) -> int:
        """Return by how much a fact's time is too early, 0 where that is not known."""
        if fact.clock_set:
            return 0
        offsets, boot = self.gathered.offsets, (fact.device, fact.boot_id)
        if boot not in offsets:
            offsets[boot] = clocks.offset_ms(self.db, *boot)
        return offsets[boot]

    def write_unset(self) -> None:
        """Write down which facts were made before their time was known."""
        clocks.note_unset(self.db, self.gathered.unset)
        self.gathered.unset.clear()

    def write_gathered(self) -> None:
        """Write down what was gathered; raises a KioskError when the tables refuse it."""
        gathered = self.gathered
        self.book_sales()
        self.write_unset()
        trade.move_stock(self.db, gathered.stock.values())
        supply.note_demand(self.db, gathered.demand)
        for (device, outcome), more in gathered.judged.items():
            fleet.count_identity(self.db, device, outcome, more)
        for device, health in gathered.health.items():
            fleet.set_health(self.db, device, health)
        gathered.clear()


def kept(fact: Envelope) -> bytes:
    """Return what HQ keeps of a fact: its event as it came, but for a sealed template, which is forwarded, what a PIN is judged by, and the
    address of an order.
    """
    event = fact.event
    if isinstance(event, online_pin.PinLodged):
        return encode_value(replace(event, mark="", proof=""))
    if isinstance(event, events.PaymentRequested) and event.tender == pins.TENDER:
        return encode_value(replace(event, member_code=""))
    if isinstance(event, online.OrderPlaced):
        return encode_value(replace(event, address=None))
    return encode_value(replace(event, sealed="")) if isinstance(event, events.TemplateSealed) else fact.raw


def post(books: Books, envelope: Envelope, origin: trade.Origin, stream: int) -> None:
    """Book one fact that is new, of this stream. Raises a KioskError when it cannot be booked."""
    event = envelope.event
    kind = type(event)
    posting = _POSTINGS.get(kind)
    if posting is not None:
        if books.gathered.sales and kind not in _NO_MONEY and _depends(books.gathered.promised, event):
            books.book_sales()
        posting(books, event, origin)
        if isinstance(event, events.SaleCompleted):
            _note_receipt(books, envelope, event, stream)
    if not envelope.clock_set:
        books.gathered.unset.append((envelope, stream, books.offset_ms(envelope)))


def _depends(promised: set[str], event: events.Event) -> bool:
    """Whether what a fact does may hang on a sale that is gathered and not booked yet."""
    if isinstance(event, events.SaleCompleted):
        return event.sale_id in promised or event.intent_id in promised
    if isinstance(event, events.PaymentRequested):
        known = event.tender == "wallet_face" and event.member_id and UNKNOWN not in promised
        return not known or event.intent_id in promised or accounts.member_account(event.member_id) in promised
    return not isinstance(event, events.PaymentCancelled) or event.intent_id in promised


def _sale(books: Books, sale: events.SaleCompleted, origin: trade.Origin) -> None:
    if not sale.sale_id or sale.tender not in TENDERS or not 0 <= sale.total_minor < LARGEST:
        raise InvalidValueError(f"sale {sale.sale_id!r} of {sale.total_minor} by {sale.tender!r} cannot be")
    for line in sale.lines:
        if not abs(line.quantity) < MOST_PIECES or max(map(abs, (line.unit_minor, line.discount_minor, line.amount_minor))) >= LARGEST:
            raise InvalidValueError(f"sale {sale.sale_id!r} of {line.quantity} {line.gtin!r} for {line.amount_minor} cannot be")
    _our_currency(books, sale.total_minor, sale.currency)
    if sum([line.amount_minor for line in sale.lines]) != sale.total_minor:
        facts.alarm(books.db, "sums", origin.device, sale.sale_id, books.stamp.at_ms)
    books.gathered.sales.append((sale, origin))
    books.gathered.promised.update((sale.sale_id, sale.intent_id or sale.sale_id,
                                    accounts.member_account(sale.member_id) if sale.member_id else UNKNOWN))


def _note_receipt(books: Books, fact: Envelope, sale: events.SaleCompleted, stream: int) -> None:
    """Keep from where the receipt is shown; whether its seal holds is looked at later, what key it names at once."""
    books.gathered.receipts[sale.sale_id] = receipts.row_of(fact, sale, stream)
    if sale.seal is not None:
        books.note_key(sale.seal.key, fact.device)


def _request(books: Books, asked: events.PaymentRequested, origin: trade.Origin) -> None:
    if not asked.intent_id or not 0 <= asked.amount_minor < LARGEST:
        raise InvalidValueError(f"intent {asked.intent_id!r} of {asked.amount_minor} cannot be")
    if asked.tender == pins.TENDER:
        asked = replace(asked, member_id=_pin_payer(books, asked, origin))
    if asked.currency != books.welcome.currency:
        answer: PaymentAnswered | None = PaymentAnswered(asked.intent_id, "declined", "currency")
    elif asking.is_for_a_service(books.db, asked):
        answer = asking.put(books.db, asked, origin, books.stamp.at_ms)
    else:
        answer = wallet.hold(books.db, asked, origin.device, books.stamp.at_ms)
    if answer is not None:
        downbox.put(books.db, origin.device, origin.epoch, answer, books.stamp)


def _pin_payer(books: Books, asked: events.PaymentRequested, origin: trade.Origin) -> str:
    """Return who showed a PIN; one that is asked about again was judged before, and its answer stands."""
    known = accounts.intent(books.db, asked.intent_id) or charges.get(books.db, asked.intent_id)
    return known.member_id if known is not None else pins.payer(books.db, asked, _place(origin), books.stamp)


def _lodge_pin(books: Books, lodged: online_pin.PinLodged, _origin: trade.Origin) -> None:
    pins.lodge(books.db, lodged)


def _refund(books: Books, refunded: events.SaleRefunded, origin: trade.Origin) -> None:
    if not refunded.refund_id or not 0 < refunded.amount_minor < LARGEST:
        raise InvalidValueError(f"refund {refunded.refund_id!r} of {refunded.amount_minor} cannot be")
    _our_currency(books, refunded.amount_minor, refunded.currency)
    if not refunds.give_back(books.db, refunds.told_by(refunded, origin.device), books.stamp):
        facts.count(books.db, "resent", 1)


def _closed(books: Books, closed: events.PeriodClosed, origin: trade.Origin) -> None:
    if closed.period not in PERIODS or not closed.journal:
        raise InvalidValueError(f"closure {closed.name!r} of a {closed.period!r} cannot be")
    journals.check_closure(closed, origin)
    books.note_key(closed.key, origin.device)
    if not receipts.add_closure(books.db, closed, origin):
        facts.count(books.db, "resent", 1)


def _journal(books: Books, told: events.JournalHead, origin: trade.Origin) -> None:
    books.gathered.keys.pop(origin.device, None)
    journals.take(books.db, told, origin)


def _our_currency(books: Books, minor: int, currency: str) -> None:
    if currency != books.welcome.currency:
        raise HqError(f"{minor} {currency}: kiosks of this HQ sell in {books.welcome.currency}")


def _cancel(books: Books, cancelled: events.PaymentCancelled, origin: trade.Origin) -> None:
    if not asking.drop(books.db, cancelled.intent_id, books.stamp.at_ms):
        wallet.release(books.db, cancelled.intent_id, origin.device, books.stamp.at_ms)


def _stock(books: Books, change: events.StockChanged, origin: trade.Origin) -> None:
    if not max(abs(change.delta), abs(change.on_hand)) < MOST_PIECES:
        raise InvalidValueError(f"slot {change.slot!r} with {change.on_hand} pieces after {change.delta} cannot be")
    key, moves = (origin.device, change.slot, origin.epoch), books.gathered.stock
    moves[key] = trade.stock_move(change, origin, moves.get(key))
    day, (sold, empty, closing) = supply.demand_of(change, origin)
    before = books.gathered.demand.get(day, (0, False, 0))
    books.gathered.demand[day] = (before[0] + sold, before[1] or empty, closing)


def _facing(books: Books, seen: events.FacingSeen, origin: trade.Origin) -> None:
    if seen.state not in ("ok", "empty", "unseen") or not 0 <= seen.fill <= 1:
        raise InvalidValueError(f"slot {seen.slot!r} seen {seen.state!r} at {seen.fill} cannot be")
    trade.see_facing(books.db, seen, origin)


def _replenish(books: Books, asked: events.ReplenishmentRequested, origin: trade.Origin) -> None:
    if not asked.request_id or not 0 < asked.quantity < 100_000:
        raise InvalidValueError(f"request {asked.request_id!r} for {asked.quantity} pieces cannot be")
    trade.add_request(books.db, asked, origin)
    replenishment.approve_small(books.db, asked, books.stamp)


def _receive(books: Books, receipt: events.GoodsReceived, origin: trade.Origin) -> None:
    if not receipt.receipt_id or any(not 0 <= line.received < 100_000 or not 0 <= line.expected < 100_000 for line in receipt.lines):
        raise InvalidValueError(f"delivery {receipt.receipt_id!r} cannot be")
    supply.receive(books.db, receipt, origin)


def _place_order(books: Books, placed: online.OrderPlaced, origin: trade.Origin) -> None:
    if not placed.order_id or placed.kind not in online.KINDS or not 0 <= placed.total_minor < LARGEST:
        raise InvalidValueError(f"order {placed.order_id!r} to {placed.kind!r} of {placed.total_minor} cannot be")
    if (placed.address is None) == (placed.kind == "deliver") or any(line.quantity < 1 for line in placed.lines):
        raise InvalidValueError(f"order {placed.order_id!r} to {placed.kind!r} lacks its address or its goods")
    _our_currency(books, placed.total_minor, placed.currency)
    home.add(books.db, placed, origin)


def _enrol(books: Books, member: events.MemberEnrolled, origin: trade.Origin) -> None:
    if not member.member_id:
        raise InvalidValueError("a member without an id cannot be")
    at_ms = books.stamp.at_ms
    row = (member.member_id, origin.device, member.consent_version, member.consent_language, member.templates, at_ms)
    accounts.add_member(books.db, row)
    if members.enrolled(books.db, member, _place(origin), books.stamp):
        wallet.open_member(books.db, member.member_id, books.welcome, at_ms)


def _erase(books: Books, erased: events.MemberErased, origin: trade.Origin) -> None:
    members.erased(books.db, erased, _place(origin), books.stamp)


def _lock(books: Books, locked: events.MemberLocked, origin: trade.Origin) -> None:
    members.locked(books.db, locked, _place(origin), books.stamp)


def _ask_template(books: Books, asked: events.TemplateRequested, origin: trade.Origin) -> None:
    members.requested(books.db, asked, _place(origin), books.stamp)


def _forward_template(books: Books, sealed: events.TemplateSealed, origin: trade.Origin) -> None:
    members.sealed(books.db, sealed, _place(origin), books.stamp)


def _hold_template(books: Books, held: events.TemplateHeld, origin: trade.Origin) -> None:
    members.held(books.db, held, _place(origin), books.stamp)


def _place(origin: trade.Origin) -> Place:
    return Place(origin.device, origin.epoch)


def _health(books: Books, health: events.DeviceHealth, origin: trade.Origin) -> None:
    if not 0 <= health.offline_minor < LARGEST:
        raise InvalidValueError(f"{health.offline_minor} sold offline cannot be")
    books.gathered.health[origin.device] = health


def _identity(books: Books, decided: events.IdentityDecided, origin: trade.Origin) -> None:
    if not decided.outcome.isidentifier():  # it becomes a name in a path of JSON
        raise InvalidValueError(f"a face that was {decided.outcome!r} cannot be")
    key = (origin.device, decided.outcome)
    books.gathered.judged[key] = books.gathered.judged.get(key, 0) + 1


def _inbox(books: Books, inbox: events.InboxCommitted, origin: trade.Origin) -> None:
    fleet.commit_down(books.db, origin.device, inbox.downbox, inbox.down_seq)


def _ask_certificate(books: Books, asked: standing.CertificateRequested, origin: trade.Origin) -> None:
    if len(asked.request) > REQUEST_LETTERS:
        raise InvalidValueError(f"a certificate request of {len(asked.request)} letters cannot be")
    trust.ask(books.db, origin.device, origin.epoch, asked.request)


def _downlink(books: Books, refused: standing.DownlinkRefused, origin: trade.Origin) -> None:
    facts.alarm(books.db, "downlink_refused", origin.device, f"{refused.cause}: {refused.topic} {refused.detail}", books.stamp.at_ms)


def _clock(books: Books, told: standing.ClockSet, origin: trade.Origin) -> None:
    books.write_unset()
    clocks.correct(books.db, origin.device, told)
    books.gathered.offsets.clear()


def _command(books: Books, done: standing.CommandDone, origin: trade.Origin) -> None:
    commands.finished(books.db, origin.device, done, books.stamp)


_POSTINGS: dict[type, Callable[[Books, Any, trade.Origin], None]] = {
    events.SaleCompleted: _sale,
    events.SaleRefunded: _refund,
    events.PeriodClosed: _closed,
    events.JournalHead: _journal,
    events.PaymentRequested: _request,
    events.PaymentCancelled: _cancel,
    events.StockChanged: _stock,
    events.FacingSeen: _facing,
    events.ReplenishmentRequested: _replenish,
    events.GoodsReceived: _receive,
    online.OrderPlaced: _place_order,
    events.MemberEnrolled: _enrol,
    events.MemberErased: _erase,
    events.MemberLocked: _lock,
    online_pin.PinLodged: _lodge_pin,
    events.TemplateRequested: _ask_template,
    events.TemplateSealed: _forward_template,
    events.TemplateHeld: _hold_template,
    events.DeviceHealth: _health,
    events.IdentityDecided: _identity,
    events.InboxCommitted: _inbox,
    standing.CertificateRequested: _ask_certificate,
    standing.DownlinkRefused: _downlink,
    standing.ClockSet: _clock,
    standing.CommandDone: _command,
}
"""StaffActed is kept as it is; Skipped is the business of ingest."""
_NO_MONEY = frozenset({events.StockChanged, events.ReplenishmentRequested, events.GoodsReceived, events.DeviceHealth,
                       events.IdentityDecided, events.InboxCommitted, events.JournalHead})
"""Facts that have no part in the books of money: sales may go on waiting."""
