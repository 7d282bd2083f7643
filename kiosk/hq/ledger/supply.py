"""What HQ knows of goods on their way: supplier orders, deliveries with their differences, demand by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiosk.domain.events import GoodsReceived, StockChanged
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.ledger.trade import Origin

DAY_MS = 86_400_000
DEMAND = frozenset({"pick", "sale", "put_back"})
"""Reasons of a movement that are a shopper's doing."""

DemandKey = tuple[str, str, str, int]
"""(device, slot, gtin, UTC day since 1970)"""
Demand = tuple[int, bool, int]
"""(pieces that shoppers took, whether the slot was seen empty, pieces that lie there now)"""


def setting(db: Db, key: str) -> str | None:
    """Return what was set for replenishment."""
    row = db.execute("SELECT value FROM supply_settings WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def put_setting(db: Db, key: str, value: str) -> None:
    """Write a setting down."""
    db.execute("INSERT OR REPLACE INTO supply_settings VALUES (?, ?)", (key, value))


def demand_of(change: StockChanged, origin: Origin) -> tuple[DemandKey, Demand]:
    """Return what a movement says of its slot's day (UTC): how much shoppers took, whether the slot was seen empty, what lies there now."""
    sold = -change.delta if change.reason in DEMAND else 0
    return (origin.device, change.slot, change.gtin, origin.time_ms // DAY_MS), (sold, change.on_hand <= 0, change.on_hand)


def note_demand(db: Db, noted: Mapping[DemandKey, Demand]) -> None:
    """Add what shoppers took to the slots' days; remember what lies there, and that slots were seen empty on them."""
    db.executemany("INSERT INTO daily_demand VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, slot, gtin, day) DO UPDATE"
                   " SET sold = sold + excluded.sold, empty = max(empty, excluded.empty), closing = excluded.closing",
                   [(*key, *value) for key, value in noted.items()])


def demand(db: Db, device: str, since_day: int) -> list[Row]:
    """Return (slot, gtin, day since 1970, sold, empty, closing) of a device since a day, oldest first; closing None: not known."""
    return db.execute("SELECT slot, gtin, day, max(sold, 0) sold, empty, closing FROM daily_demand WHERE device = ? AND day >= ?"
                      " ORDER BY day", (device, since_day)).fetchall()


def put_demand(db: Db, device: str, slot: str, gtin: str, day: tuple[int, int, int]) -> None:
    """Write down what is known of a day from elsewhere, as (day since 1970, sold, closing): a shop that moves in brings its past."""
    db.execute("INSERT OR REPLACE INTO daily_demand VALUES (?, ?, ?, ?, ?, ?, ?)", (device, slot, gtin, *day[:2], day[2] <= 0, day[2]))


def receive(db: Db, receipt: GoodsReceived, origin: Origin) -> None:
    """Write a delivery down. What came was taken off the order by its refill; what did not come is no longer on order either."""
    for n, line in enumerate(receipt.lines):
        db.execute("INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   (receipt.receipt_id, n, origin.device, line.slot, line.gtin, line.expected, line.received, receipt.who, origin.at_ms))
        db.execute("UPDATE stock SET on_order = max(0, on_order - ?) WHERE device = ? AND slot = ?",
                   (max(0, line.expected - line.received), origin.device, line.slot))


def deliveries(db: Db, limit: int = 12) -> list[Row]:
    """Return the newest lines of deliveries with the product's names."""
    return db.execute("SELECT d.*, p.name_fr, p.name_en, p.name_zh, p.picture FROM deliveries d LEFT JOIN products p ON p.gtin = d.gtin"
                      " ORDER BY d.at_ms DESC, d.receipt_id, d.n LIMIT ?", (limit,)).fetchall()


def unordered(db: Db) -> list[Row]:
    """Return approved requests whose answer is sent and that no supplier order holds yet, with the store of their device."""
    return db.execute("SELECT r.*, d.store, p.name_en, p.name_fr, p.name_zh FROM requests r JOIN devices d ON d.id = r.device"
                      " LEFT JOIN products p ON p.gtin = r.gtin WHERE r.state = 'approved' AND r.send_ms IS NULL AND r.order_id = ''"
                      " ORDER BY d.store, r.gtin, r.device, r.slot").fetchall()


def add_order(db: Db, order_id: str, requests: Sequence[str], at_ms: int, who: str) -> None:
    """Write a supplier order down, and which requests it holds."""
    db.execute("INSERT INTO supplier_orders VALUES (?, ?, ?)", (order_id, at_ms, who))
    db.executemany("UPDATE requests SET order_id = ? WHERE request_id = ?", [(order_id, request) for request in requests])


def orders(db: Db, limit: int = 12) -> list[Row]:
    """Return the newest supplier orders with their lines and pieces."""
    return db.execute("SELECT o.*, count(r.request_id) lines, coalesce(sum(r.answer), 0) pieces FROM supplier_orders o"
                      " LEFT JOIN requests r ON r.order_id = o.order_id GROUP BY o.order_id ORDER BY o.at_ms DESC, o.order_id DESC LIMIT ?",
                      (limit,)).fetchall()


def order(db: Db, order_id: str) -> Row | None:
    """Return one supplier order."""
    row: Row | None = db.execute("SELECT * FROM supplier_orders WHERE order_id = ?", (order_id,)).fetchone()
    return row


def order_lines(db: Db, order_id: str) -> list[Row]:
    """Return what a supplier order holds, pieces of a product for a store in one line: store, gtin, name_en, pieces, slots."""
    return db.execute("SELECT d.store, s.name store_name, r.gtin, p.name_en, sum(r.answer) pieces,"
                      " group_concat(r.device || ' ' || r.slot, ', ') slots"
                      " FROM requests r JOIN devices d ON d.id = r.device LEFT JOIN stores s ON s.id = d.store"
                      " LEFT JOIN products p ON p.gtin = r.gtin WHERE r.order_id = ? GROUP BY d.store, r.gtin ORDER BY d.store, r.gtin",
                      (order_id,)).fetchall()
