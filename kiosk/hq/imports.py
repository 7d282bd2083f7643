"""Tables from a spreadsheet: products, planograms and promotions as CSV. All mistakes at once, then a preview, then one transaction."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from kiosk.domain import catalog
from kiosk.domain.catalog import Cell, Planogram, Plate, Product, Promotion
from kiosk.domain.money import Money, exponent
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import planograms, publish
from kiosk.hq.ledger import catalogue
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp

COLUMNS = {
    "products": ("gtin", "name_fr", "name_en", "name_zh", "price", "vat", "unit_weight_g", "picture", "garment"),
    "planogram": ("device", "slot", "gtin", "capacity", "reorder_point", "case_pack"),
    "plates": ("device", "cell", "shelf", "x_mm", "width_mm"),
    "promotions": ("id", "kind", "gtin", "name_fr", "name_en", "name_zh", "percent", "take", "pay"),
}
OPTIONAL = {"planogram": ("plates", "shelf", "x_mm", "width_mm")}
"""Columns that a table may have; plates are names with blanks between them."""
LARGEST_BYTES = 2 * 1024 * 1024
Fields = dict[str, str]
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


def read(db: Db, table: str, content: bytes, currency: str) -> Preview:
    """Read a CSV file (UTF-8; comma or semicolon) of products, planogram or promotions, and compare it with what HQ has."""
    rows, mistakes = _rows(table, content)
    if table == "products":
        products = _parsed(rows, mistakes, lambda f: _product(f, currency), lambda p: p.gtin)
        return Preview(table, _sorted(mistakes), tuple(_product_change(db, p) for p in products), products=products)
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
    promotions = _parsed(rows, mistakes, lambda f: _promotion(f, sold), lambda p: p.id)
    return Preview(table, _sorted(mistakes), tuple(_promotion_change(db, p) for p in promotions), promotions=promotions)


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
    if preview.table in ("products", "promotions") and (any(c.kind != "same" for c in preview.changes) or catalogue.pricelist(db) is None):
        publish.publish_prices(db, stamp, who)
    for device in sorted({d for d, _ in preview.cells}):
        planograms.save(db, device, (c for d, c in preview.cells if d == device), None, stamp, who)
    for device in sorted({d for d, _ in preview.plates}):
        plan = catalogue.planogram(db, device)
        planograms.save(db, device, plan.cells if plan else (), (p for d, p in preview.plates if d == device), stamp, who)


def price(text: str, currency: str) -> Money:
    """Return a decimal such as 12.50 or 12,50 as money; raise InvalidValueError when it is no amount of that currency."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as error:
        raise InvalidValueError(f"{text!r} is no amount: e.g. 12.50 is expected") from error
    if not value.is_finite() or not 0 <= value < 10**10:
        raise InvalidValueError(f"{text!r} is no price")
    minor = value.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise InvalidValueError(f"{text!r} has more than the {exponent(currency)} decimals of {currency}")
    return Money(int(minor), currency)


def _rows(table: str, content: bytes) -> tuple[list[tuple[int, Fields]], list[Mistake]]:
    if len(content) > LARGEST_BYTES:
        return [], [Mistake(1, f"the file has {len(content)} bytes: up to {LARGEST_BYTES} are read")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [Mistake(content[:error.start].count(b"\n") + 1, "this is no UTF-8: save the file as CSV UTF-8")]
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", restkey="")
    header = [str(name).strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    missing = [c for c in COLUMNS[table] if c not in header]
    if missing:
        return [], [Mistake(1, f"the header lacks {', '.join(missing)}")]
    rows: list[tuple[int, Fields]] = []
    mistakes: list[Mistake] = []
    try:
        for row in reader:
            if "" in row:
                mistakes.append(Mistake(reader.line_num, f"it has more than {len(header)} fields: put a text with a comma in quotes"))
            elif any(row.values()):
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


def _product(fields: Fields, currency: str) -> Product:
    code = catalog.gtin(fields["gtin"])
    names = {language: fields[f"name_{language}"] for language in catalog.LANGUAGES}
    missing = [language for language, name in names.items() if not name]
    if missing:
        raise InvalidValueError(f"product {code} has no name in {', '.join(missing)}")
    for column in ("picture", "garment"):
        if "/" in fields[column] or fields[column].startswith("."):
            raise InvalidValueError(f"product {code}: {fields[column]!r} is no name of an asset")
    vat = _number(fields["vat"], "VAT in percent") * 10
    if vat != vat.to_integral_value():
        raise InvalidValueError(f"product {code}: VAT of {fields['vat']} % has more than one decimal")
    weight = float(_number(fields["unit_weight_g"], "weight in grams"))
    return Product(code, names, price(fields["price"], currency), int(vat), weight, fields["picture"], fields["garment"])


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


def _promotion(fields: Fields, sold: dict[str, Product]) -> Promotion:
    code = catalog.gtin(fields["gtin"])
    if code not in sold:
        raise InvalidValueError(f"product {code} is not known: import products first")
    if not fields["id"]:
        raise InvalidValueError("a promotion needs an id")
    names = {language: fields[f"name_{language}"] for language in catalog.LANGUAGES}
    percent, take, pay = (_count(fields[c] or "0", c) for c in ("percent", "take", "pay"))
    return Promotion(fields["id"], fields["kind"], code, names, percent, take, pay)


def _number(text: str, what: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise InvalidValueError(f"{text!r} is no {what}") from error
    if not value.is_finite() or not 0 <= value < 10**7:
        raise InvalidValueError(f"{text!r} is no {what}")
    return value


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise InvalidValueError(f"{what}: {text!r} is no count of pieces")
    return int(text)


def _compared(subject: str, name: str, before: Fields | None, after: Fields) -> Change:
    if before is None:
        return Change("new", subject, name)
    details = tuple((column, before[column], after[column]) for column in after if before[column] != after[column])
    return Change("changed" if details else "same", subject, name, details)


def _product_change(db: Db, product: Product) -> Change:
    before = catalogue.product(db, product.gtin)
    return _compared(product.gtin, product.name("en"), _product_fields(before) if before else None, _product_fields(product))


def _product_fields(product: Product) -> Fields:
    names = {f"name_{language}": product.names.get(language, "") for language in catalog.LANGUAGES}
    return {**names, "price": plain(product.price), "vat": str(Decimal(product.vat_permille) / 10),
            "unit_weight_g": f"{product.unit_weight_g:g}", "picture": product.picture, "garment": product.garment}


def plain(amount: Money) -> str:
    """Return an amount as a plain decimal, e.g. 12.50, as `price` reads it."""
    return str(Decimal(amount.minor).scaleb(-exponent(amount.currency)))


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


def _promotion_change(db: Db, promotion: Promotion) -> Change:
    before = next((p for p in catalogue.promotions(db) if p.id == promotion.id), None)
    return _compared(promotion.id, promotion.gtin, _promotion_fields(before) if before else None, _promotion_fields(promotion))


def _promotion_fields(promotion: Promotion) -> Fields:
    return {"kind": promotion.kind, "gtin": promotion.gtin, "percent": str(promotion.percent), "take": str(promotion.take),
            "pay": str(promotion.pay)}
