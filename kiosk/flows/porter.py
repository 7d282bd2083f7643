"""What HQ says about members, done in the vault: ask for those who enrolled elsewhere, hand over sealed, take in, lock, tell it all."""

from __future__ import annotations

import base64
import binascii
import logging
from datetime import UTC, datetime, timedelta

import numpy as np

from kiosk.domain.events import Event, MemberErased, TemplateHeld, TemplateRequested, TemplateSealed
from kiosk.domain.identity import Policy
from kiosk.domain.orders import MemberLockOrdered, MembersAnnounced, Order, TemplateDelivered, TemplateWanted
from kiosk.errors import VaultError
from kiosk.flows.forget import forget
from kiosk.flows.parts import Parts
from kiosk.flows.twins import TwinSearch
from kiosk.storage.vault import Courier, Peer, Vault

log = logging.getLogger(__name__)

AT_ONCE = 5
"""Orders done between two pictures: sealing one takes about a millisecond."""
LOOK_EVERY_S = 3600.0
JUMP = timedelta(days=2)
"""A clock that moved on by more than this between two looks may have jumped: nobody is erased before it ran on steadily for a day."""
STEADY = timedelta(days=1)


class Porter:
    """Minds the vault's door for one device."""

    def __init__(self, parts: Parts, vault: Vault) -> None:
        self._parts, self._vault = parts, vault
        self._courier = Courier(vault, parts.store.device, parts.store.epoch)
        self._version = -1
        self._searches: list[tuple[str, TwinSearch]] = []

    def tick(self) -> None:
        """Do a few of the orders that wait; compare who came with who is here, a part at a time."""
        self._look_for_twins()
        version = self._parts.store.data_version()
        if version == self._version:
            return
        with self._parts.store.snapshot() as unit:
            waiting = unit.vault_orders.queued(AT_ONCE)
        if not waiting:
            self._version = version
        for number, order in waiting:
            told = self._done(order)
            with self._parts.store.unit(use_reserve=True) as unit:
                for event in told:
                    unit.facts.record(event)
                    if isinstance(event, TemplateHeld) and unit.settings.get(f"enrol_again.{event.member_id}"):
                        unit.settings.put(f"enrol_again.{event.member_id}", "")
                if isinstance(order, MembersAnnounced) and order.lost:
                    for member_id in order.member_ids:
                        unit.settings.put(f"enrol_again.{member_id}", "1")
                unit.vault_orders.done(number)

    def _done(self, order: Order) -> list[Event]:
        """Do one order in the vault and return what is to be told of it; doing it twice does no harm."""
        if isinstance(order, MembersAnnounced):
            return [] if order.lost else [self._wish(member_id) for member_id in order.member_ids if not self._vault.is_erased(member_id)]
        if isinstance(order, TemplateWanted):
            return self._hand_over(order)
        if isinstance(order, TemplateDelivered):
            return self._take_in(order)
        if isinstance(order, MemberLockOrdered):
            self._vault.lock(order.member_id, order.locked)
        return []

    def _wish(self, member_id: str) -> Event:
        if member_id in self._vault:
            return TemplateHeld(member_id)
        return TemplateRequested(member_id, self._courier.public_key)

    def _hand_over(self, wanted: TemplateWanted) -> list[Event]:
        try:
            key = base64.b64decode(wanted.public_key, validate=True)
            sealed, known = self._courier.sealed_for(wanted.member_id, Peer(wanted.receiver, wanted.receiver_epoch, key))
        except (VaultError, binascii.Error) as error:
            log.warning("the template of %s is not handed over to %s: %s", wanted.member_id, wanted.receiver, error)
            return []
        return [TemplateSealed(wanted.member_id, wanted.receiver, wanted.receiver_epoch, sealed, known)]

    def _take_in(self, parcel: TemplateDelivered) -> list[Event]:
        try:
            kept = self._courier.receive(parcel.member_id, parcel.sealed)
        except VaultError as error:
            log.error("%s", error)
            return []
        if not kept:
            return [MemberErased(parcel.member_id, "hq")]
        log.info("member %s came from another device", parcel.member_id)
        told = self._vault.export(parcel.member_id, numbers=True)
        if told and not told["key_on_card"]:
            template = np.array(told["template"], np.float32)
            self._searches.append((parcel.member_id, TwinSearch(self._vault, template, Policy(), parcel.member_id)))
        return [TemplateHeld(parcel.member_id)]

    def _look_for_twins(self) -> None:
        if not self._searches:
            return
        member_id, search = self._searches[0]
        search.step()
        if search.done:
            self._searches.pop(0)
            for twin in (member_id, *search.found) if search.found else ():
                self._vault.ask_pin_always(twin)


class Retention:
    """Erases faces that nobody paid with for as long as [members] retention_days says; HQ is told."""

    def __init__(self, parts: Parts, vault: Vault) -> None:
        self._parts, self._vault = parts, vault
        self._looked_s = float("-inf")

    def tick(self) -> None:
        """Look once an hour. A clock that may have jumped has to run on steadily for a day first: it must not erase everybody."""
        now_s = self._parts.clock.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        now = self._parts.clock.now()
        if not self._steady(now):
            return
        day = (now - timedelta(days=self._parts.settings.members.retention_days)).date().isoformat()
        for member_id in self._vault.unused_since(day):
            forget(self._parts, self._vault, member_id, "retention")
            log.info("a member was erased: not used since before %s", day)

    def _steady(self, now: datetime) -> bool:
        with self._parts.store.unit(use_reserve=True) as unit:
            noted = (unit.settings.get("clock_seen"), unit.settings.get("clock_steady_since"))
            last, since = (datetime.fromisoformat(text or now.isoformat()) for text in noted)
            if not timedelta(0) <= now - last <= JUMP:
                since = now
            unit.settings.put("clock_seen", now.astimezone(UTC).isoformat())
            unit.settings.put("clock_steady_since", since.astimezone(UTC).isoformat())
        return now - since >= STEADY
