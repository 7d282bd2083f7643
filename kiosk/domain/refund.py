"""What goes back for goods of a sale: in parts or whole, never more than was paid, and all parts add up to the sale to the last cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk.domain.events import SaleCompleted, SaleLine
from kiosk.domain.money import share
from kiosk.domain.orders import GivenLine
from kiosk.errors import InvalidValueError

Pieces = Mapping[int, int]
"""Index of the sale's line -> pieces."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What goes back. lines: pieces of the sale's lines, amounts positive. vat: permille as text -> VAT contained."""

    lines: tuple[SaleLine, ...]
    amount_minor: int
    vat: dict[str, int]


def left(sale: SaleCompleted, before: Pieces) -> dict[int, int]:
    """Return the pieces of each line that have not come back yet; lines without any are left out."""
    found = {i: line.quantity - before.get(i, 0) for i, line in enumerate(sale.lines)}
    return {i: pieces for i, pieces in found.items() if pieces > 0}


def allot(sale: SaleCompleted, before: Pieces, given: Iterable[GivenLine]) -> dict[int, int]:
    """Return the pieces of each line that HQ took back after `before`.

    They go to the line that is named and beyond its room to other lines of the same goods; what finds no room anywhere is left out.
    """
    room, found = left(sale, before), dict[int, int]()
    for back in given:
        pieces = back.quantity
        for i in sorted((i for i in room if sale.lines[i].gtin == back.gtin), key=lambda i: i != back.line):
            taken = max(0, min(pieces, room[i]))
            room[i], pieces = room[i] - taken, pieces - taken
            found[i] = found.get(i, 0) + taken
    return {i: n for i, n in found.items() if n}


def reckon(sale: SaleCompleted, before: Pieces, chosen: Pieces) -> Reckoning:
    """Return what goes back for `chosen` after `before` went back already; raise InvalidValueError for more than there is, or nothing.

    Every amount is what is due for all pieces up to now less what was due before, so odd cents neither vanish nor come twice.
    """
    room = left(sale, before)
    wanted = {i: n for i, n in sorted(chosen.items()) if n}
    if not wanted or any(n < 0 or n > room.get(i, 0) for i, n in wanted.items()):
        raise InvalidValueError(f"sale {sale.receipt}: {dict(chosen)} pieces cannot come back, {room} are left")
    lines = tuple(_part(sale.lines[i], before.get(i, 0), n) for i, n in wanted.items())
    first, after = _gross(sale, before), _gross(sale, {i: before.get(i, 0) + wanted.get(i, 0) for i in range(len(sale.lines))})
    vat = {str(rate): _contained(after[rate], rate) - _contained(first[rate], rate)
           for rate in sorted(after) if any(line.vat_permille == rate for line in lines)}
    return Reckoning(lines, sum(line.amount_minor for line in lines), vat)


def _part(line: SaleLine, before: int, pieces: int) -> SaleLine:
    def part(amount: int) -> int:
        return share(amount, before + pieces, line.quantity) - share(amount, before, line.quantity)

    amount = part(line.amount_minor)
    return SaleLine(line.gtin, pieces, line.unit_minor, line.unit_minor * pieces - amount, amount, line.vat_permille, line.promotion,
                    line.kind, line.grams, line.kilo_minor)


def _gross(sale: SaleCompleted, pieces: Pieces) -> dict[int, int]:
    gross: dict[int, int] = {}
    for i, line in enumerate(sale.lines):
        gross[line.vat_permille] = gross.get(line.vat_permille, 0) + share(line.amount_minor, pieces.get(i, 0), line.quantity)
    return gross


def _contained(gross: int, rate: int) -> int:
    return share(gross, rate, 1000 + rate)
