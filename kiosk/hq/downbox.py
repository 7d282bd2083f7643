"""What HQ has to tell each device: numbered, kept, signed and sent again until the device says that it holds it.

A downbox belongs to one epoch of a device. A card that was written anew comes back with another epoch and so gets a fresh box, which
begins with the roots that count and its planogram; an old card that is put back finds its own box again, and in it what is new.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from kiosk.domain.catalog import Planogram
from kiosk.domain.orders import CommandOrdered, Order, PaymentAnswered, PaymentCode, TrustAnnounced
from kiosk.hq.ledger import catalogue, fleet, trust
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp
from kiosk.wire import ORDER_KINDS, OrderMessage, Sign, decode_value, down_topic, encode_order, encode_value, order_kind

RESEND_S = 5.0
PAYMENT_TTL_S = 300
"""A shopper does not wait longer for an answer; other orders never expire."""
ANNOUNCED = "announced"
"""The setting that holds the last word on roots, for boxes that are made later."""
WINDOW = 20
"""As many unanswered messages of one box are under way at a time."""


def open_box(db: Db, device: str, epoch: str, stamp: Stamp) -> str:
    """Return the id of the downbox of a device's epoch, made when it is new, with the newest roots and planogram in it."""
    row = fleet.box_of(db, device, epoch)
    box, roots, has = (row["id"], row["roots"], row["planogram"]) if row else (stamp.new_id(), 0, 0)
    if row is None:
        fleet.add_box(db, box, device, epoch)
    if announced := trust.setting(db, ANNOUNCED):
        order: TrustAnnounced = decode_value(announced.encode(), TrustAnnounced)
        if order.version > roots:
            _put(db, box, order, stamp)
            fleet.set_box_roots(db, box, order.version)
    planogram = catalogue.planogram(db, device)
    if planogram is not None and planogram.version > has:
        _put(db, box, planogram, stamp)
        fleet.set_box_planogram(db, box, planogram.version)
    return str(box)


def put(db: Db, device: str, epoch: str, order: Order, stamp: Stamp) -> None:
    """Put an order into a device's downbox, inside the transaction that decides it.

    epoch: of the card that asked; when another card is in the device by now, the order is for that one.
    """
    _put(db, open_box(db, device, fleet.epoch_of(db, device) or epoch, stamp), order, stamp)


def put_on_card(db: Db, place: tuple[str, str], order: Order, stamp: Stamp) -> None:
    """Put an order into the downbox of one card, (device, epoch), whichever card the device holds: faces are a card's matter."""
    _put(db, open_box(db, *place, stamp), order, stamp)


def carry_over(db: Db, device: str, epochs: tuple[str, str], stamp: Stamp) -> None:
    """Tell a device's new card what its former card was not told any more. epochs: (former, new). A device knows an order by its id."""
    former = fleet.box_of(db, device, epochs[0])
    if former is not None:
        fleet.carry(db, open_box(db, device, epochs[1], stamp), former["id"], stamp.at_ms)


def put_planogram(db: Db, planogram: Planogram, stamp: Stamp) -> None:
    """Keep a new planogram and send it to its device; a device that was never seen gets it when it is born."""
    catalogue.add_planogram(db, planogram, stamp.at_ms)
    for device in fleet.devices(db):
        if device["id"] == planogram.device and device["epoch"]:
            open_box(db, device["id"], device["epoch"], stamp)


def put_roots(db: Db, order: TrustAnnounced, stamp: Stamp) -> None:
    """Keep which roots count and tell every device; one that was claimed and never seen hears it when it is born."""
    trust.put_setting(db, ANNOUNCED, encode_value(order).decode())
    for device in fleet.devices(db):
        if device["epoch"]:
            open_box(db, device["id"], device["epoch"], stamp)


def _put(db: Db, box: str, order: Order, stamp: Stamp) -> None:
    ttl_s = PAYMENT_TTL_S if isinstance(order, PaymentAnswered | PaymentCode) else 0
    fleet.put(db, box, (stamp.new_id(), order_kind(order), encode_value(order), ttl_s, stamp.at_ms))


class Sender:
    """Decides what to send now. Keeps in memory alone what was sent when: after a restart everything is sent again."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign
        self._sent: dict[tuple[str, str, int], float] = {}

    def forget(self, device: str | None = None) -> None:
        """Send everything again that is not yet held: to one device that was born, or with None to all."""
        self._sent = {} if device is None else {k: v for k, v in self._sent.items() if k[0] != device}

    def flush(self, db: Db, publish: Callable[[str, bytes], bool], now_s: float, now: datetime) -> int:
        """Publish what is due for the devices that are there and return how many messages went out. now_s: monotonic seconds; now: UTC."""
        went, alive = 0, set()
        window: dict[str, int] = {}
        for row in fleet.pending(db):
            key = (row["device"], row["box"], row["seq"])
            alive.add(key)
            window[row["box"]] = window.get(row["box"], 0) + 1
            if not row["online"] or window[row["box"]] > WINDOW or now_s - self._sent.get(key, -RESEND_S) < RESEND_S:
                continue
            if not publish(down_topic(row["device"], row["kind"]), encode_order(_message(row, now), self._sign)):
                break
            self._sent[key] = now_s
            went += 1
        self._sent = {k: v for k, v in self._sent.items() if k in alive}
        return went


def _message(row: Row, now: datetime) -> OrderMessage:
    order, ttl_s = decode_value(row["body"], ORDER_KINDS[row["kind"]]), row["ttl_s"]
    if isinstance(order, CommandOrdered):  # a device may not know the time: it is told how long the command is good for from now
        ttl_s = math.floor((order.expires_at - now).total_seconds())
        ttl_s = ttl_s if ttl_s > 0 else -1
    return OrderMessage(row["id"], row["device"], row["box"], row["seq"], ttl_s, order)
