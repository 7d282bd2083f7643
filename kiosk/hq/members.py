"""Where members' templates are: HQ tells devices of each other's members, forwards what is sealed, and follows an erasure to its end.

HQ never sees a template: what it forwards is sealed to the receiving device's key. It introduces those keys, though: a key is pinned when a
device first shows it and a change is alarmed, but devices must trust HQ not to introduce a key of its own.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from kiosk.domain.events import MemberEnrolled, MemberErased, MemberLocked, TemplateHeld, TemplateRequested, TemplateSealed
from kiosk.domain.orders import MemberErasureOrdered, MemberLockOrdered, MembersAnnounced, TemplateDelivered, TemplateWanted
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import downbox
from kiosk.hq.ledger import accounts, catalogue, facts, pins
from kiosk.hq.ledger import members as rows
from kiosk.hq.ledger.members import Place, Request
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp
from kiosk.wire import encode_value

log = logging.getLogger(__name__)

ANNOUNCED_AT_ONCE = 200
"""Members in one order; a new card is told of all members in so many steps."""
PATIENCE_S = 20
"""A holder that did not answer for so long is passed over, and the next one is asked; each time it is given twice as long."""


def enrolled(db: Db, member: MemberEnrolled, at: Place, stamp: Stamp) -> bool:
    """Note where a template is and tell the others; False when the member was erased meanwhile: then the device is told to erase it."""
    if rows.is_erased(db, member.member_id):
        _order_erasure(db, member.member_id, at, stamp)
        return False
    rows.set_holder(db, member.member_id, at, "held", stamp.at_ms)
    rows.set_lost(db, member.member_id, lost=False)
    for place in rows.recognisers(db):
        if place != at and not rows.was_told(db, member.member_id, place):
            _announce(db, place, (member.member_id,), stamp)
    return True


def born(db: Db, at: Place, stamp: Stamp) -> None:
    """Tell a card of members whom it was never told of: a new device, or one that came back with an empty card."""
    if at not in rows.recognisers(db):
        return
    while ids := rows.unknown_to(db, at, ANNOUNCED_AT_ONCE):
        _announce(db, at, tuple(ids), stamp)


def requested(db: Db, asked: TemplateRequested, at: Place, stamp: Stamp) -> None:
    """Take a device's request for a template and ask a holder to seal it. Raises InvalidValueError for a member whom nobody knows."""
    if not accounts.is_member(db, asked.member_id):
        raise InvalidValueError(f"a template of {asked.member_id!r} was asked for, whom nobody knows")
    if not rows.pin_key(db, at, asked.public_key, stamp.at_ms):
        facts.alarm(db, "device_key", at.device, asked.public_key, stamp.at_ms)
    if rows.is_erased(db, asked.member_id):
        _order_erasure(db, asked.member_id, at, stamp)
        return
    forward(db, Request(asked.member_id, at, asked.public_key), stamp)


def forward(db: Db, request: Request, stamp: Stamp) -> None:
    """Ask the next holder that is there for a template; with none left say so: to the device, and to whoever reads the alarms."""
    held = [row for row in rows.holders(db, request.member_id) if row["device"] != request.place.device]
    if not held:
        rows.drop_requests(db, request.member_id, request.place)
        rows.set_lost(db, request.member_id, lost=True)
        facts.alarm(db, "member_lost", request.place.device, request.member_id, stamp.at_ms)
        downbox.put_on_card(db, (request.place.device, request.place.epoch), MembersAnnounced((request.member_id,), lost=True), stamp)
        return
    there = [row for row in held if row["online"]]
    if not there:
        rows.save_request(db, replace(request, holder="", sent_ms=stamp.at_ms))
        return
    # Whoever was asked longest ago, or never, is asked next.
    order = {device: n for n, device in enumerate(request.tried)}
    holder = min(there, key=lambda row: order.get(row["device"], -1))
    tried = (*(d for d in request.tried if d != holder["device"]), holder["device"])
    rows.save_request(db, replace(request, holder=holder["device"], tried=tried, tries=request.tries + 1, sent_ms=stamp.at_ms))
    wanted = TemplateWanted(request.member_id, request.place.device, request.place.epoch, request.public_key)
    downbox.put_on_card(db, (holder["device"], holder["epoch"]), wanted, stamp)


def sealed(db: Db, parcel: TemplateSealed, at: Place, stamp: Stamp) -> None:
    """Forward a sealed template to the device that asked, or go on to the next holder when this one no longer has it."""
    place = Place(parcel.receiver, parcel.receiver_epoch)
    request = rows.request(db, parcel.member_id, place)
    if not parcel.key_known:
        facts.alarm(db, "device_key", parcel.receiver, f"{at.device}: {parcel.member_id}", stamp.at_ms)
    if not parcel.sealed:
        rows.set_holder(db, parcel.member_id, at, "gone", stamp.at_ms)
    if request is None or rows.is_erased(db, parcel.member_id):
        return
    if parcel.sealed:
        downbox.put_on_card(db, (place.device, place.epoch), TemplateDelivered(parcel.member_id, parcel.sealed), stamp)
    else:
        forward(db, request, stamp)


def held(db: Db, told: TemplateHeld, at: Place, stamp: Stamp) -> None:
    """Note that a device keeps a template from now on; one that was erased meanwhile is to be erased there too."""
    rows.drop_requests(db, told.member_id, at)
    if rows.is_erased(db, told.member_id):
        _order_erasure(db, told.member_id, at, stamp)
        return
    rows.set_holder(db, told.member_id, at, "held", stamp.at_ms)
    rows.set_lost(db, told.member_id, lost=False)


def erase(db: Db, member_id: str, who: str, stamp: Stamp) -> None:
    """Have every device destroy a member's template and key. Raises HqError for a member whom nobody knows."""
    if not accounts.is_member(db, member_id):
        raise HqError(f"member {member_id!r} is not known")
    if not rows.is_erased(db, member_id):
        catalogue.note(db, (stamp.at_ms, who, "erase", member_id, "", ""))
    accounts.erase_member(db, member_id, stamp.at_ms)
    pins.drop(db, member_id)
    rows.drop_requests(db, member_id)
    rows.blank_parcels(db, member_id, encode_value(MemberErasureOrdered(member_id)))
    for place in rows.to_erase(db, member_id):
        _order_erasure(db, member_id, place, stamp)


def erased(db: Db, told: MemberErased, at: Place, stamp: Stamp) -> None:
    """Note a device's word that it erased a member. What began there goes on to all others; a face that was only unused for long stays
    where it is still used.
    """
    rows.acknowledge(db, told.member_id, at, told.cause, stamp.at_ms)
    if not accounts.is_member(db, told.member_id):
        return
    if told.cause != "retention" or not (rows.holders(db, told.member_id) or rows.is_wanted(db, told.member_id)):
        erase(db, told.member_id, at.device, stamp)


def locked(db: Db, told: MemberLocked, at: Place, stamp: Stamp) -> None:
    """Tell the other devices that a member is locked, or no longer."""
    rows.set_locked(db, told.member_id, told.locked)
    if not told.locked:
        pins.set_tries(db, told.member_id, 0)
    for row in rows.holders(db, told.member_id):
        if row["device"] != at.device:
            downbox.put_on_card(db, (row["device"], row["epoch"]), MemberLockOrdered(told.member_id, told.locked), stamp)


def unlock(db: Db, member_id: str, who: str, stamp: Stamp) -> None:
    """Let a member have five tries again on every device. Raises HqError for a member whom nobody knows."""
    if not accounts.is_member(db, member_id):
        raise HqError(f"member {member_id!r} is not known")
    catalogue.note(db, (stamp.at_ms, who, "unlock", member_id, "", ""))
    locked(db, MemberLocked(member_id, locked=False), Place("", ""), stamp)


def overdue(db: Db, now_ms: int) -> list[Request]:
    """Return the requests whose holder did not answer in time."""
    return rows.overdue(db, now_ms, PATIENCE_S * 1000)


def _announce(db: Db, place: Place, member_ids: tuple[str, ...], stamp: Stamp) -> None:
    for member_id in member_ids:
        rows.set_holder(db, member_id, place, "announced", stamp.at_ms)
    downbox.put_on_card(db, (place.device, place.epoch), MembersAnnounced(member_ids), stamp)


def _order_erasure(db: Db, member_id: str, place: Place, stamp: Stamp) -> None:
    rows.ask_to_erase(db, member_id, place, stamp.at_ms)
    downbox.put_on_card(db, (place.device, place.epoch), MemberErasureOrdered(member_id), stamp)
