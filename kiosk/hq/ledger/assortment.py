"""What stores sold, stocked and lacked, product by product."""

from __future__ import annotations

from kiosk.hq.ledger import catalogue
from kiosk.hq.ledger.store import Db


def sold(db: Db, since_ms: int, until_ms: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Return (store, GTIN) -> (pieces sold, receipts with it) between two moments."""
    rows = db.execute("SELECT s.store, l.gtin, sum(l.quantity) pieces, count(DISTINCT s.sale_id) receipts FROM sale_lines l"
                      " JOIN sales s ON s.sale_id = l.sale_id WHERE s.time_ms >= ? AND s.time_ms < ? GROUP BY s.store, l.gtin",
                      (since_ms, until_ms))
    return {(row["store"], row["gtin"]): (float(row["pieces"]), float(row["receipts"])) for row in rows}


def empty_days(db: Db, since_day: int, until_day: int) -> dict[tuple[str, str], int]:
    """Return (store, GTIN) -> days since 1970 between the two on which all slots with it were seen empty in the store."""
    rows = db.execute("SELECT store, gtin, count(*) days FROM (SELECT d.store, m.gtin, m.day, min(m.empty) empty FROM daily_demand m"
                      " JOIN devices d ON d.id = m.device WHERE m.day >= ? AND m.day < ? GROUP BY d.store, m.gtin, m.day)"
                      " WHERE empty GROUP BY store, gtin", (since_day, until_day))
    return {(row["store"], row["gtin"]): int(row["days"]) for row in rows}


def ranges(db: Db) -> dict[str, set[str]]:
    """Return store -> the products in its planograms."""
    of = {row["id"]: row["store"] for row in db.execute("SELECT id, store FROM devices")}
    found: dict[str, set[str]] = {}
    for device, plan in catalogue.planograms(db).items():
        if device in of:
            found.setdefault(of[device], set()).update(cell.gtin for cell in plan.cells)
    return found
