"""Stock events are EPCIS 2.0: by GS1's own schema, and by what the words mean."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from kiosk.domain.events import DeviceHealth, Lane, StockChanged
from kiosk.epcis import document
from kiosk.errors import InvalidValueError
from kiosk.runtime import new_id
from kiosk.wire import Envelope

TEA = "4006381333931"
AT = datetime(2026, 7, 2, 9, 30, 15, 250000, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
CHANGES = (
    StockChanged("A1", TEA, -2, 8, "retail_selling", "pick", 0.98),
    StockChanged("A1", TEA, 1, 9, "stocking", "put_back", 0.9),
    StockChanged("A2", "96385074", 12, 12, "stocking", "refill", 1.0),
    StockChanged("A2", "96385074", -1, 11, "retail_selling", "sale", 1.0),
    StockChanged("A1", TEA, -9, 0, "stock_taking", "recount", 0.99), StockChanged("A2", "96385074", 0, 11, "stock_taking", "count", 1.0))


def facts(*changes: StockChanged) -> list[Envelope]:
    return [Envelope(new_id(), "shelf-1", "e1", Lane.STOCK, n, "boot", AT + timedelta(minutes=n), change)
            for n, change in enumerate(changes, 1)]


def made(*changes: StockChanged) -> dict[str, Any]:
    health = Envelope("x", "shelf-1", "e1", Lane.HEALTH, 9, "boot", AT, DeviceHealth("1", 1, {}, 0, {}))
    return document([*facts(*changes), health], PARIS, AT)


def events(*changes: StockChanged) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(*changes)["epcisBody"]["eventList"]
    return found


def schema() -> dict[str, Any]:
    if "KIOSK_DATA" not in os.environ:
        pytest.skip("set KIOSK_DATA to the folder of evaluation data: GS1's schema is in it")
    path = Path(os.environ["KIOSK_DATA"]) / "stock" / "gs1_epcis" / "EPCIS-JSON-Schema.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


formats = jsonschema.FormatChecker()


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    """RFC 3986 as far as it matters here: a scheme, and no space."""
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+", value) is not None


@formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def test_a_day_of_a_shelf_is_valid_by_gs1s_schema() -> None:
    known = schema()
    checker = jsonschema.Draft7Validator(known, format_checker=formats)
    checker.validate(made(*CHANGES))
    broken = made(*CHANGES)
    del broken["epcisBody"]["eventList"][0]["eventTimeZoneOffset"]
    assert not checker.is_valid(broken)
    broken = made(*CHANGES)
    broken["epcisBody"]["eventList"][0]["bizStep"] = "shoplifting"
    assert not checker.is_valid(broken)


def test_a_pick_is_told_in_epcis_words() -> None:
    one = events(CHANGES[0])[0]
    assert (one["bizStep"], one["action"], one["disposition"]) == ("retail_selling", "OBSERVE", "in_progress")
    assert one["quantityList"] == [{"epcClass": f"https://id.gs1.org/01/0{TEA}", "quantity": 2}]
    assert (one["eventTime"], one["eventTimeZoneOffset"]) == ("2026-07-02T09:31:15.250Z", "+02:00")
    assert one["readPoint"]["id"].endswith("shelf-1:A1")
    assert one["eventID"].startswith("urn:uuid:")


def test_a_count_that_differs_declares_what_the_books_stood_on_wrong() -> None:
    told = events(*CHANGES)
    assert len(told) == len(CHANGES) + 1
    put_back = next(e for e in told if e["kiosk:reason"] == "put_back")
    wrong = next(e for e in told if "errorDeclaration" in e)
    count = next(e for e in told if e["kiosk:reason"] == "recount")
    assert {k: v for k, v in wrong.items() if k != "errorDeclaration"} == put_back
    assert wrong["errorDeclaration"] == {"declarationTime": count["eventTime"], "reason": "incorrect_data",
                                         "correctiveEventIDs": [count["eventID"]]}
    assert count["quantityList"][0]["quantity"] == 0


def test_a_count_that_agrees_declares_nothing() -> None:
    assert not any("errorDeclaration" in e for e in events(CHANGES[2], CHANGES[3], CHANGES[5]))


def test_a_gtin_with_a_wrong_check_digit_is_no_event() -> None:
    with pytest.raises(InvalidValueError, match="its check digit is 1"):
        made(StockChanged("A1", "4006381333932", -1, 1, "retail_selling", "pick", 1.0))
