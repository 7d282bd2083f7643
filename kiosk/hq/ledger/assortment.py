"""What stores sold, stocked and lacked, product by product."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.hq.ledger import catalogue, supply
from kiosk.hq.ledger.store import Db, insert_all
from kiosk.hq.ledger.supply import DAY_MS

PastRow = tuple[str, str, int, int, int]
"""(store, GTIN, day since 1970, pieces, purchases)"""
SIMULATED = "simulated_until"
"""The setting that says before which day (since 1970) the past is made up."""


def sold(db: Db, since_ms: int, until_ms: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Return (store, GTIN) -> (pieces sold, receipts with it) between two moments; what is known of a past counts by whole days."""
    rows = db.execute("SELECT store, gtin, sum(pieces) pieces, sum(receipts) receipts FROM ("
                      "SELECT s.store, l.gtin, sum(l.quantity) pieces, count(DISTINCT s.sale_id) receipts FROM sale_lines l"
                      " JOIN sales s ON s.sale_id = l.sale_id WHERE s.time_ms >= ? AND s.time_ms < ? GROUP BY s.store, l.gtin UNION ALL"
                      " SELECT store, gtin, sum(units), sum(purchases) FROM past_sales WHERE day >= ? AND day < ? GROUP BY store, gtin)"
                      " GROUP BY store, gtin", (since_ms, until_ms, since_ms // DAY_MS, until_ms // DAY_MS))
    return {(row["store"], row["gtin"]): (float(row["pieces"]), float(row["receipts"])) for row in rows}


def put_past(db: Db, rows: Sequence[PastRow]) -> None:
    """Write down what stores sold before their kiosks told it; it moves no money."""
    insert_all(db, "INSERT OR REPLACE INTO past_sales VALUES (?, ?, ?, ?, ?)", rows)


def simulated_until(db: Db) -> int | None:
    """Return the day since 1970 before which the past is made up, None where it is not."""
    day = supply.setting(db, SIMULATED)
    return int(day) if day else None


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
