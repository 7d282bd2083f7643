"""One sample of everything that goes over the wire, and the schemas of deploy/asyncapi.yaml."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from kiosk import wire
from kiosk.domain.catalog import Cell, OfflinePolicy, Planogram, Plate, PriceList, Product, Promotion, TenderPolicy
from kiosk.domain.events import (
    LANE_OF,
    DeviceHealth,
    FacingSeen,
    GoodsReceived,
    IdentityDecided,
    InboxCommitted,
    JournalHead,
    Lane,
    MemberEnrolled,
    MemberErased,
    MemberLocked,
    OrderReason,
    PaymentCancelled,
    PaymentRequested,
    PeriodClosed,
    PeriodTotals,
    ReceivedLine,
    ReplenishmentRequested,
    SaleCompleted,
    SaleLine,
    SaleRefunded,
    Seal,
    Skipped,
    StaffActed,
    StockChanged,
    TemplateHeld,
    TemplateRequested,
    TemplateSealed,
)
from kiosk.domain.money import Money
from kiosk.domain.online import Address, OrderLine, OrderPlaced, StockElsewhere, StoreStock
from kiosk.domain.online_pin import PinLodged
from kiosk.domain.orders import (
    CertificateIssued,
    CommandOrdered,
    GivenLine,
    MemberErasureOrdered,
    MemberLockOrdered,
    MembersAnnounced,
    PaymentAnswered,
    PaymentCode,
    RefundGiven,
    ReplenishmentAnswered,
    TemplateDelivered,
    TemplateWanted,
    TrustAnnounced,
)
from kiosk.domain.standing import CertificateRequested, ClockSet, CommandDone, DownlinkRefused
from kiosk.domain.wardrobe import GarmentFile, GarmentList

TEA = "4006381333931"
NOW = datetime(2026, 1, 2, 9, 30, 15, 250000, tzinfo=UTC)
EVENTS = (
    SaleCompleted("sale-1", "K1-000001", "intent-1", (SaleLine(TEA, 2, 150, 30, 270, 55, "tea-10"),), 270, "EUR", {"55": 14}, "wallet_face",
                  "member-1", False, 7, 2, Seal(5, "cd" * 32, "a2V5", "c2lnbmF0dXJl")),
    PaymentRequested("intent-1", 270, "EUR", "wallet_face", "member-1", ""),
    PaymentCancelled("intent-1", "shopper_left"),
    StockChanged("A1", TEA, -2, 5, "retail_selling", "sale", 0.98),
    ReplenishmentRequested("request-1", "A1", TEA, 12, 2, 3, OrderReason(11.5, 9, 18, 2, 0, 1, 0.8, 2, 6, 3, "room", 13)),
    MemberEnrolled("member-1", "2026-01", "fr", 3),
    MemberErased("member-1", "ordered"),
    StaffActed("refill", "anna", {"slot": "A1"}),
    IdentityDecided("refused", "too_close_to_another", 12, 0.41, 3),
    DeviceHealth("0.1.0", 2048, {"money": 1, "stock": 0, "health": 2}, 4, {"camera": "ok", "disk": "ok"}, 3, 1, 450),
    InboxCommitted("box-1", 42),
    Skipped("health", 3, 9, "ring"),
    SaleRefunded("refund-1", "sale-1", "K1-R000001", (SaleLine(TEA, 1, 150, 15, 135, 55, "tea-10"),), 135, "EUR", {"55": 7}, "wallet_face",
                 "member-1", "damaged", "anna"),
    PeriodClosed("day", "2026-01-02", "journal-1", "EUR", 1, 9, "ab" * 32,
                 PeriodTotals(2, 405, 1, 135, {"55": 270}, {"55": 14}), PeriodTotals(3, 675, 1, 135, {"55": 540}, {"55": 28}),
                 "a2V5", "c2lnbmF0dXJl"),
    JournalHead("sales", "journal-1", 10, "cd" * 32, "a2V5", "c2lnbmF0dXJl"),
    MemberLocked("member-1", True),
    TemplateRequested("member-1", "AAECAw=="),
    TemplateSealed("member-1", "kiosk-2", "epoch-2", "AAECAw==", True),
    TemplateHeld("member-1"),
    GoodsReceived("receipt-1", "anna", (ReceivedLine("A1", TEA, 12, 11),)),
    CertificateRequested("-----BEGIN CERTIFICATE REQUEST-----"),
    CommandDone("command-1", "doctor", "done", "all is well", "[]"),
    DownlinkRefused("signature", "v1/kiosk-1/down/command", "the signature is not HQ's"),
    ClockSet("boot-1", 86_400_000),
    FacingSeen("A1", TEA, 0.42, "ok", 5),
    OrderPlaced("order-1", "M-4821", "deliver", (OrderLine(TEA, 2, 270),), 270, "EUR", 7,
                Address("Anna Petit", "3 rue des Lilas", "75011", "Paris", "0600000000")),
    PinLodged("member-1", "00112233445566aa", "bWFyaw", "cHJvb2Y"),
)
ORDERS = (
    PaymentAnswered("intent-1", "declined", "insufficient_funds", "member-1"),
    ReplenishmentAnswered("request-1", "approved", 12),
    MemberErasureOrdered("member-1"),
    Planogram(3, "kiosk-1", (Cell("A1", TEA, 12, 3, 6, ("P1", "P2"), "top", 120.0, 80.0),),
              (Plate("P1", "top", 0.0, 150.0), Plate("P2", "top", 150.0, 150.0))),
    PaymentCode("intent-1", "https://pay.example/1", 120),
    MemberLockOrdered("member-1", True),
    MembersAnnounced(("member-1", "member-2"), False),
    TemplateWanted("member-1", "kiosk-2", "epoch-2", "AAECAw=="),
    TemplateDelivered("member-1", "AAECAw=="),
    CertificateIssued("-----BEGIN CERTIFICATE-----"),
    TrustAnnounced(2, "-----BEGIN CERTIFICATE-----", True),
    CommandOrdered("command-1", "logs", "operator", "anna", NOW),
    RefundGiven("refund-2", "sale-1", (GivenLine(0, TEA, 1, 135),), 135, "returned"),
)
MANIFESTS = (
    PriceList(7, NOW, "EUR", (Product(TEA, {"fr": "Thé", "en": "Tea", "zh": "茶"}, Money(150, "EUR"), 55, 120.5, "tea.webp"),),
              (Promotion("tea-10", "percent", TEA, {"en": "10 % off"}, percent=10),)),
    OfflinePolicy(2, "EUR", 3000, 5000, 20000, 86400, 6, 23),
    TenderPolicy(4, "EUR", ("alipay", "emv_qr"), 120),
    GarmentList(3, (GarmentFile("linen-shirt", 2, "top", 412_004, "ab" * 32, "https://hq.example/manifests/garment/linen-shirt/2"),)),
    StockElsewhere(5, (StoreStock("Lyon", {TEA: 3}),)),
)


@pytest.fixture
def envelopes():
    """One fact of each kind, by its type on the wire."""
    return {wire._TYPE_OF[type(event)]: wire.Envelope(
        f"01942c4f-0000-7000-8000-{n:012d}", "kiosk-1", "epoch-1", LANE_OF.get(type(event), Lane.HEALTH), n, "boot-1", NOW, event)
        for n, event in enumerate(EVENTS, 1)}


@pytest.fixture
def orders():
    """One order of each kind, by its kind on the wire."""
    return {wire.order_kind(order): wire.OrderMessage(f"order-{n}", "kiosk-1", "box-1", n, 60, order) for n, order in enumerate(ORDERS, 1)}


@pytest.fixture
def manifests():
    """One manifest of each kind."""
    return {wire.manifest_kind(manifest): manifest for manifest in MANIFESTS}


class Schemas:
    """The channels of deploy/asyncapi.yaml, and whether a payload is one of theirs."""

    def __init__(self):
        self.document = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "asyncapi.yaml").read_text())
        self._channels = [(re.compile(self._pattern(channel)), channel) for channel in self.document["channels"].values()]
        self._channels.sort(key=lambda pair: "{" in pair[1]["address"].split("/")[1])  # v1/hq/state before v1/{device}/state

    @staticmethod
    def _pattern(channel):
        def part(match):
            words = channel["parameters"][match[1]].get("enum")
            return "(" + "|".join(words) + ")" if words else "[^/]+"
        return re.sub(r"\{(\w+)\}", part, channel["address"]) + "$"

    def check(self, value, name):
        schema = {"$ref": f"#/components/schemas/{name}", "components": self.document["components"]}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)

    def check_message(self, topic, value):
        """Raise jsonschema's error, or StopIteration for a topic that no channel has; return the schema's name."""
        channel = next(channel for pattern, channel in self._channels if pattern.match(topic))
        (message,) = channel["messages"]
        name = self.document["components"]["messages"][message]["payload"]["$ref"].rpartition("/")[2]
        self.check(value, name)
        return name


@pytest.fixture(scope="session")
def schemas():
    return Schemas()
