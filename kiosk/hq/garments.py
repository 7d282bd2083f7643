"""Garments at HQ: made from uploaded photographs, corrected by hand, published to mirrors. HQ's one door to the vision room."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.frame import Picture
from kiosk.domain.garment import KINDS, Kind, Point, landmarks
from kiosk.domain.wardrobe import MOST_GARMENTS
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq.ledger import catalogue
from kiosk.hq.ledger import garments as kept
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp
from kiosk.vision.garment import Garment, Refusal, author, corrected, flat, jpeg, pack, tried_on, unpack, upload

LARGEST_BYTES = 10 * 1024 * 1024
"""Of an uploaded photograph."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A photograph that cannot be used. reason: a word of vision.flaws.REASONS; picture: a JPEG with it marked."""

    reason: str
    picture: bytes


def made(photo: bytes, name: str, kind: str) -> Garment | Refused:
    """Return the garment on an uploaded photograph, or why there is none; raise HqError for what is no photograph, name or kind.

    Slow: seconds. To be called outside of a transaction.
    """
    known: dict[str, Kind] = {k: k for k in KINDS}
    if len(photo) > LARGEST_BYTES:
        raise HqError(f"the photograph has more than {LARGEST_BYTES >> 20} MB")
    if kind not in known:
        raise HqError(f"a garment is one of {', '.join(KINDS)}")
    try:
        found = author(name, upload(photo), known[kind])
    except InvalidValueError as error:
        raise HqError(str(error)) from error
    return Refused(found.reason, jpeg(found.picture)) if isinstance(found, Refusal) else found


def keep(db: Db, garment: Garment, stamp: Stamp, who: str) -> int:
    """Publish a garment as the next version of its name; return that version. Raises HqError when there are too many."""
    before = kept.newest(db, garment.name)
    if before == 0 and len(kept.rows(db)) >= MOST_GARMENTS:
        raise HqError(f"mirrors hold up to {MOST_GARMENTS} garments: remove one first")
    version = before + 1
    body = pack(corrected(garment, {}, version))
    kept.put(db, (garment.name, version, garment.kind, body), stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "garment", garment.name, str(before), str(version)))
    return version


def correct(db: Db, name: str, places: dict[str, Point], stamp: Stamp, who: str) -> int:
    """Move a garment's landmarks to where a person put them; return the new version. Raises HqError for what cannot be."""
    try:
        return keep(db, corrected(opened(db, name), places, 0), stamp, who)
    except InvalidValueError as error:
        raise HqError(str(error)) from error


def remove(db: Db, name: str, stamp: Stamp, who: str) -> None:
    """Take a garment from the mirrors. Raises HqError when there is none of this name."""
    before = kept.newest(db, name)
    if not kept.remove(db, name, stamp.at_ms, who):
        raise HqError(f"there is no garment {name!r}")
    catalogue.note(db, (stamp.at_ms, who, "garment", name, str(before), ""))


def opened(db: Db, name: str) -> Garment:
    """Return a garment as it is published. Raises HqError when there is none of this name."""
    body = kept.body(db, name, kept.newest(db, name))
    if body is None:
        raise HqError(f"there is no garment {name!r}")
    return unpack(body)


def marks(garment: Garment) -> dict[str, Point]:
    """Return a garment's landmarks, in pixels of its picture."""
    return landmarks(garment.cut)


def picture(garment: Garment, what: str) -> bytes:
    """Return a JPEG: the garment "flat" on white, or "worn" on the test body."""
    seen: Picture = flat(garment) if what == "flat" else tried_on(garment)
    return jpeg(seen)
