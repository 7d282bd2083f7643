"""Tables from a spreadsheet: products, planograms and promotions as CSV. All mistakes at once, then a preview, then one transaction."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from kiosk.domain.catalog import Cell, CodeFormat, Planogram, Plate, PriceList, Product, Promotion
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import import_goods, planograms, publish
from kiosk.hq.import_goods import Fields, plain, price
from kiosk.hq.ledger import catalogue
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

__all__ = ["COLUMNS", "LARGEST_BYTES", "OPTIONAL", "Change", "Mistake", "Preview", "apply", "plain", "price", "read"]

COLUMNS = {
    "products": ("gtin", "name_fr", "name_en", "name_zh", "price", "vat", "unit_weight_g", "picture", "garment"),
    "planogram": ("device", "slot", "gtin", "capacity", "reorder_point", "case_pack"),
    "plates": ("device", "cell", "shelf", "x_mm", "width_mm"),
    "promotions": ("id", "kind", "gtin", "name_fr", "name_en", "name_zh", "percent", "take", "pay"),
    "codes": ("prefix", "kind", "item_digits", "value_digits", "decimals", "verifier"),
}
OPTIONAL = {
    "planogram": ("plates", "shelf", "x_mm", "width_mm"),
    "products": ("sold_by", "deposit", "deposit_vat", "min_age", "category", "keeps_days", "style", "size", "origin",
                 "matches"),
    "promotions": ("gtins", "price", "threshold", "off", "member", "coupon", "days", "from", "until"),
}
"""Columns that a table may have; plates, gtins and matches are names with blanks between them."""
LARGEST_BYTES = 2 * 1024 * 1024
_REST = "\n"
"""Where fields beyond the header are put: no name of a column, and not the empty one of columns that a spreadsheet has left over."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a line of the file; line 1 is the header."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would do. kind: new | changed | same; details: what would change, as (column, before, after)."""

    kind: str
    subject: str
    name: str
    details: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What was read. Nothing can be applied while there are mistakes."""

    table: str
    mistakes: tuple[Mistake, ...]
    changes: tuple[Change, ...]
    products: tuple[Product, ...] = ()
    cells: tuple[tuple[str, Cell], ...] = ()
    promotions: tuple[Promotion, ...] = ()
    plates: tuple[tuple[str, Plate], ...] = ()
    formats: tuple[CodeFormat, ...] = ()
    ended: tuple[str, ...] = ()


def read(db: Db, table: str, content: bytes, currency: str) -> Preview:
    """Read a CSV file (UTF-8; comma or semicolon) of products, planogram, plates, promotions or codes, and compare it with what HQ has."""
    rows, mistakes = _rows(table, content)
    if table == "products":
        products = _parsed(rows, mistakes, lambda f: import_goods.product(f, currency), lambda p: p.gtin)
        return Preview(table, _sorted(mistakes), tuple(_product_change(db, p) for p in products), products=products)
    if table == "codes":
        formats = _parsed(rows, mistakes, lambda f: import_goods.code_format(f, currency), lambda c: c.prefix)
        mistakes += _not_a_list(db, currency, (), (), formats)
        return Preview(table, _sorted(mistakes), tuple(_format_change(db, c) for c in formats), formats=formats)
    sold = {p.gtin: p for p in catalogue.products(db)}
    plans = catalogue.planograms(db)
    if table == "plates":
        plates = _parsed(rows, mistakes, lambda f: (_device(f), planograms.plate(f)), lambda p: f"{p[0]} {p[1].cell}")
        mistakes += _orphans(plans, plates)
        return Preview(table, _sorted(mistakes), tuple(_plate_change(plans, d, p) for d, p in plates), plates=plates)
    if table == "planogram":
        known = {device: {p.cell for p in plan.plates} for device, plan in plans.items()}
        cells = _parsed(rows, mistakes, lambda f: (_device(f), planograms.cell(f, sold, known.get(f["device"], ()))),
                        lambda c: f"{c[0]} {c[1].slot}")
        return Preview(table, _sorted(mistakes), tuple(_cell_change(db, d, c, sold) for d, c in cells), cells=cells)
    offers: tuple[Promotion | str, ...] = _parsed(rows, mistakes, lambda f: import_goods.promotion(f, sold, currency),
                                                  lambda p: p if isinstance(p, str) else p.id)
    ended = tuple(p for p in offers if isinstance(p, str))
    promotions = tuple(p for p in offers if not isinstance(p, str))
    mistakes += _not_a_list(db, currency, promotions, ended, ())
    changes = (*(_promotion_change(db, p, currency) for p in promotions), *(Change("changed", name, import_goods.ENDED) for name in ended))
    return Preview(table, _sorted(mistakes), changes, promotions=promotions, ended=ended)


def _not_a_list(db: Db, currency: str, promotions: tuple[Promotion, ...], ended: tuple[str, ...],
                formats: tuple[CodeFormat, ...]) -> list[Mistake]:
    """Return why offers or codes, with those that HQ has, make no price list; each row by itself may be right."""
    known = {p.id: p for p in catalogue.promotions(db)} | {p.id: p for p in promotions}
    offers = tuple(p for name, p in sorted(known.items()) if name not in ended)
    codes = {c.prefix: c for c in catalogue.formats(db)} | {c.prefix: c for c in formats}
    try:
        PriceList(1, datetime.min.replace(tzinfo=UTC), currency, (), offers, tuple(codes.values()))
    except InvalidValueError as error:
        return [Mistake(1, str(error))]
    return []


def apply(db: Db, preview: Preview, stamp: Stamp, who: str) -> None:
    """Write down what was read and publish it; raise HqError while there are mistakes."""
    if preview.mistakes:
        raise HqError(f"{len(preview.mistakes)} line(s) have mistakes: nothing was imported")
    for product in preview.products:
        before = catalogue.product(db, product.gtin)
        catalogue.save_product(db, product)
        if before is not None and before.price != product.price:
            catalogue.note(db, (stamp.at_ms, who, "price", product.gtin, str(before.price.minor), str(product.price.minor)))
    for promotion in preview.promotions:
        catalogue.save_promotion(db, promotion)
    for name in preview.ended:
        catalogue.end_promotion(db, name)
    for layout in preview.formats:
        catalogue.save_format(db, layout)
    changed = any(c.kind != "same" for c in preview.changes) or catalogue.pricelist(db) is None
    if preview.table in ("products", "promotions", "codes") and changed and catalogue.products(db):
        publish.publish_prices(db, stamp, who)
    for device in sorted({d for d, _ in preview.cells}):
        planograms.save(db, device, (c for d, c in preview.cells if d == device), None, stamp, who)
    for device in sorted({d for d, _ in preview.plates}):
        plan = catalogue.planogram(db, device)
        planograms.save(db, device, plan.cells if plan else (), (p for d, p in preview.plates if d == device), stamp, who)


def _rows(table: str, content: bytes) -> tuple[list[tuple[int, Fields]], list[Mistake]]:
    if len(content) > LARGEST_BYTES:
        return [], [Mistake(1, f"the file is longer than {LARGEST_BYTES // 2**20} MB: import it in parts")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Mistake(content[:error.start].count(b"\n") + 1, "this is no UTF-8: save the file as CSV UTF-8")]
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", restkey=_REST)
    header = [str(name).strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    missing = [c for c in COLUMNS[table] if c not in header]
    if missing:
        return [], [Mistake(1, f"the header lacks {', '.join(missing)}")]
    rows: list[tuple[int, Fields]] = []
    mistakes: list[Mistake] = []
    try:
        for row in reader:
            if _REST in row:
                mistakes.append(Mistake(reader.line_num, f"it has more than {len(header)} fields: put a text with a comma in quotes"))
            elif any(row.get(c) for c in header):
                rows.append((reader.line_num, {c: (row.get(c) or "").strip() for c in (*COLUMNS[table], *OPTIONAL.get(table, ()))}))
    except csv.Error as error:
        return [], [Mistake(reader.line_num, str(error))]
    return rows, mistakes if rows or mistakes else [Mistake(1, "there is no line under the header")]


def _parsed(rows: list[tuple[int, Fields]], mistakes: list[Mistake], parse: Callable[[Fields], T],
            key: Callable[[T], str]) -> tuple[T, ...]:
    found: list[T] = []
    lines: dict[str, int] = {}
    for line, fields in rows:
        try:
            value = parse(fields)
        except InvalidValueError as error:
            mistakes.append(Mistake(line, str(error)))
            continue
        if key(value) in lines:
            mistakes.append(Mistake(line, f"{key(value)} stands in line {lines[key(value)]} already"))
        lines[key(value)] = line
        found.append(value)
    return tuple(found)


def _sorted(mistakes: list[Mistake]) -> tuple[Mistake, ...]:
    return tuple(sorted(mistakes, key=lambda m: m.line))


def _device(fields: Fields) -> str:
    if not fields["device"] or set(fields["device"]) & set("/+#"):
        raise InvalidValueError(f"device {fields['device']!r} is no name of a device")
    return fields["device"]


def _orphans(plans: dict[str, Planogram], plates: tuple[tuple[str, Plate], ...]) -> list[Mistake]:
    """Return a mistake for each slot that would stand on a plate that is no longer there."""
    found = []
    for device in sorted({d for d, _ in plates} & plans.keys()):
        left = {p.cell for d, p in plates if d == device}
        found += [Mistake(1, f"slot {cell.slot} of {device} stands on plate {lost}, which this file leaves out: move the slot first")
                  for cell in plans[device].cells for lost in sorted(set(cell.plates) - left)]
    return found


def _compared(subject: str, name: str, before: Fields | None, after: Fields) -> Change:
    if before is None:
        return Change("new", subject, name)
    details = tuple((column, before[column], after[column]) for column in after if before[column] != after[column])
    return Change("changed" if details else "same", subject, name, details)


def _product_change(db: Db, product: Product) -> Change:
    before = catalogue.product(db, product.gtin)
    return _compared(product.gtin, product.name("en"), import_goods.product_fields(before) if before else None,
                     import_goods.product_fields(product))


def _cell_change(db: Db, device: str, cell: Cell, sold: dict[str, Product]) -> Change:
    plan = catalogue.planogram(db, device)
    before = plan.cell(cell.slot) if plan else None
    name = sold[cell.gtin].name("en")
    return _compared(f"{device} {cell.slot}", name, _cell_fields(before) if before else None, _cell_fields(cell))


def _cell_fields(cell: Cell) -> Fields:
    return {"gtin": cell.gtin, "capacity": str(cell.capacity), "reorder_point": str(cell.reorder_point), "case_pack": str(cell.case_pack),
            "plates": " ".join(cell.plates), "shelf": cell.shelf, "x_mm": f"{cell.x_mm:g}", "width_mm": f"{cell.width_mm:g}"}


def _plate_change(plans: dict[str, Planogram], device: str, plate: Plate) -> Change:
    before = next((p for p in plans[device].plates if p.cell == plate.cell), None) if device in plans else None
    return _compared(f"{device} {plate.cell}", plate.shelf, _plate_fields(before) if before else None, _plate_fields(plate))


def _plate_fields(plate: Plate) -> Fields:
    return {"shelf": plate.shelf, "x_mm": f"{plate.x_mm:g}", "width_mm": f"{plate.width_mm:g}"}


def _promotion_change(db: Db, value: Promotion, currency: str) -> Change:
    before = next((p for p in catalogue.promotions(db) if p.id == value.id), None)
    return _compared(value.id, value.gtin, import_goods.promotion_fields(before, currency) if before else None,
                     import_goods.promotion_fields(value, currency))


def _format_change(db: Db, value: CodeFormat) -> Change:
    before = next((c for c in catalogue.formats(db) if c.prefix == value.prefix), None)
    return _compared(value.prefix, value.kind, import_goods.format_fields(before) if before else None, import_goods.format_fields(value))
