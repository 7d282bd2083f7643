"""Claims: a device that knows a one-time store code gets its certificate. The first key that uses a code owns it; any other is alarmed."""

from __future__ import annotations

import base64
import secrets

from kiosk.errors import HqError, KioskError, WireError
from kiosk.hq import certificates
from kiosk.hq.ledger import catalogue, facts, fleet, trust
from kiosk.hq.ledger.store import Db, Row, savepoint
from kiosk.hq.stamp import Stamp
from kiosk.hq.trust.authority import Purpose, Subject, check_name, read_request
from kiosk.hq.trust.folder import Authority
from kiosk.sync.trust.identity import fingerprint
from kiosk.wire import claims, encode_value
from kiosk.wire.claims import ISSUED, REFUSED, WAITING, ClaimAnswer

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit."""
LETTERS, GROUP = 16, 4
CODE_DAYS = 30
_DAY_MS = 24 * 3600 * 1000


def make_codes(db: Db, store: str, count: int, stamp: Stamp, who: str, *, automatic: bool) -> list[str]:
    """Return fresh one-time codes of 80 bits, good for 30 days. automatic: a printed list, whose devices wait for nobody's approval."""
    made = []
    for _ in range(count):
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
        code = "-".join(letters[at:at + GROUP] for at in range(0, LETTERS, GROUP))
        trust.add_code(db, (claims.digest(code), store, int(automatic), stamp.at_ms, stamp.at_ms + CODE_DAYS * _DAY_MS))
        made.append(code)
    catalogue.note(db, (stamp.at_ms, who, "claim_codes", store, "", f"{count} codes{', automatic' if automatic else ''}"))
    return made


def approve(db: Db, ca: Authority, device: str, stamp: Stamp, who: str) -> None:
    """Approve the claim of a device that waits; it hears of it when it asks again, within seconds."""
    waiting = [row for row in trust.waiting_codes(db) if row["device"] == device]
    if not waiting:
        raise HqError(f"no claim of {device!r} waits: `kiosk hq ca claims` lists those that do")
    catalogue.note(db, (stamp.at_ms, who, "claim_approve", device, "waiting", "issued"))
    _issue(db, ca, waiting[-1], stamp)


class Desk:
    """Answers claims."""

    def __init__(self, ca: Authority, hq_key: str) -> None:
        """hq_key: HQ's public signing key, base64."""
        self._ca, self._hq_key = ca, hq_key

    def take(self, db: Db, message: tuple[str, bytes], stamp: Stamp) -> tuple[str, bytes] | None:
        """Take one claim in and return the answer (topic, payload); None where there is nobody to answer."""
        try:
            digest = claims.parse_request_topic(message[0])
            asked = claims.decode_request(message[1])
            name, public = read_request(asked.request)
            check_name(Subject(name, Purpose.DEVICE))
        except KioskError as error:
            facts.alarm(db, "claim_unreadable", "", str(error), stamp.at_ms)
            return None
        key = fingerprint(public)
        try:
            if name != asked.device:
                raise HqError(f"the request is of {name!r}")
            with savepoint(db):
                answer = self._answer(db, (digest, name, key, asked.request), stamp)
        except (HqError, WireError) as error:
            facts.alarm(db, "claim_refused", name, str(error), stamp.at_ms)
            answer = ClaimAnswer(key, REFUSED, str(error))
        return claims.answer_topic(digest), encode_value(answer)

    def _answer(self, db: Db, asked: tuple[str, str, str, str], stamp: Stamp) -> ClaimAnswer:
        digest, device, key, request = asked
        row = _sound_code(db, digest, stamp)
        if row["state"] == trust.FREE:
            if trust.living(db, device, stamp.at_ms):
                raise HqError(f"device {device} has a certificate that counts: revoke it first, or give the new device another id")
            trust.bind_code(db, digest, device, key, request)
            fleet.assign(db, device, row["store"], stamp.at_ms)
            row = _sound_code(db, digest, stamp)
        if (row["key"], row["device"]) != (key, device):
            raise HqError(f"its store code was used before, by the key of {row['device']}")
        if row["state"] == trust.WAITING and row["automatic"]:
            _issue(db, self._ca, row, stamp)
            row = _sound_code(db, digest, stamp)
        if row["state"] != trust.ISSUED:
            return ClaimAnswer(key, WAITING)
        roots = self._ca.roots_text()
        voucher = base64.b64encode(self._ca.vouch(claims.vouched(device, self._hq_key, roots))).decode()
        return ClaimAnswer(key, ISSUED, "", row["chain"], roots, self._hq_key, voucher)


def _sound_code(db: Db, digest: str, stamp: Stamp) -> Row:
    row = trust.code(db, digest)
    if row is None:
        raise HqError("its store code is not known: type it again as it is printed")
    if row["state"] == trust.FREE and row["ends_ms"] < stamp.at_ms:
        raise HqError("its store code has expired: ask for another one")
    return row


def _issue(db: Db, ca: Authority, row: Row, stamp: Stamp) -> None:
    made = certificates.sign_request(db, ca, row["device"], row["request"], stamp)
    trust.answer_code(db, row["digest"], made.chain)
    certificates.give_broker(db, ca, stamp)
