"""Forgetting a member: template and key are destroyed, the journal and HQ are told."""

from __future__ import annotations

from kiosk import wire
from kiosk.domain.events import MemberErased
from kiosk.flows.parts import Parts
from kiosk.storage.vault import Vault


def forget(parts: Parts, vault: Vault, member_id: str, cause: str) -> bool:
    """Destroy a member's template and key; return whether this device held them. Told all the same: HQ waits for the word of each device.

    The vault first: a power cut in between leaves nothing to erase but the word to HQ, and asking again is harmless.
    """
    held = vault.erase(member_id, parts.clock.now().date().isoformat())
    with parts.store.unit(use_reserve=True) as unit:
        unit.journal.append("member", wire.encode_event(unit.facts.record(MemberErased(member_id, cause))))
        unit.erasures.done(member_id)
    return held
