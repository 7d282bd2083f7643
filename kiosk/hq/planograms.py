"""Planograms as HQ edits them: slots and plates read from a table or from the editor, checked, laid out, and sent to their device."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from kiosk.domain.catalog import Cell, Planogram, Plate
from kiosk.domain.gtin import gtin
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import downbox
from kiosk.hq.ledger import catalogue
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

_SLOT_MM, _GAP_MM = 120.0, 10.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
LONGEST_MM = 20_000.0


def cell(fields: dict[str, str], sold: Collection[str], plates: Collection[str]) -> Cell:
    """Return a slot from texts: slot, gtin, capacity, reorder_point, case_pack, and perhaps plates, shelf, x_mm, width_mm.

    sold: GTINs that HQ knows; plates: load cells that the device has. Raises InvalidValueError that says what is wrong.
    """
    slot = name(fields["slot"], "slot")
    code = gtin(fields["gtin"])
    if code not in sold:
        raise InvalidValueError(f"product {code} is not known: import products first")
    capacity, reorder_point, case_pack = (_count(fields[c], c) for c in ("capacity", "reorder_point", "case_pack"))
    if not capacity > 0 or not reorder_point < capacity or not case_pack > 0:
        sizes = f"capacity {capacity}, reorder point {reorder_point}, case pack {case_pack}"
        raise InvalidValueError(f"slot {slot}: {sizes} do not go together")
    on = tuple(fields.get("plates", "").split())
    if lost := [p for p in on if p not in plates]:
        raise InvalidValueError(f"slot {slot} stands on plate {lost[0]}, which this device has not: import plates first")
    shelf = fields.get("shelf", "")
    return Cell(slot, code, capacity, reorder_point, case_pack, on, name(shelf, "shelf") if shelf else "",
                _millimetres(fields.get("x_mm", ""), "x_mm"), _millimetres(fields.get("width_mm", ""), "width_mm"))


def plate(fields: dict[str, str]) -> Plate:
    """Return a load cell from texts: cell, shelf, x_mm, width_mm."""
    return Plate(name(fields["cell"], "cell"), name(fields["shelf"], "shelf"), _millimetres(fields["x_mm"], "x_mm"),
                 _millimetres(fields["width_mm"], "width_mm"))


def name(text: str, what: str) -> str:
    """Return a name of up to 32 letters, digits, dots, dashes and underscores."""
    if not _NAME.fullmatch(text):
        raise InvalidValueError(f"{what} {text[:40]!r}: up to 32 letters, digits, dots, dashes and underscores are a name")
    return text


def save(db: Db, device: str, cells: Iterable[Cell], plates: Iterable[Plate] | None, stamp: Stamp, who: str) -> Planogram:
    """Make and send the next version of a device's planogram, and return it; the present one when nothing changed.

    plates: None for those that it has. Raises InvalidValueError for slots and plates that do not go together.
    """
    before = catalogue.planogram(db, device)
    kept = tuple(plates) if plates is not None else before.plates if before else ()
    made = Planogram((before.version if before else 0) + 1, device, tuple(cells), kept)
    if before is not None and (before.cells, before.plates) == (made.cells, made.plates):
        return before
    downbox.put_planogram(db, made, stamp)
    catalogue.note(db, (stamp.at_ms, who, "planogram", device, str(made.version - 1), str(made.version)))
    return made


Drawn = tuple[Sequence[dict[str, str]], Sequence[dict[str, str]]]


def edited(db: Db, device: str, version: int, stamp: Stamp, who: str, drawn: Drawn) -> Planogram:
    """Save what the editor drew: (slots, plates) as texts. version: that it began with; HqError when somebody saved another meanwhile."""
    before = catalogue.planogram(db, device)
    if version != (before.version if before else 0):
        raise HqError(f"somebody saved version {before.version if before else 0} of {device} meanwhile: load the page again")
    plates = tuple(plate(one) for one in drawn[1])
    sold = {product.gtin for product in catalogue.products(db)}
    return save(db, device, [cell(one, sold, {p.cell for p in plates}) for one in drawn[0]], plates, stamp, who)


def laid_out(plan: Planogram) -> Planogram:
    """Return a planogram in which every slot has a place: those without stand side by side, on the board that their name begins with."""
    placed: list[Cell] = []
    for shelf, group in groupby(plan.cells, lambda c: c.shelf or _board(c.slot)):
        x = 0.0
        for one in group:
            width = one.width_mm or _SLOT_MM
            at = one.x_mm if one.width_mm else x
            placed.append(replace(one, shelf=shelf, x_mm=at, width_mm=width))
            x = at + width + _GAP_MM
    return replace(plan, cells=tuple(placed))


def _board(slot: str) -> str:
    return re.sub(r"[0-9]+$", "", slot) or slot


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise InvalidValueError(f"{what}: {text!r} is no count of pieces")
    return int(text)


def _millimetres(text: str, what: str) -> float:
    try:
        value = float(text.replace(",", ".") or 0)
    except ValueError as error:
        raise InvalidValueError(f"{what}: {text!r} is no length in millimetres") from error
    if not 0 <= value <= LONGEST_MM:
        raise InvalidValueError(f"{what}: {text!r} is not between 0 and {LONGEST_MM:g} mm")
    return round(value, 1)
