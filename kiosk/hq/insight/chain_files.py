"""The products and sales of a chain as two CSV files: product_id, product_category, package_size; store_id, product_id, quantity, week."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from kiosk.domain.assortment import PackLine, size_of
from kiosk.errors import InvalidValueError

BOUNDS_OZ = (4.0, 8.0)
"""Packs up to 4 oz are small, up to 8 oz medium, beyond large."""
OUNCE_G = 28.35
_SIZE = re.compile(r"^\s*(\d*\.?\d+)\s*(OZ|LB|G|GR|KG)\b", re.IGNORECASE)
_OUNCES = {"OZ": 1.0, "LB": 16.0, "G": 1 / OUNCE_G, "GR": 1 / OUNCE_G, "KG": 1000 / OUNCE_G}


def read(products: Path, sales: Path, category: str) -> tuple[list[PackLine], dict[str, str]]:
    """Return the lines of a category's products that name their size, and product -> how people call it.

    Raises InvalidValueError that names the file and what was expected.
    """
    size: dict[str, str] = {}
    names: dict[str, str] = {}
    for _, row in _rows(products, ("product_id", "product_category", "package_size")):
        ounces = _ounces(row["package_size"])
        if row["product_category"] == category and ounces is not None:
            size[row["product_id"]] = size_of(ounces, BOUNDS_OZ)
            words = dict.fromkeys((row.get("brand") or "", row.get("product_type") or "", row["package_size"].strip()))
            names[row["product_id"]] = " ".join(word.title() if word.isalpha() else word for word in words if word)
    bought: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    weeks: set[int] = set()
    for line, row in _rows(sales, ("store_id", "product_id", "quantity", "week")):
        week, pieces = _number(row["week"], (sales, line)), _number(row["quantity"], (sales, line))
        weeks.add(int(week))
        if row["product_id"] in size:
            seen = bought[row["store_id"], row["product_id"]]
            seen[0] += pieces
            seen[1] += 1.0
    if not bought:
        raise InvalidValueError(f"{sales}: nothing of {category!r} whose size is known was sold; --category names one of {products}")
    days = 7.0 * len(weeks)
    return [PackLine(store, product, category, size[product], units, days, visits)
            for (store, product), (units, visits) in sorted(bought.items())], names


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines of a CSV file, packed by gzip or not, each with its number."""
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidValueError(f"{path}: {error}; a CSV file in UTF-8 is expected, packed by gzip or not") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = [column for column in columns if column not in (rows.fieldnames or ())]
    if missing:
        raise InvalidValueError(f"{path}: the header lacks {', '.join(missing)}")
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise InvalidValueError(f"{path}:{rows.line_num}: {error}") from error


def _number(text: str, where: tuple[Path, int]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e9:
        raise InvalidValueError(f"{where[0]}:{where[1]}: {text!r} is no number of weeks or pieces")
    return value


def _ounces(text: str) -> float | None:
    match = _SIZE.match(text)
    return float(match[1]) * _OUNCES[match[2].upper()] if match else None
