"""Receipts as they stand on paper: lines of 32 or 48 columns; a Chinese character takes two."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kiosk.design.amounts import money, number
from kiosk.design.offers import weighed
from kiosk.design.words import known, say
from kiosk.domain.events import SaleCompleted, SaleLine, SaleRefunded
from kiosk.domain.money import Money, exponent
from kiosk.domain.receipt import vat_rows

Align = Literal["left", "centre"]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line. big: twice as high and wide, so it takes half as many characters."""

    text: str
    bold: bool = False
    big: bool = False
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a printer prints, from top to bottom. qr: text of the code under the lines, "" for none; foot: lines under the code."""

    columns: int
    lines: tuple[PaperLine, ...]
    qr: str = ""
    foot: tuple[PaperLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a receipt is set. when: ready to read. address: of the page that shows it again, "" for none. signature: the excerpt.

    copy: 0 for the receipt itself, n for its n-th duplicate. names: GTIN -> product; offers: promotion -> its name.
    """

    columns: int
    language: str
    store: str
    when: str
    names: Callable[[str], str]
    offers: Mapping[str, str]
    address: str = ""
    signature: str = ""
    copy: int = 0
    training: bool = False


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def receipt(sale: SaleCompleted, sheet: Sheet) -> Paper:
    """Return the receipt of a sale."""
    body = [*_head(sheet, sale.receipt), *(row for line in sale.lines for row in _goods(line, sale.currency, sheet))]
    body += [_rule(sheet), *_pair(sheet, _word("total", sheet), _money(sale.total_minor, sale.currency, sheet), big=True)]
    saved = sum(line.discount_minor for line in sale.lines)
    if saved:
        body += _pair(sheet, _word("saved", sheet), _money(saved, sale.currency, sheet))
    body += _pair(sheet, _word("paid_by", sheet), _tender(sale.tender, sheet))
    body += _vat_table(sale, sheet)
    if sale.offline:
        body += _block(_word("offline", sheet), sheet)
    foot = [PaperLine(piece, align="centre") for piece in wrapped(_word("thanks", sheet), sheet.columns)]
    if sheet.signature:
        body += _pair(sheet, _word("signature", sheet), sheet.signature)
    if sheet.address:
        foot = [PaperLine(piece, align="centre") for piece in wrapped(_word("again", sheet), sheet.columns)] + foot
    return Paper(sheet.columns, tuple(body), sheet.address, tuple(foot))


def refund_slip(refund: SaleRefunded, sheet: Sheet) -> Paper:
    """Return the slip of a refund."""
    body = [*_head(sheet, refund.receipt), *_block(_word("refund", sheet), sheet, bold=True)]
    body += [row for line in refund.lines for row in _goods(line, refund.currency, sheet)]
    body += [_rule(sheet), *_pair(sheet, _word("given_back", sheet), _money(refund.amount_minor, refund.currency, sheet), big=True)]
    body += _pair(sheet, _word("back_to", sheet), _tender(refund.tender, sheet))
    body += [row for rate, vat in sorted(refund.vat.items(), key=lambda pair: int(pair[0]))
             for row in _pair(sheet, f"{_word('vat', sheet)} {_rate(int(rate), sheet)}", _money(vat, refund.currency, sheet))]
    if sheet.signature:
        body += _pair(sheet, _word("signature", sheet), sheet.signature)
    return Paper(sheet.columns, tuple(body))


def _head(sheet: Sheet, number_: str) -> list[PaperLine]:
    head = [PaperLine(piece, bold=True, big=True, align="centre") for piece in wrapped(sheet.store, sheet.columns // 2)]
    if sheet.training:
        head += [PaperLine(piece, bold=True, align="centre") for piece in wrapped(_word("training", sheet), sheet.columns)]
    if sheet.copy:
        head.append(PaperLine(_word("duplicate", sheet, n=sheet.copy), bold=True, align="centre"))
    return [*head, *_pair(sheet, f"{_word('number', sheet)} {number_}", sheet.when), _rule(sheet)]


def _goods(line: SaleLine, currency: str, sheet: Sheet) -> list[PaperLine]:
    name = sheet.names(line.gtin)
    if line.kind == "deposit":
        name = f"{say('pay.deposits', sheet.language)} {name}"
    full = _money(line.unit_minor * line.quantity, currency, sheet)
    rows = _pair(sheet, name if line.quantity == 1 else f"{line.quantity} × {name}", full)
    if line.grams:
        rows += _block("  " + weighed(line.grams, Money(line.kilo_minor, currency), sheet.language), sheet)
    elif line.quantity > 1:
        rows += _block("  " + _word("each", sheet, price=_money(line.unit_minor, currency, sheet)), sheet)
    offers = line.offers or ({line.promotion: line.discount_minor} if line.discount_minor else {})
    for offer, minor in offers.items():
        rows += _pair(sheet, "  " + sheet.offers.get(offer, offer), "\u2212" + _money(minor, currency, sheet))
    return rows


def _vat_table(sale: SaleCompleted, sheet: Sheet) -> list[PaperLine]:
    heads = [_word(k, sheet) for k in ("vat", "net", "tax", "gross")]
    table = [[_rate(row.permille, sheet), *(_plain(Money(minor, sale.currency), sheet)
                                            for minor in (row.net_minor, row.vat_minor, row.gross_minor))] for row in vat_rows(sale)]
    if any(width(cell) >= sheet.columns // 4 for row in table for cell in row[1:]):
        # Amounts as wide as their columns would run into each other: each has a line of its own.
        return [_rule(sheet), *(line for rate, *amounts in table for line in (
            PaperLine(f"{heads[0]} {rate}", bold=True),
            *(piece for head, amount in zip(heads[1:], amounts, strict=True) for piece in _pair(sheet, f"  {head}", amount))))]
    return [_rule(sheet), PaperLine(_columns(heads, sheet.columns), bold=True),
            *(PaperLine(_columns(row, sheet.columns)) for row in table)]


def _plain(amount: Money, sheet: Sheet) -> str:
    places = exponent(amount.currency)
    return f"{Decimal(amount.minor).scaleb(-places):.{places}f}".replace(".", "," if sheet.language == "fr" else ".")


def _rate(permille: int, sheet: Sheet) -> str:
    return f"{number(Decimal(permille).scaleb(-1).normalize(), sheet.language)}%"


def _tender(tender: str, sheet: Sheet) -> str:
    return say(f"tender.{tender if known(f'tender.{tender}') else 'other'}", sheet.language)


def _word(key: str, sheet: Sheet, **values: object) -> str:
    return say(f"receipt.{key}", sheet.language, **values)


def _money(minor: int, currency: str, sheet: Sheet) -> str:
    # Printers have no narrow space; one that does not break is a plain space to them.
    return money(Money(minor, currency), sheet.language).replace("\u202f", " ").replace("\xa0", " ")


def _rule(sheet: Sheet) -> PaperLine:
    return PaperLine("-" * sheet.columns)


def _block(text: str, sheet: Sheet, bold: bool = False) -> list[PaperLine]:
    return [PaperLine(piece, bold) for piece in wrapped(text.replace("\xa0", " "), sheet.columns)]


def _pair(sheet: Sheet, left: str, right: str, big: bool = False) -> list[PaperLine]:
    """Set a name and a value on one line, the name on lines of its own above when both do not fit. big: bold, and big if the value fits."""
    left, right = left.replace("\u202f", " ").replace("\xa0", " "), right.replace("\u202f", " ").replace("\xa0", " ")
    bold, big = big, big and width(right) <= sheet.columns // 2
    room = sheet.columns // 2 if big else sheet.columns
    pieces = wrapped(left, room)
    gap = room - width(pieces[-1]) - width(right)
    if gap < 1:
        return [*(PaperLine(p, bold, big) for p in pieces), PaperLine(" " * max(0, room - width(right)) + right, bold, big)]
    return [*(PaperLine(p, bold, big) for p in pieces[:-1]), PaperLine(pieces[-1] + " " * gap + right, bold, big)]


def _columns(cells: list[str], columns: int) -> str:
    first, share = columns // 4 + columns % 4, columns // 4
    text = cells[0] + " " * (first - width(cells[0]))
    return text + "".join(" " * (share - width(cell)) + cell for cell in cells[1:])


def wrapped(text: str, columns: int) -> list[str]:
    """Return a text in pieces of at most so many columns, broken at spaces, inside a word only where it is longer than a line."""
    indent = text[:len(text) - len(text.lstrip(" "))]
    pieces, line = [], indent
    for word in text.split():
        if width(line) + width(word) + (1 if line.strip() else 0) <= columns:
            line = f"{line} {word}" if line.strip() else line + word
            continue
        if line.strip():
            pieces.append(line)
        line = indent
        for character in word:
            if width(line) + width(character) > columns:
                pieces.append(line)
                line = indent
            line += character
    return [*pieces, line] if line.strip() or not pieces else pieces
