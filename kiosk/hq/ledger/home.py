"""Orders that shoppers placed at mirrors: reserved in a store, or delivered home. An address is kept until its order is done."""

from __future__ import annotations

from kiosk.domain.catalog import Product
from kiosk.domain.online import Address, OrderLine, OrderPlaced, StockElsewhere, StoreStock
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.ledger.supply import put_setting, setting
from kiosk.hq.ledger.trade import Origin
from kiosk.wire import decode_value, encode_value

_KEPT = "elsewhere"


def add(db: Db, placed: OrderPlaced, origin: Origin) -> None:
    """Write an order down; the same order again changes nothing."""
    address = encode_value(placed.address).decode() if placed.address is not None else ""
    db.execute("INSERT OR IGNORE INTO home_orders"
               " (order_id, number, kind, device, store, total_minor, currency, lines, address, state, at_ms)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
               (placed.order_id, placed.number, placed.kind, origin.device, origin.store, placed.total_minor, placed.currency,
                encode_value(placed.lines).decode(), address, origin.time_ms))


def orders(db: Db, limit: int = 60) -> list[Row]:
    """Return the newest orders, those that are open first."""
    return db.execute("SELECT * FROM home_orders ORDER BY state = 'done', at_ms DESC LIMIT ?", (limit,)).fetchall()


def address_of(row: Row) -> Address | None:
    """Return where an order goes, None for one that is fetched or done."""
    return decode_value(row["address"].encode(), Address) if row["address"] else None


def lines_of(row: Row) -> tuple[OrderLine, ...]:
    """Return the goods of an order."""
    found: tuple[OrderLine, ...] = decode_value(row["lines"].encode(), tuple[OrderLine, ...])
    return found


def finish(db: Db, order_id: str, who: str) -> bool:
    """Note that an order was handed over and forget its address; False when it is not open."""
    done = db.execute("UPDATE home_orders SET state = 'done', address = '', who = ? WHERE order_id = ? AND state = 'open'", (who, order_id))
    return done.rowcount > 0


def elsewhere(db: Db) -> StockElsewhere | None:
    """Return what stores have of garments as it was last told to devices, None when it never was."""
    kept = setting(db, _KEPT)
    found: StockElsewhere | None = decode_value(kept.encode(), StockElsewhere) if kept is not None else None
    return found


def count_again(db: Db, goods: tuple[Product, ...]) -> StockElsewhere | None:
    """Return what stores have of these goods as the next version, written down; None when it is what devices were told already."""
    wanted = {product.gtin for product in goods if product.garment}
    stores: dict[str, dict[str, int]] = {}
    rows = db.execute("SELECT n.name AS store, s.gtin AS gtin, sum(s.on_hand) AS pieces FROM stock s JOIN devices d ON d.id = s.device"
                      " JOIN stores n ON n.id = d.store GROUP BY n.name, s.gtin ORDER BY n.name, s.gtin")
    for row in rows:
        if row["gtin"] in wanted and row["pieces"] > 0:
            stores.setdefault(row["store"], {})[row["gtin"]] = row["pieces"]
    told = elsewhere(db)
    found = tuple(StoreStock(store, pieces) for store, pieces in stores.items())
    if found == (told.stores if told is not None else ()):
        return None
    made = StockElsewhere((told.version if told is not None else 0) + 1, found)
    put_setting(db, _KEPT, encode_value(made).decode())
    return made
