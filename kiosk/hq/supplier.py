"""Orders that go to the supplier: what was approved, by store, as a table and in GS1's words."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

from kiosk.errors import HqError
from kiosk.hq.ledger import catalogue, supply
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

COLUMNS = ("order", "store", "gtin", "name", "pieces", "slots")


def make_order(db: Db, who: str, stamp: Stamp) -> str:
    """Put everything that was approved and not yet ordered into one order; return its id. Raises HqError when there is nothing."""
    rows = supply.unordered(db)
    if not rows:
        raise HqError("nothing was approved that is not on order already")
    day = datetime.fromtimestamp(stamp.at_ms / 1000, UTC).strftime("%Y%m%d")
    number = 1
    while supply.order(db, order_id := f"PO-{day}-{number}") is not None:
        number += 1
    supply.add_order(db, order_id, [row["request_id"] for row in rows], stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "order", order_id, "", str(len(rows))))
    return order_id


def as_csv(db: Db, order_id: str) -> str:
    """Return an order as CSV, a line for each product of each store."""
    _known(db, order_id)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for row in supply.order_lines(db, order_id):
        store = row["store_name"] or row["store"]
        table.writerow((order_id, _plain(store), row["gtin"], _plain(row["name_en"] or ""), row["pieces"], row["slots"]))
    return out.getvalue()


def as_json(db: Db, order_id: str) -> str:
    """Return an order as JSON with the words of GS1's Order message: one order for each store that goods are shipped to."""
    made = datetime.fromtimestamp(_known(db, order_id) / 1000, UTC).isoformat()
    stores: dict[str, list[dict[str, object]]] = {}
    for row in supply.order_lines(db, order_id):
        lines = stores.setdefault(row["store_name"] or row["store"], [])
        lines.append({
            "lineItemNumber": len(lines) + 1,
            "requestedQuantity": {"value": row["pieces"], "measurementUnitCode": "EA"},
            "transactionalTradeItem": {"gtin": row["gtin"].zfill(14), "tradeItemDescription": row["name_en"] or ""}})
    return json.dumps([{
        "creationDateTime": made, "documentStatusCode": "ORIGINAL",
        "orderIdentification": {"entityIdentification": f"{order_id}/{number}"},
        "orderTypeCode": {"value": "220"},
        "orderLogisticalInformation": {"shipTo": {"additionalPartyIdentification": [
            {"value": store, "additionalPartyIdentificationTypeCode": "BUYER_ASSIGNED_IDENTIFIER_FOR_A_PARTY"}]}},
        "orderLineItem": lines} for number, (store, lines) in enumerate(stores.items(), 1)], indent=2, ensure_ascii=False)


def _known(db: Db, order_id: str) -> int:
    row = supply.order(db, order_id)
    if row is None:
        raise HqError(f"there is no order {order_id!r}")
    return int(row["at_ms"])


def _plain(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" else text
