"""What goes over the wire: pinned by golden files, read by another library, described by the AsyncAPI file, safe to read from anybody."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.errors import WireError
from kiosk.hq.posting import TENDERS

GOLDEN = Path(__file__).parent / "golden"
KINDS = sorted(wire.EVENT_TYPES)


def sign(message):
    return b"signed:" + message[:8]


def verify(message, signature):
    return signature == sign(message)


@pytest.mark.parametrize("kind", KINDS)
def test_each_fact_is_on_the_wire_as_its_golden_file_says(envelopes, kind):
    golden = (GOLDEN / f"{kind}.json").read_bytes()
    envelope = envelopes[kind]
    assert json.loads(wire.encode_event(envelope)) == json.loads(golden)
    assert wire.decode_batch(wire.up_topic("kiosk-1", envelope.lane), golden) == [envelope]


@pytest.mark.parametrize("kind", sorted(wire.ORDER_KINDS))
def test_each_order_is_on_the_wire_as_its_golden_file_says(orders, kind):
    payload = wire.encode_order(orders[kind], sign)
    assert json.loads(json.loads(payload)["body"]) == json.loads((GOLDEN / f"order-{kind}.json").read_bytes())
    assert wire.decode_order(payload, "kiosk-1", verify) == orders[kind]


@pytest.mark.parametrize("kind", sorted(wire.MANIFEST_KINDS))
def test_each_manifest_is_on_the_wire_as_its_golden_file_says(manifests, kind):
    payload = wire.encode_manifest("shop", manifests[kind], sign)
    assert json.loads(json.loads(payload)["body"]) == json.loads((GOLDEN / f"manifest-{kind}.json").read_bytes())
    assert wire.decode_manifest(payload, "shop", verify) == manifests[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_the_cloudevents_library_reads_each_fact(envelopes, kind):
    envelope = envelopes[kind]
    event = JSONFormat().read(CloudEvent, wire.encode_event(envelope))
    assert (event.get_id(), event.get_type(), event.get_source()) == (envelope.id, kind, "/devices/kiosk-1")
    assert event.get_time() == envelope.time
    assert [event.get_extension(name) for name in ("epoch", "lane", "seq", "bootid")] == ["epoch-1", envelope.lane, envelope.seq, "boot-1"]
    assert event.get_data() == json.loads(wire.encode_value(envelope.event))


def test_everything_is_as_the_asyncapi_file_says(envelopes, orders, manifests, schemas):
    encoded = {kind: wire.encode_event(envelope) for kind, envelope in envelopes.items()}
    for kind, payload in encoded.items():
        assert schemas.check_message(wire.up_topic("kiosk-1", envelopes[kind].lane), json.loads(payload)) == "Facts"
    schemas.check_message("v1/kiosk-1/up/money", json.loads(wire.encode_batch(list(encoded.values()))))
    for kind, order in orders.items():
        signed = json.loads(wire.encode_order(order, sign))
        assert schemas.check_message(wire.down_topic("kiosk-1", kind), signed) == "SignedOrder"
        schemas.check(json.loads(signed["body"]), "Order")
    for kind, manifest in manifests.items():
        signed = json.loads(wire.encode_manifest("shop", manifest, sign))
        assert schemas.check_message(wire.manifest_topic("shop", kind), signed) == "SignedManifest"
        schemas.check(json.loads(signed["body"]), "Manifest")
    acks = wire.encode_ack([wire.Ack("epoch-1", Lane.MONEY, 0), wire.Ack("epoch-1", Lane.STOCK, 7)])
    schemas.check_message(wire.ack_topic("kiosk-1"), json.loads(acks))
    state = wire.encode_state(wire.DeviceState(True, "session", "0.1.0", "epoch-1", ("pay",)))
    schemas.check_message(wire.state_topic("kiosk-1"), json.loads(state))


@pytest.mark.parametrize("spoil", [
    lambda fact: fact["data"].pop("receipt"), lambda fact: fact["data"].update(surprise=1), lambda fact: fact.update(lane="stock"),
    lambda fact: fact["data"].update(tender="gold"), lambda fact: fact["data"].update(total_minor=2.5), lambda fact: fact.pop("epoch"),
    lambda fact: fact.update(seq=0), lambda fact: fact.update(type="kiosk.member.erased.v1"),
])
def test_the_asyncapi_file_notices_what_is_wrong(envelopes, schemas, spoil):
    fact = json.loads(wire.encode_event(envelopes["kiosk.sale.completed.v1"]))
    schemas.check_message("v1/kiosk-1/up/money", fact)
    spoil(fact)
    with pytest.raises(jsonschema.ValidationError):
        schemas.check_message("v1/kiosk-1/up/money", fact)


def test_the_asyncapi_file_knows_every_tender(schemas):
    known = schemas.document["components"]["schemas"]
    assert set(known["SaleCompleted"]["properties"]["tender"]["enum"]) == set(TENDERS)
    assert set(known["PaymentRequested"]["properties"]["tender"]["enum"]) == set(TENDERS) - {"cash_desk"}


def test_the_asyncapi_file_knows_every_kind_and_no_other(schemas):
    known = schemas.document["components"]["schemas"]
    assert known["Fact"]["properties"]["type"]["enum"] == list(wire.EVENT_TYPES)
    assert known["Order"]["properties"]["kind"]["enum"] == list(wire.ORDER_KINDS)
    assert known["Manifest"]["properties"]["kind"]["enum"] == list(wire.MANIFEST_KINDS)
    assert {path.stem for path in GOLDEN.glob("*.json")} == {
        *wire.EVENT_TYPES, *(f"order-{kind}" for kind in wire.ORDER_KINDS), *(f"manifest-{kind}" for kind in wire.MANIFEST_KINDS)}


def test_one_bad_fact_spoils_neither_its_number_nor_its_neighbours(envelopes):
    good = wire.encode_event(envelopes["kiosk.sale.completed.v1"])
    bad = json.loads(good)
    bad["data"] = {"nothing": True}
    first, second = wire.decode_batch("v1/kiosk-1/up/money", wire.encode_batch([json.dumps(bad).encode(), good]))
    assert isinstance(first, wire.Unreadable) and (first.epoch, first.seq) == ("epoch-1", 1)
    assert second == envelopes["kiosk.sale.completed.v1"]


@pytest.mark.parametrize(("device", "lane"), [("kiosk-2", "money"), ("kiosk-1", "stock")])
def test_a_fact_of_another_device_or_lane_is_unreadable(envelopes, device, lane):
    payload = wire.encode_event(envelopes["kiosk.sale.completed.v1"])
    assert isinstance(wire.decode_batch(f"v1/{device}/up/{lane}", payload)[0], wire.Unreadable)


WORDS = st.sampled_from(["specversion", "id", "data", "seq", "lane", "body", "signature", "epoch"])
JSON = st.recursive(st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_read_or_refused(payload):
    assert all(isinstance(item, wire.Unreadable | wire.Envelope) for item in wire.decode_batch("v1/kiosk-1/up/money", payload))
    for read in (wire.decode_ack, wire.decode_state, lambda p: wire.decode_order(p, "kiosk-1", verify),
                 lambda p: wire.decode_manifest(p, "shop", verify)):
        try:
            read(payload)
        except WireError:
            continue


def test_signed_for_another_device_group_or_by_another_is_refused(orders, manifests):
    order = wire.encode_order(orders["payment"], sign)
    with pytest.raises(WireError, match="kiosk-2"):
        wire.decode_order(order, "kiosk-2", verify)
    with pytest.raises(WireError, match="group"):
        wire.decode_manifest(wire.encode_manifest("other", manifests["pricelist"], sign), "shop", verify)
    forged = json.loads(order) | {"signature": base64.b64encode(b"forged").decode()}
    with pytest.raises(WireError, match="not HQ's"):
        wire.decode_order(json.dumps(forged).encode(), "kiosk-1", verify)


@pytest.mark.parametrize("seq", [0, -1, 2**53, 10**30])
def test_an_order_with_a_number_that_cannot_be_is_refused(seq):
    body = json.dumps({"id": "a", "device": "kiosk-1", "downbox": "b", "seq": seq, "ttl_s": 0, "kind": "erasure",
                       "data": {"member_id": "m"}})
    payload = json.dumps({"body": body, "signature": base64.b64encode(sign(body.encode())).decode()}).encode()
    with pytest.raises(WireError, match="not known"):
        wire.decode_order(payload, "kiosk-1", verify)
