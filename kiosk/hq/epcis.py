"""HQ's stock events as an EPCIS document, for the systems of others."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from kiosk import epcis
from kiosk.domain.events import Lane, StockChanged
from kiosk.hq.ledger import facts
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp, milliseconds
from kiosk.wire import Envelope, decode_value


def document(db: Db, since: datetime, zone: tzinfo, stamp: Stamp) -> dict[str, Any]:
    """Return all changes of stock since a moment, oldest first, as EPCIS 2.0 JSON. zone: of the stores."""
    rows = facts.of_kind(db, StockChanged.__name__, milliseconds(since))
    return epcis.document([_envelope(row) for row in rows], zone, stamp.moment)


def _envelope(row: Row) -> Envelope:
    at = datetime.fromtimestamp(row["time_ms"] / 1000, UTC)
    return Envelope(row["id"], row["device"], row["epoch"], Lane(row["lane"]), row["seq"], "", at, decode_value(row["body"], StockChanged))
