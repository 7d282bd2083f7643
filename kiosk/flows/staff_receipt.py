"""Staff mode with a receipt in hand: find the sale, print it again, give money back."""

from __future__ import annotations

from kiosk import wire
from kiosk.design.amounts import money
from kiosk.design.words import say
from kiosk.domain.catalog import Product
from kiosk.domain.events import SaleCompleted, SaleRefunded
from kiosk.domain.money import Money
from kiosk.domain.receipt import token
from kiosk.domain.refund import Pieces, left, reckon
from kiosk.flows.staff_desk import Desk, Page, Told, tender_word
from kiosk.flows.stock import Movement, move
from kiosk.storage.store import Unit
from kiosk.ui import views

_DIGITS = 9


class FindReceipt:
    """Type the number of a receipt, or hold its code before the camera. wish: refund or reprint."""

    def __init__(self, desk: Desk, wish: str) -> None:
        self._desk, self._wish = desk, wish
        self._number = ""
        self._wrong = ""

    def touch(self, target: str) -> Page | None:
        """Take a touch."""
        if target == "back":
            return self._desk.menu(self._desk)
        if target.startswith("key:") and len(self._number) < _DIGITS:
            self._number, self._wrong = self._number + target.removeprefix("key:"), ""
        elif target == "erase":
            self._number = self._number[:-1]
        elif target == "ok" and self._number:
            with self._desk.parts.store.snapshot() as unit:
                sale = unit.prints.find(f"{self._desk.parts.settings.device.id}-{int(self._number):06d}")
            self._number = ""
            return self._found(sale)
        return self

    def look(self) -> Page | None:
        """Look for the code of a receipt before the camera; return the page that it leads to, None when there is none."""
        for text in self._desk.till.seen_codes() if self._desk.till else ():
            with self._desk.parts.store.snapshot() as unit:
                sale = _of_code(unit, text)
            if sale is not None:
                return self._found(sale)
        return None

    def _found(self, sale: SaleCompleted | None) -> Page:
        if sale is None:
            self._wrong = "receipt_unknown"
            return self
        if self._wish == "reprint":
            copies = self._desk.press.again(sale, self._desk)
            lines = ((say("staff.report.receipt", self._desk.language), sale.receipt),
                     (say("staff.report.duplicate", self._desk.language), str(copies)))
            return Told(self._desk, "reprint", lines)
        return GiveBack(self._desk, sale)

    def view(self) -> views.View:
        """Return what to show."""
        shown = self._number or f"{self._desk.parts.settings.device.id}-…"
        return views.StaffNumber(self._desk.status(), f"receipt_{self._wish}", shown, len(self._number), self._wrong)


def _of_code(unit: Unit, text: str) -> SaleCompleted | None:
    """Return the sale whose receipt carries this code: an address that ends in its token, or its number first."""
    known = unit.prints.find(text.split(" ", maxsplit=1)[0])
    if known is not None:
        return known
    wanted = text.rstrip("/").rpartition("/")[2]
    return next((sale for sale in unit.sales.recent(_RECENT) if token(sale) == wanted), None)


_RECENT = 5000
"""A receipt's code is looked for among so many sales; an older receipt is found by its number."""


class GiveBack:
    """Choose what comes back and where the goods go; the money goes to the tender that paid."""

    def __init__(self, desk: Desk, sale: SaleCompleted) -> None:
        self._desk, self._sale = desk, sale
        self._chosen: dict[int, int] = {}
        self._page = 0

    def touch(self, target: str) -> Page | None:
        """Take a touch: a line goes round from none of its pieces to all that are left."""
        if target == "back":
            return self._desk.menu(self._desk)
        room = left(self._sale, self._back()[0])
        if target.startswith("line:"):
            index = int(target.removeprefix("line:"))
            if index in room:
                self._chosen[index] = (self._chosen.get(index, 0) + 1) % (room[index] + 1)
        elif target == "whole":
            self._chosen = {} if self._chosen == room else dict(room)
        elif target == "more":
            self._page += 1
        elif target in ("restock", "write_off") and any(self._chosen.values()):
            return self._refund(restock=target == "restock")
        return self

    def _back(self) -> tuple[Pieces, Pieces]:
        """Return the pieces of each line that came back so far, and those of them that HQ took back."""
        with self._desk.parts.store.snapshot() as unit:
            return unit.refunds.before(self._sale.sale_id), unit.refunds.before(self._sale.sale_id, by_hq=True)

    def _fits(self, room: Pieces) -> bool:
        """Whether all that is chosen can still come back; what cannot any more is let go: HQ may give it back while staff chooses."""
        kept = {i: min(n, room.get(i, 0)) for i, n in self._chosen.items()}
        fits, self._chosen = kept == self._chosen, kept
        return fits

    def _refund(self, restock: bool) -> Page:
        desk, sale = self._desk, self._sale
        with desk.parts.store.unit() as unit:
            before = unit.refunds.before(sale.sale_id)
            if not self._fits(left(sale, before)):
                return self
            reckoned = reckon(sale, before, self._chosen)
            refund = SaleRefunded(
                desk.parts.new_id(), sale.sale_id, unit.sales.next_receipt(f"{desk.parts.settings.device.id}-R"), reckoned.lines,
                reckoned.amount_minor, sale.currency, reckoned.vat, sale.tender, sale.member_id,
                "returned" if restock else "written_off", desk.who)
            unit.refunds.add(refund, sorted((i, n) for i, n in self._chosen.items() if n))
            seal = unit.journal.sealed("refund", wire.encode_event(unit.facts.record(refund)))
            desk.record(unit, "refund", {"receipt": sale.receipt, "refund": refund.receipt, "amount_minor": str(refund.amount_minor)})
            unit.tallies.add("refunds")
            if restock:
                _restock(unit, refund, desk)
        desk.press.refund(refund, seal, desk.language)
        amount = money(Money(refund.amount_minor, refund.currency), desk.language)
        lines = ((say("staff.report.receipt", desk.language), sale.receipt), (say("staff.report.given_back", desk.language), amount),
                 (say("staff.report.to", desk.language), say(f"tender.{tender_word(sale.tender)}", desk.language)))
        return Told(desk, "refund", lines)

    def view(self) -> views.View:
        """Return what to show."""
        before, by_hq = self._back()
        room = left(self._sale, before)
        self._fits(room)
        names, language = self._desk.shop, self._desk.language
        lines = tuple(_line_view(self._sale, i, (room.get(i, 0), by_hq.get(i, 0)), names.listed(line.gtin), language)
                      for i, line in enumerate(self._sale.lines))
        chosen = tuple((i, n) for i, n in sorted(self._chosen.items()) if n)
        return views.StaffLines(self._desk.status(), "refund", lines, chosen, self._due(before), self._page)

    def _due(self, before: Pieces) -> Money | None:
        if not any(self._chosen.values()):
            return None
        return Money(reckon(self._sale, before, self._chosen).amount_minor, self._sale.currency)


def _line_view(sale: SaleCompleted, index: int, pieces: tuple[int, int], product: Product | None, language: str) -> views.LineView:
    """pieces: those that are left, and those that HQ gave back."""
    room, by_hq = pieces
    line = sale.lines[index]
    name = product.name(language) if product else line.gtin
    if line.kind == "deposit":
        name = f"{say('pay.deposits', language)} · {name}"
    note = "" if room == line.quantity else say("staff.lines.left", language, count=room)
    if by_hq:
        note = say("staff.lines.left_hq", language, left=note, count=by_hq) if room else say("staff.lines.by_hq", language, count=by_hq)
    return views.LineView(name, line.quantity, Money(line.amount_minor, sale.currency), note, product.picture if product else "", not room)


def _restock(unit: Unit, refund: SaleRefunded, desk: Desk) -> None:
    planogram = unit.planogram.get()
    slots = {cell.gtin: cell.slot for cell in planogram.cells} if planogram else {}
    for line in refund.lines:
        if line.kind == "goods" and line.gtin in slots:
            move(unit, Movement(slots[line.gtin], line.gtin, line.quantity, "return"), desk.parts.new_id)
