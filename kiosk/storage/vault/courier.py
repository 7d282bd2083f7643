"""Takes members from one device's vault to another's, sealed on the way; and the device's word on what a member agreed to."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace

from kiosk import wire
from kiosk.errors import VaultError, WireError
from kiosk.storage.vault import travel
from kiosk.storage.vault.members import Vault
from kiosk.storage.vault.records import Consent, Parcel, Peer

log = logging.getLogger(__name__)


class Courier:
    """What leaves and what enters one device's vault."""

    def __init__(self, vault: Vault, device: str, epoch: str) -> None:
        """device, epoch: who we are; what comes must be sealed to both."""
        self._vault, self._device = vault, device
        self._me = Peer(device, epoch, travel.public_of(vault.keys.own("exchange")))

    @property
    def public_key(self) -> str:
        """This device's X25519 public key in base64: what HQ hands to those who seal for us."""
        return base64.b64encode(self._me.key).decode()

    def sealed_for(self, member_id: str, receiver: Peer) -> tuple[str, bool]:
        """Return (a member's parcel sealed to one device, in base64; whether its key is the one it was first met with).

        The parcel is "" when the member is not here. Raises VaultError for a key that cannot be.
        """
        parcel = self._vault.parcel(member_id)
        if parcel is None:
            return "", True
        sealed = travel.seal(wire.encode_value(parcel), member_id, receiver)
        same = self._vault.keys.pin(receiver.device, receiver.epoch, receiver.key)
        if not same:
            log.warning("device %s has another key than the one it was first met with: HQ alarms this", receiver.device)
        return base64.b64encode(sealed).decode(), same

    def receive(self, member_id: str, sealed: str) -> bool:
        """Keep a member who came; False when that member was erased here. Raises VaultError when it was not sealed for us."""
        try:
            plain = travel.unseal(base64.b64decode(sealed, validate=True), member_id, self._me, self._vault.keys.own("exchange"))
            parcel: Parcel = wire.decode_value(plain, Parcel)
        except (WireError, ValueError) as error:
            raise VaultError(f"a template that came for member {member_id} cannot be read: it is dropped") from error
        if parcel.member_id != member_id:
            raise VaultError(f"a template that came for member {member_id} is somebody else's: it is dropped")
        return self._vault.unpack(parcel)

    def witness(self, member_id: str, consent: Consent) -> Consent:
        """Return a consent with this device's signature on it."""
        public = travel.signed(self._vault.keys.own("signing"), b"")[0]
        seen = replace(consent, device=self._device, key=base64.b64encode(public).decode())
        return replace(seen, proof=base64.b64encode(travel.signed(self._vault.keys.own("signing"), seen.statement(member_id))[1]).decode())


def holds(consent: Consent, member_id: str) -> bool:
    """Return whether the signature under a consent is that of the device which it names."""
    try:
        key, proof = (base64.b64decode(text, validate=True) for text in (consent.key, consent.proof))
    except ValueError:
        return False
    return travel.is_signed(key, proof, consent.statement(member_id))
