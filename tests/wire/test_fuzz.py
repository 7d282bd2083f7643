"""Every byte that comes from the network may be anything: no crash, no unbounded memory, and what cannot be read is counted."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import wire
from kiosk.domain.events import Lane, SaleCompleted, SaleLine
from kiosk.errors import WireError

AT = datetime(2026, 1, 1, tzinfo=UTC)
SALE = SaleCompleted("s", "r", "i", (SaleLine("4006381333931", 1, 1, 0, 1, 55),), 1, "EUR", {"55": 0}, "cash_desk", "", False, 1)
GOOD = wire.encode_event(wire.Envelope("id", "kiosk-1", "epoch", Lane.MONEY, 1, "boot", AT, SALE))
TOPIC = "v1/kiosk-1/up/money"
names = st.text(max_size=8) | st.sampled_from(sorted(json.loads(GOOD)))
json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                           lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5), max_leaves=12)


def read_everything(data: bytes) -> None:
    """All that a kiosk or HQ does with bytes that came over the network."""
    for topic in (TOPIC, data.decode("utf-8", "replace")):
        try:
            items = wire.decode_batch(topic, data)
        except WireError:
            continue
        for item in items:
            assert isinstance(item, wire.Envelope) or len(item.payload) <= 4096, "what is set aside is kept short"
    for read in (wire.decode_ack, wire.decode_state, lambda raw: wire.decode_order(raw, "kiosk-1", lambda *_: True),
                 lambda raw: wire.decode_manifest(raw, "g", lambda *_: True)):
        with contextlib.suppress(WireError):
            read(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_fuzz_any_bytes(data):
    read_everything(data)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fuzz_a_good_message_with_some_bytes_changed(data):
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    read_everything(bytes(raw))
    read_everything(b"[" + bytes(raw) + b"," + GOOD + b"]")


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_fuzz_any_json_in_any_field(value):
    raw = json.dumps(value).encode()
    read_everything(raw)
    for field in json.loads(GOOD):
        read_everything(json.dumps(json.loads(GOOD) | {field: value}).encode())
    body = json.dumps({"body": raw.decode(), "signature": ""}).encode()
    read_everything(body)


@pytest.mark.parametrize("data", [b"[" * 200_000, b"{\"a\":" * 100_000, b"[" + b"1," * 100_000 + b"1]", b"\"" + b"a" * 400_000 + b"\"",
                                  b"[" + GOOD + b"," + b"9" * 5000 + b"]", b"-" + b"1" * 100_000])
def test_fuzz_large_and_deep(data):
    read_everything(data)
