"""Facts and orders <-> topics and bytes. The only room that knows what the network looks like.

Upwards every fact is a CloudEvents 1.0 JSON object with the extensions `epoch`, `lane`, `seq` and `bootid`; a message carries one, or a
JSON array of up to 100 (our documented envelope: the MQTT binding of CloudEvents has no batch). The key of a fact is (device, epoch,
lane, seq); a number that is neither received nor covered by Skipped is a gap.

Downwards every order and manifest is {"body": text, "signature": base64}: the signature is Ed25519 over the UTF-8 bytes of `body`, so that
nobody has to agree on canonical JSON. Nothing here does cryptography: callers pass `sign` and `verify`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from kiosk.domain import orders
from kiosk.domain.events import Event, Lane
from kiosk.errors import WireError
from kiosk.wire.names import EVENT_TYPES, MANIFEST_KINDS, ORDER_KINDS
from kiosk.wire.topics import ack_topic, down_topic, manifest_topic, parse_up_topic, state_topic, up_topic

__all__ = ["EVENT_TYPES", "MANIFEST_KINDS", "ORDER_KINDS", "ack_topic", "down_topic", "manifest_topic", "parse_up_topic", "state_topic",
           "up_topic"]
"""What other rooms take from `names` and `topics` through this one; everything below is public as its name says."""

BATCH_EVENTS = 100
BATCH_BYTES = 64 * 1024
MESSAGE_BYTES = 256 * 1024
"""A message longer than this is refused unread."""
INLINE_BYTES = 64 * 1024
"""A manifest carries its body up to this size; a larger one names where it can be fetched."""
BODY_BYTES = 16 * 1024 * 1024
"""A manifest's body longer than this is neither published nor fetched."""
LAST_YEAR = 9000
"""Times from here on are no clock's, and what reckons with them would go beyond the last year that there is."""
UNSET = "unset"
"""The extension `clock` of a fact that was made before the device knew the time."""


_TYPE_OF = {cls: name for name, cls in EVENT_TYPES.items()}
_TYPE_NAMED = {cls.__name__: name for name, cls in EVENT_TYPES.items()}
_ORDER_OF = {cls: name for name, cls in ORDER_KINDS.items()}
_MANIFEST_OF = {cls: name for name, cls in MANIFEST_KINDS.items()}

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]
"""(message, signature) -> whether HQ's key made it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact with its key. time is the device's wall clock (UTC), for reports only: HQ never judges by it.

    clock_set: False while the device did not know the time since this boot; then `time` is the earliest that can be.
    raw: the event as it came, JSON; b"" for one that was made here.
    """

    id: str
    device: str
    epoch: str
    lane: Lane
    seq: int
    boot_id: str
    time: datetime
    event: Event
    clock_set: bool = True
    raw: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that cannot be read. epoch and seq are known when its header could be read: then its number is taken all the same."""

    device: str
    lane: Lane
    epoch: str
    seq: int
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """HQ holds every number of this epoch's lane up to `seq`, committed."""

    epoch: str
    lane: Lane
    seq: int


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """An order with its place in the device's downbox. ttl_s counts from receipt; 0 never expires, -1 has when it is sent."""

    id: str
    device: str
    downbox: str
    seq: int
    ttl_s: int
    order: orders.Order


@dataclass(frozen=True, slots=True)
class DeviceState:
    """The retained birth of a device, or of HQ; its death is the last will with online=False and the same session."""

    online: bool
    session: str
    version: str = ""
    epoch: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestLink:
    """A manifest whose body is fetched by HTTPS: the whole manifest as JSON, `size` bytes long, with this SHA-256 in hexadecimal."""

    kind: str
    version: int
    size: int
    sha256: str
    url: str


class _Header(msgspec.Struct):
    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    epoch: str
    lane: Lane
    seq: int
    bootid: str
    data: msgspec.Raw
    clock: str = ""


class _Cloud(msgspec.Struct, omit_defaults=True):
    specversion: str
    id: str
    source: str
    type: str
    time: datetime
    datacontenttype: str
    epoch: str
    lane: str
    seq: int
    bootid: str
    data: Any
    clock: str = ""


class _Signed(msgspec.Struct):
    body: str
    signature: str


class _OrderBody(msgspec.Struct):
    id: str
    device: str
    downbox: str
    seq: int
    ttl_s: int
    kind: str
    data: msgspec.Raw


class _ManifestBody(msgspec.Struct):
    group: str
    kind: str
    data: msgspec.Raw = msgspec.Raw()
    link: ManifestLink | None = None


_header = msgspec.json.Decoder(_Header)
_headers = msgspec.json.Decoder(list[_Header])
_array = msgspec.json.Decoder(list[msgspec.Raw])
_DATA = {name: msgspec.json.Decoder(cls).decode for name, cls in EVENT_TYPES.items()}
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, WireError, ValueError)
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines


def encode_event(envelope: Envelope) -> bytes:
    """Return one fact as a structured CloudEvents JSON object."""
    kind = _TYPE_OF[type(envelope.event)]
    return _encode(_Cloud("1.0", envelope.id, f"/devices/{envelope.device}", kind, envelope.time, "application/json",
                          envelope.epoch, str(envelope.lane), envelope.seq, envelope.boot_id, envelope.event,
                          "" if envelope.clock_set else UNSET))


def encode_fact(head: tuple[str, str, str, Lane, int, str, datetime], kind: str, data: bytes,
                clock_set: bool = True) -> bytes:
    """Return what `encode_event` does, of an Envelope's fields up to `time`, the name of the event's class, and the event as JSON."""
    ident, device, epoch, lane, seq, boot_id, time = head
    return _encode(_Cloud("1.0", ident, f"/devices/{device}", _TYPE_NAMED[kind], time, "application/json", epoch, lane, seq, boot_id,
                          msgspec.Raw(data), "" if clock_set else UNSET))


def encode_batch(encoded: Sequence[bytes]) -> bytes:
    """Return facts that are already encoded as one message: the object itself, or an array of them."""
    return encoded[0] if len(encoded) == 1 else b"[" + b",".join(encoded) + b"]"


def decode_batch(topic: str, payload: bytes) -> list[Envelope | Unreadable]:
    """Return what an upward message carries, in order. Never raises for what a device may have written into it.

    The device and lane of the topic decide (the broker's ACL guards them): a fact that claims another is unreadable.
    """
    device, lane = parse_up_topic(topic)
    if len(payload) > MESSAGE_BYTES:
        return [Unreadable(device, lane, "", 0, f"longer than {MESSAGE_BYTES} bytes", payload[:1024])]
    try:
        if payload[:1] == b"[":
            source = f"/devices/{device}"
            return [_envelope(device, lane, source, header) for header in _headers.decode(payload)]
    except _UNREADABLE:
        pass  # something in it cannot be read: look at each by itself
    try:
        items = _array.decode(payload) if payload[:1] == b"[" else [msgspec.Raw(payload)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return [Unreadable(device, lane, "", 0, str(error), payload[:1024])]
    return [_decode_one(device, lane, bytes(item)) for item in items]


def _decode_one(device: str, lane: Lane, raw: bytes) -> Envelope | Unreadable:
    epoch, seq = "", 0
    try:
        header, source = _header.decode(raw), f"/devices/{device}"
        _check_key(source, lane, header)
        epoch, seq = header.epoch, header.seq
        return _envelope(device, lane, source, header)
    except _UNREADABLE as error:
        return Unreadable(device, lane, epoch, seq, str(error), raw[:4096])


def _check_key(source: str, lane: Lane, header: _Header) -> None:
    if header.source != source or header.lane is not lane:
        raise WireError(f"says it is {header.source} {header.lane}")
    if header.time.tzinfo is None or not 0 < header.seq < 2**53 or not header.epoch or len(header.epoch) > 64 or len(header.id) > 64:
        raise WireError("its key or time cannot be")


def _envelope(device: str, lane: Lane, source: str, header: _Header) -> Envelope:
    _check_key(source, lane, header)
    decode = _DATA.get(header.type)
    if decode is None:
        raise WireError(f"type {header.type!r} is not known here")
    if not 1970 <= header.time.year < LAST_YEAR:
        raise WireError(f"its time is in the year {header.time.year}")
    return Envelope(header.id, device, header.epoch, lane, header.seq, header.bootid, header.time, decode(header.data),
                    header.clock != UNSET, bytes(header.data))


def encode_ack(acks: Iterable[Ack]) -> bytes:
    """Return acknowledgements as bytes."""
    return _encode(list(acks))


def decode_ack(payload: bytes) -> list[Ack]:
    """Return acknowledgements, or raise WireError."""
    acks: list[Ack] = _read(payload, list[Ack])
    return acks


def encode_state(state: DeviceState) -> bytes:
    """Return a birth or death as bytes."""
    return _encode(state)


def decode_state(payload: bytes) -> DeviceState:
    """Return a birth or death, or raise WireError."""
    state: DeviceState = _read(payload, DeviceState)
    return state


def order_kind(order: orders.Order) -> str:
    """Return the topic word of an order."""
    return _ORDER_OF[type(order)]


def encode_order(message: OrderMessage, sign: Sign) -> bytes:
    """Return a signed order for one device."""
    body = _encode({"id": message.id, "device": message.device, "downbox": message.downbox, "seq": message.seq, "ttl_s": message.ttl_s,
                    "kind": order_kind(message.order), "data": message.order})
    return _seal(body, sign)


def decode_order(payload: bytes, device: str, verify: Verify) -> OrderMessage:
    """Return an order that HQ signed for this device, or raise WireError."""
    head: _OrderBody = _read(_open(payload, verify), _OrderBody)
    if head.device != device:
        raise WireError(f"an order for {head.device!r} came to {device!r}", "device")
    cls = ORDER_KINDS.get(head.kind)
    if cls is None or not 0 < head.seq < 2**53:
        raise WireError(f"an order of kind {head.kind!r}, number {head.seq}, is not known here")
    return OrderMessage(head.id, head.device, head.downbox, head.seq, head.ttl_s, _read(head.data, cls))


def encode_manifest(group: str, manifest: orders.Manifest, sign: Sign) -> bytes:
    """Return a signed manifest for a group of devices."""
    return _seal(_encode({"group": group, "kind": _MANIFEST_OF[type(manifest)], "data": manifest}), sign)


def encode_link(group: str, link: ManifestLink, sign: Sign) -> bytes:
    """Return a signed manifest whose body is fetched."""
    return _seal(_encode({"group": group, "kind": link.kind, "link": link}), sign)


def link_to(manifest: orders.Manifest, url: str) -> ManifestLink:
    """Return the link to a manifest whose body (`encode_value`) lies at this address."""
    body = _encode(manifest)
    return ManifestLink(_MANIFEST_OF[type(manifest)], manifest.version, len(body), hashlib.sha256(body).hexdigest(), url)


def open_body(link: ManifestLink, body: bytes) -> orders.Manifest:
    """Return the manifest that was fetched, or raise WireError when it is not the one that the link speaks of."""
    if len(body) != link.size or hashlib.sha256(body).hexdigest() != link.sha256:
        raise WireError(f"what lies at {link.url} is not the {link.kind} {link.version} that HQ signed")
    manifest: orders.Manifest = _read(body, MANIFEST_KINDS[link.kind], BODY_BYTES)
    if manifest.version != link.version:
        raise WireError(f"{link.url} holds version {manifest.version} of the {link.kind}, not {link.version}")
    return manifest


def decode_manifest(payload: bytes, group: str, verify: Verify) -> orders.Manifest | ManifestLink:
    """Return a manifest, or the link to one, that HQ signed for this group, or raise WireError."""
    head: _ManifestBody = _read(_open(payload, verify), _ManifestBody)
    if head.group != group or head.kind not in MANIFEST_KINDS:
        raise WireError(f"a manifest {head.kind!r} of group {head.group!r} is not for group {group!r}", "device")
    if head.link is not None and head.link.kind == head.kind and 0 < head.link.size <= BODY_BYTES:
        return head.link
    if not bytes(head.data):
        raise WireError(f"the manifest {head.kind!r} has neither a body nor a link that can be")
    manifest: orders.Manifest = _read(head.data, MANIFEST_KINDS[head.kind])
    return manifest


def manifest_kind(manifest: orders.Manifest) -> str:
    """Return the topic word of a manifest."""
    return _MANIFEST_OF[type(manifest)]


def encode_value(value: object) -> bytes:
    """Return a domain value as JSON, for columns that hold one."""
    return _encode(value)


def encode_values(values: Sequence[object]) -> list[bytes]:
    """Return each of many domain values as `encode_value` does; in half the time."""
    return _encode_lines(values).split(b"\n")[:-1]  # a line end inside of a value is written as an escape


def decode_value(payload: bytes, cls: Any) -> Any:
    """Return the domain value that `encode_value` wrote, or raise WireError."""
    return _read(payload, cls, BODY_BYTES)


def _seal(body: bytes, sign: Sign) -> bytes:
    return _encode(_Signed(body.decode(), base64.b64encode(sign(body)).decode()))


def _open(payload: bytes, verify: Verify) -> bytes:
    signed: _Signed = _read(payload, _Signed)
    body = signed.body.encode()
    try:
        signature = base64.b64decode(signed.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("the signature cannot be read", "signature") from error
    if not verify(body, signature):
        raise WireError("the signature is not HQ's", "signature")
    return body


def _read(payload: bytes | msgspec.Raw, cls: Any, limit: int = MESSAGE_BYTES) -> Any:
    if len(bytes(payload)) > limit:
        raise WireError(f"longer than {limit} bytes")
    try:
        return msgspec.json.decode(payload, type=cls)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise WireError(str(error)) from error
