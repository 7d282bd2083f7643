"""Who pays with number and PIN where the face has not come yet: judged here, by marks and proofs that HQ cannot read.

Only for kiosks that do not have the member's template: where they do, the face is asked for. Unknown number, wrong PIN, locked member and
a kiosk that has the face all get the same answer.
"""

from __future__ import annotations

from kiosk.domain.events import MemberLocked, PaymentRequested
from kiosk.domain.online_pin import TRIES, PinLodged, fits, unpacked
from kiosk.errors import InvalidValueError
from kiosk.hq import members
from kiosk.hq.ledger import accounts, pins
from kiosk.hq.ledger import members as rows
from kiosk.hq.ledger.members import Place
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

TENDER = "wallet_pin"


def lodge(db: Db, lodged: PinLodged) -> None:
    """Keep what a member's PIN is judged by; of one who was erased nothing is kept. Raises InvalidValueError for what cannot be."""
    if not accounts.is_member(db, lodged.member_id) or not (lodged.key_id and lodged.mark and lodged.proof):
        raise InvalidValueError(f"a PIN of {lodged.member_id!r} was lodged, whom nobody knows, or without its marks")
    if not rows.is_erased(db, lodged.member_id):
        pins.put(db, lodged)


def payer(db: Db, asked: PaymentRequested, at: Place, stamp: Stamp) -> str:
    """Return the member whose number and PIN were shown for this payment, "" for nobody; the fifth wrong PIN in a row locks a member."""
    tried = [(row, shown) for shown in unpacked(asked.member_code) for row in pins.of_number(db, shown)
             if not rows.is_held(db, row["member_id"], at)]
    for row, shown in tried:
        if fits(row["proof"], asked.intent_id, shown):
            pins.set_tries(db, row["member_id"], 0)
            return str(row["member_id"])
    for row, _shown in tried:
        pins.set_tries(db, row["member_id"], row["tries"] + 1)
        if row["tries"] + 1 == TRIES:
            members.locked(db, MemberLocked(row["member_id"], locked=True), at, stamp)
    return ""
