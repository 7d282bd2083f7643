"""Sales, stock and replenishment requests."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kiosk.domain.events import FacingSeen, ReplenishmentRequested, SaleCompleted, SaleLine, StockChanged
from kiosk.hq.ledger.accounts import listed
from kiosk.hq.ledger.store import Db, Row, insert_all
from kiosk.wire import encode_value


class Origin(NamedTuple):
    """Where a fact comes from and when: the device and its store, the epoch and number, wall time there and arrival here.

    A tuple, for one is made of every fact.
    """

    device: str
    store: str
    epoch: str
    seq: int
    time_ms: int
    at_ms: int


def known_sale(db: Db, sale_id: str, intent_id: str) -> tuple[bool, bool]:
    """Return whether a sale with this id stands in the books, and whether one with another id but the same intent does."""
    rows = db.execute("SELECT sale_id FROM sales WHERE sale_id = ? OR (intent_id = ? AND intent_id != '')", (sale_id, intent_id)).fetchall()
    return any(r[0] == sale_id for r in rows), any(r[0] != sale_id for r in rows)


def standing(db: Db, sale_ids: Collection[str], intent_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Return which of these sales stand in the books, and which of these intents have paid for a sale."""
    by_id = db.execute("SELECT sale_id FROM sales WHERE sale_id IN (SELECT value FROM json_each(?))", (listed(sale_ids),))
    by_intent = db.execute("SELECT intent_id FROM sales WHERE intent_id IN (SELECT value FROM json_each(?)) AND intent_id != ''",
                           (listed(intent_ids),))
    return {r[0] for r in by_id}, {r[0] for r in by_intent}


def add_sales(db: Db, sold: Sequence[tuple[SaleCompleted, str, Origin]]) -> None:
    """Write sales and their lines down: (sale, member, origin)."""
    insert_all(db, "INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               [(sale.sale_id, origin.device, origin.store, sale.receipt, sale.intent_id, sale.total_minor, sale.currency, sale.tender,
                 member_id, sale.offline, sale.pricelist_version, sale.policy_version, origin.time_ms, origin.at_ms)
                for sale, member_id, origin in sold])
    rows = [_line(sale.sale_id, n, line) for sale, _member, _origin in sold for n, line in enumerate(sale.lines)]
    insert_all(db, "INSERT INTO sale_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _line(sale_id: str, n: int, line: SaleLine) -> tuple[str, int, str, int, int, int, int, int, str]:
    return (sale_id, n, line.gtin, line.quantity, line.unit_minor, line.discount_minor, line.amount_minor, line.vat_permille,
            line.promotion)


def sale(db: Db, sale_id: str) -> Row | None:
    """Return one sale."""
    row: Row | None = db.execute("SELECT * FROM sales WHERE sale_id = ?", (sale_id,)).fetchone()
    return row


def sales(db: Db, limit: int = 50) -> list[Row]:
    """Return the newest sales with the count of their pieces."""
    return db.execute("SELECT s.*, (SELECT sum(quantity) FROM sale_lines l WHERE l.sale_id = s.sale_id) pieces FROM sales s"
                      " ORDER BY s.rowid DESC LIMIT ?", (limit,)).fetchall()


def postings(db: Db) -> dict[str, int]:
    """Return sale id -> how often its money was moved: once, unless HQ is broken."""
    return {row[0]: row[1] for row in db.execute("SELECT sale_id, count(*) FROM transfers WHERE kind = 'sale' GROUP BY sale_id")}


def lines(db: Db, sale_ids: Sequence[str]) -> dict[str, list[Row]]:
    """Return sale id -> its lines."""
    found: dict[str, list[Row]] = {sale_id: [] for sale_id in sale_ids}
    marks = ",".join("?" * len(sale_ids))
    for row in db.execute(f"SELECT l.*, p.name_fr, p.name_en, p.name_zh FROM sale_lines l LEFT JOIN products p ON p.gtin = l.gtin"
                          f" WHERE l.sale_id IN ({marks}) ORDER BY l.sale_id, l.n", tuple(sale_ids)):
        found[row["sale_id"]].append(row)
    return found


def totals(db: Db, since_ms: int) -> list[Row]:
    """Return sales and turnover since a moment by store, tender and currency."""
    return db.execute("SELECT s.store, t.name store_name, s.tender, s.currency, count(*) sales, sum(s.total_minor) total_minor FROM sales s"
                      " LEFT JOIN stores t ON t.id = s.store WHERE s.time_ms >= ? GROUP BY 1, 3, 4 ORDER BY 1, 3", (since_ms,)).fetchall()


def days(db: Db, days_ms: Sequence[tuple[int, int]]) -> list[Row]:
    """Return sales and turnover by store, day (milliseconds of its begin) and currency. days_ms: begin and end of each day asked for."""
    return db.execute("SELECT s.store, json_extract(d.value, '$[0]') day_ms, s.currency, count(*) sales, sum(s.total_minor) total_minor"
                      " FROM json_each(?) d JOIN sales s ON s.time_ms >= json_extract(d.value, '$[0]')"
                      " AND s.time_ms < json_extract(d.value, '$[1]') GROUP BY 1, 2, 3 ORDER BY 2 DESC, 1",
                      (json.dumps(days_ms),)).fetchall()


def by_device(db: Db) -> list[Row]:
    """Return sales and turnover of each device over all time."""
    return db.execute("SELECT device, count(*) sales, sum(total_minor) total_minor FROM sales GROUP BY 1 ORDER BY 1").fetchall()


StockMove = tuple[str, str, str, int, str, int, int, int]
"""(device, slot, gtin, on_hand, epoch, seq, at_ms, pieces that arrived of what is on order)"""


_NEWER = ("CASE WHEN {0}.epoch = excluded.epoch THEN seq < excluded.seq ELSE {0}.epoch = '' OR"
          " (SELECT {0}.epoch != d.epoch OR excluded.epoch LIKE d.epoch || '#%' FROM devices d WHERE d.id = excluded.device) END")
"""Whether a fact is news for a row. Of one epoch its number says so; what the present card told, no former one changes (a branch may)."""


def stock_move(change: StockChanged, origin: Origin, before: StockMove | None) -> StockMove:
    """Return what a fact and the one before it in the same slot and epoch come to; of an older one only what arrived counts."""
    arrived = max(0, change.delta) if change.reason == "refill" else 0
    if before is not None:
        arrived += before[7]
        if before[5] > origin.seq:
            return (*before[:7], arrived)
    return origin.device, change.slot, change.gtin, change.on_hand, origin.epoch, origin.seq, origin.at_ms, arrived


def move_stock(db: Db, moves: Collection[StockMove]) -> None:
    """Write down what lies in slots, where it is news. A refill takes from what is on order, however late it comes."""
    db.executemany("UPDATE stock SET on_order = max(0, on_order - ?) WHERE device = ? AND slot = ?",
                   [(move[7], *move[:2]) for move in moves if move[7]])
    db.executemany(
        "INSERT INTO stock (device, slot, gtin, on_hand, epoch, seq, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (device, slot) DO UPDATE SET gtin = excluded.gtin, on_hand = excluded.on_hand, epoch = excluded.epoch,"
        f" seq = excluded.seq, at_ms = excluded.at_ms WHERE {_NEWER.format('stock')}", [move[:7] for move in moves])


def see_facing(db: Db, seen: FacingSeen, origin: Origin) -> None:
    """Write down what a shelf camera believes of a slot, where it is news."""
    db.execute("INSERT INTO facings (device, slot, fill, state, epoch, seq, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
               " ON CONFLICT (device, slot) DO UPDATE SET fill = excluded.fill, state = excluded.state, epoch = excluded.epoch,"
               f" seq = excluded.seq, at_ms = excluded.at_ms WHERE {_NEWER.format('facings')}",
               (origin.device, seen.slot, seen.fill, seen.state, origin.epoch, origin.seq, origin.at_ms))


def facings(db: Db) -> dict[tuple[str, str], Row]:
    """Return (device, slot) -> what its camera believes: fill 0..1, state, at_ms."""
    return {(row["device"], row["slot"]): row for row in db.execute("SELECT * FROM facings")}


def add_on_order(db: Db, device: str, slot: str, gtin: str, quantity: int) -> None:
    """Add pieces that are on their way to a slot."""
    db.execute("INSERT INTO stock (device, slot, gtin, on_hand, on_order) VALUES (?, ?, ?, 0, ?)"
               " ON CONFLICT (device, slot) DO UPDATE SET on_order = on_order + excluded.on_order", (device, slot, gtin, quantity))


def stock(db: Db) -> dict[tuple[str, str], Row]:
    """Return (device, slot) -> what lies there."""
    return {(r["device"], r["slot"]): r for r in db.execute("SELECT * FROM stock")}


def add_request(db: Db, asked: ReplenishmentRequested, origin: Origin) -> None:
    """Put a request into the queue; one that still waits for the same slot is superseded (its device forgot it).

    What a former card asked, and only now is heard of, gives way to what the present one asks.
    """
    late = db.execute("SELECT 1 FROM requests r JOIN devices d ON d.id = r.device WHERE r.device = ? AND r.slot = ? AND r.state = 'open'"
                      " AND r.epoch = d.epoch AND ? != d.epoch AND ? NOT LIKE d.epoch || '#%'",
                      (origin.device, asked.slot, origin.epoch, origin.epoch)).fetchone() is not None
    if not late:
        db.execute("UPDATE requests SET state = 'superseded' WHERE device = ? AND slot = ? AND state = 'open' AND request_id != ?",
                   (origin.device, asked.slot, asked.request_id))
    db.execute("INSERT OR IGNORE INTO requests"
               " (request_id, device, epoch, slot, gtin, quantity, on_hand, reorder_point, at_ms, reason, state)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (asked.request_id, origin.device, origin.epoch, asked.slot, asked.gtin, asked.quantity, asked.on_hand, asked.reorder_point,
                origin.at_ms, encode_value(asked.reason), "superseded" if late else "open"))


def request(db: Db, request_id: str) -> Row | None:
    """Return one request."""
    row: Row | None = db.execute("SELECT * FROM requests WHERE request_id = ?", (request_id,)).fetchone()
    return row


def requests(db: Db, states: Sequence[str], limit: int = 100) -> list[Row]:
    """Return requests in one of `states` with the product's names, oldest first."""
    marks = ",".join("?" * len(states))
    return db.execute(f"SELECT r.*, p.name_fr, p.name_en, p.name_zh, p.picture FROM requests r LEFT JOIN products p ON p.gtin = r.gtin"
                      f" WHERE r.state IN ({marks}) ORDER BY r.at_ms, r.request_id LIMIT ?", (*states, limit)).fetchall()


def answered(db: Db, limit: int = 12) -> list[Row]:
    """Return the requests that were answered last."""
    return db.execute("SELECT r.*, p.name_fr, p.name_en, p.name_zh, p.picture FROM requests r LEFT JOIN products p ON p.gtin = r.gtin"
                      " WHERE r.state IN ('approved', 'rejected') ORDER BY r.decided_ms DESC LIMIT ?", (limit,)).fetchall()


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on a request. state: approved | rejected | open (taken back)."""

    request_id: str
    state: str
    quantity: int
    who: str
    decided_ms: int
    send_ms: int


def decide(db: Db, decision: Decision) -> None:
    """Write a decision down; it is sent at `send_ms`."""
    db.execute("UPDATE requests SET state = ?, answer = ?, who = ?, decided_ms = ?, send_ms = ? WHERE request_id = ?",
               (decision.state, decision.quantity, decision.who, decision.decided_ms, decision.send_ms, decision.request_id))


def due(db: Db, now_ms: int) -> list[Row]:
    """Return decided requests whose answer is to be sent now."""
    return db.execute("SELECT * FROM requests WHERE state IN ('approved', 'rejected') AND send_ms <= ?", (now_ms,)).fetchall()


def mark_sent(db: Db, request_id: str) -> None:
    """Note that the answer is in the downbox."""
    db.execute("UPDATE requests SET send_ms = NULL WHERE request_id = ?", (request_id,))


def waiting(db: Db, before_ms: int) -> list[Row]:
    """Return requests that have waited since before a moment."""
    return db.execute("SELECT * FROM requests WHERE state = 'open' AND at_ms <= ?", (before_ms,)).fetchall()
