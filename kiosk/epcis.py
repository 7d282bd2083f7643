"""Stock events in the words of EPCIS 2.0 (GS1), as JSON, for other systems of a retailer. Fields of our own carry the prefix `kiosk:`.

Every change of a slot is an ObjectEvent with a class-level quantity. What staff or the nightly weighing counts is `stock_taking` with the
pieces that are there. A count that differs from the books declares the event that the books last stood on wrong: that event is said again
under its own id with an `errorDeclaration` that names the count as its correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote
from uuid import UUID

from kiosk.domain.events import StockChanged
from kiosk.domain.gtin import gtin
from kiosk.wire import Envelope

CONTEXT = ("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"kiosk": "urn:kiosk:vocabulary:"})
_DISPOSITIONS = {"pick": "in_progress", "sale": "retail_sold"}
_COUNTED = "stock_taking"

Event = dict[str, Any]


def event(envelope: Envelope, change: StockChanged, zone: tzinfo) -> Event:
    """Return one change of stock as an EPCIS ObjectEvent. zone: of the store. Raises InvalidValueError for a GTIN that cannot be."""
    counted = change.biz_step == _COUNTED
    return {
        "type": "ObjectEvent", "eventID": _event_id(envelope.id), "eventTime": _moment(envelope.time),
        "eventTimeZoneOffset": _offset(envelope.time, zone), "action": "OBSERVE", "bizStep": change.biz_step,
        "disposition": _DISPOSITIONS.get(change.reason, "sellable_accessible"),
        "readPoint": {"id": f"urn:kiosk:slot:{envelope.device}:{quote(change.slot)}"},
        "bizLocation": {"id": f"urn:kiosk:device:{envelope.device}"},
        "quantityList": [{"epcClass": f"https://id.gs1.org/01/{gtin(change.gtin):0>14}",
                          "quantity": change.on_hand if counted else abs(change.delta)}],
        "kiosk:reason": change.reason, "kiosk:delta": change.delta, "kiosk:onHand": change.on_hand, "kiosk:confidence": change.confidence,
    }


def declared_wrong(wrong: Event, correction: Event) -> Event:
    """Return an event as it is said again, under its own id: declared wrong by the count that corrects it."""
    return wrong | {"errorDeclaration": {"declarationTime": correction["eventTime"], "reason": "incorrect_data",
                                         "correctiveEventIDs": [correction["eventID"]]}}


def document(facts: Iterable[Envelope], zone: tzinfo, created: datetime) -> dict[str, Any]:
    """Return facts, oldest first, as an EPCIS document; facts that are no change of stock are left out."""
    events: list[Event] = []
    newest: dict[tuple[str, str], Event] = {}
    for envelope in facts:
        change = envelope.event
        if not isinstance(change, StockChanged):
            continue
        made = event(envelope, change, zone)
        before = newest.get((envelope.device, change.slot))
        if change.biz_step == _COUNTED and change.delta and before is not None:
            events.append(declared_wrong(before, made))
        events.append(made)
        newest[envelope.device, change.slot] = made
    return {"@context": list(CONTEXT), "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": _moment(created),
            "epcisBody": {"eventList": events}}


def _event_id(text: str) -> str:
    try:
        return f"urn:uuid:{UUID(text)}"
    except ValueError:
        return f"urn:kiosk:event:{text}"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _offset(at: datetime, zone: tzinfo) -> str:
    text = at.astimezone(zone).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
