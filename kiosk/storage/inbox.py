"""What HQ told this device: each order is applied once, in the transaction that notes it, and reported with InboxCommitted."""

from __future__ import annotations

from kiosk.domain.catalog import Planogram
from kiosk.domain.events import InboxCommitted, Lane
from kiosk.domain.orders import (
    CertificateIssued,
    CommandOrdered,
    MemberErasureOrdered,
    Order,
    PaymentAnswered,
    PaymentCode,
    RefundGiven,
    ReplenishmentAnswered,
    TrustAnnounced,
)
from kiosk.storage.book import Book
from kiosk.storage.journal import Journal
from kiosk.storage.outbox import Facts
from kiosk.storage.places import whole
from kiosk.storage.refunds import Refunds
from kiosk.storage.settings import Planograms
from kiosk.storage.shelf import Requests
from kiosk.storage.till import Intents, Sales
from kiosk.wire import ORDER_KINDS, OrderMessage, decode_value, encode_value, order_kind

REMEMBERED = 2000
"""So many ids of orders are kept, to know one again that comes under another number."""
QUARANTINED = 200
QUARANTINE_BYTES = 4096


class Erasures:
    """Members to be erased, queued for the service that owns the vault."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, member_id: str) -> None:
        """Queue a member; queued twice is queued once."""
        self._book.db.execute("INSERT OR IGNORE INTO erasures VALUES (?)", (member_id,))

    def queued(self) -> list[str]:
        """Return the members that wait to be erased."""
        return [row[0] for row in self._book.db.execute("SELECT member_id FROM erasures ORDER BY member_id")]

    def done(self, member_id: str) -> None:
        """Take a member off the queue: the vault has destroyed the key."""
        self._book.db.execute("DELETE FROM erasures WHERE member_id = ?", (member_id,))


class VaultOrders:
    """What HQ told this device about members, queued for the service that owns the vault: sealed templates too, which nobody else opens."""

    _table = "vault_orders"

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, order: Order) -> None:
        """Queue an order."""
        self._book.db.execute(f"INSERT INTO {self._table} (kind, body) VALUES (?, ?)", (order_kind(order), encode_value(order)))

    def queued(self, limit: int = 20) -> list[tuple[int, Order]]:
        """Return the oldest orders that wait, with their numbers."""
        rows = self._book.db.execute(f"SELECT n, kind, body FROM {self._table} ORDER BY n LIMIT ?", (limit,))
        return [(n, decode_value(body, ORDER_KINDS[kind])) for n, kind, body in rows]

    def done(self, n: int) -> None:
        """Take an order off the queue."""
        self._book.db.execute(f"DELETE FROM {self._table} WHERE n = ?", (n,))


class DeviceOrders(VaultOrders):
    """What HQ told this device about itself (certificate, roots, commands), queued for the sync process."""

    _table = "device_orders"


class Inbox:
    """Orders from HQ's downbox, numbered per box."""

    def __init__(self, book: Book, facts: Facts, journal: Journal) -> None:
        self._book, self._facts, self._journal = book, facts, journal
        self._intents, self._requests = Intents(book), Requests(book)
        self._planograms, self._erasures, self._vault_orders = Planograms(book), Erasures(book), VaultOrders(book)
        self._device_orders = DeviceOrders(book)
        self._sales, self._refunds = Sales(book), Refunds(book)

    def commit(self, message: OrderMessage) -> bool:
        """Apply an order and note it; False when it was applied before, under this number or another.

        Orders do not wait for each other: only the mark that HQ hears of waits until HQ has sent again what is missing before it.
        """
        book = self._book
        box, seq = message.downbox, message.seq
        book.db.execute("INSERT OR IGNORE INTO downboxes (downbox) VALUES (?)", (box,))
        mark = self.mark(box)
        if seq <= mark or book.number("SELECT count(*) FROM inbox WHERE downbox = ? AND seq = ?", box, seq):
            self._say_again(box, mark)
            return False
        known = book.number("SELECT count(*) FROM inbox WHERE id = ?", message.id) > 0
        book.db.execute("INSERT INTO inbox (downbox, seq, id, kind) VALUES (?, ?, ?, ?)", (box, seq, message.id, order_kind(message.order)))
        if not known:
            self._apply(message.order)
        self._advance(box, mark)
        return not known

    def mark(self, downbox: str) -> int:
        """Return the number up to which every order of this box is committed."""
        return self._book.number("SELECT committed FROM downboxes WHERE downbox = ?", downbox)

    def _apply(self, order: Order) -> None:
        if isinstance(order, PaymentAnswered):
            self._intents.answer(order)
        elif isinstance(order, PaymentCode):
            self._intents.keep_code(order)
        elif isinstance(order, Planogram):
            if self._planograms.put(order):
                self._journal.installed(order)
        elif isinstance(order, MemberErasureOrdered):
            self._erasures.add(order.member_id)
        elif isinstance(order, CertificateIssued | TrustAnnounced | CommandOrdered):
            self._device_orders.add(order)
        elif isinstance(order, RefundGiven):
            self._hear(order)
        elif isinstance(order, ReplenishmentAnswered):
            self._requests.answer(order)
        else:
            self._vault_orders.add(order)

    def _hear(self, refund: RefundGiven) -> None:
        """A card that does not know the sale has nothing to give back, and nothing to note."""
        sale = self._sales.get(refund.sale_id)
        if sale is not None and self._refunds.hear(refund, sale):
            self._journal.heard(refund, sale.receipt)

    def _advance(self, box: str, mark: int) -> None:
        book = self._book
        reached = mark
        for (seq,) in book.db.execute("SELECT seq FROM inbox WHERE downbox = ? AND seq > ? ORDER BY seq", (box, mark)):
            if seq != reached + 1:
                break
            reached = seq
        if reached == mark:
            return
        book.db.execute("UPDATE downboxes SET committed = ? WHERE downbox = ?", (reached, box))
        book.db.execute("DELETE FROM inbox WHERE n <= (SELECT max(n) FROM inbox) - ? AND seq <= ? AND downbox = ?",
                        (REMEMBERED, reached, box))
        self._facts.record(InboxCommitted(box, reached))

    def _say_again(self, box: str, mark: int) -> None:
        """HQ sends an order again that is committed: tell it again, unless the telling is still on its way."""
        waiting = "SELECT count(*) FROM outbox WHERE n BETWEEN ? AND ? AND kind = ? AND slot = ?"
        if mark and not self._book.number(waiting, *whole(Lane.STOCK), InboxCommitted.__name__, box):
            self._facts.record(InboxCommitted(box, mark))


class Quarantine:
    """What came and could not be read or believed: counted for ever, the latest kept to be looked at."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, source: str, reason: str, payload: bytes) -> None:
        """Keep the first 4096 bytes of a payload, and the latest 200 of them."""
        db = self._book.db
        db.execute("INSERT INTO quarantine (source, reason, payload) VALUES (?, ?, ?)",
                   (source[:256], reason[:256], payload[:QUARANTINE_BYTES]))
        db.execute("DELETE FROM quarantine WHERE n <= (SELECT max(n) FROM quarantine) - ?", (QUARANTINED,))
        self._book.tally("quarantined")

    def count(self) -> int:
        """Return how many were ever put here."""
        return self._book.number("SELECT n FROM tallies WHERE name = 'quarantined'")
