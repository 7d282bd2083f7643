"""Products, promotions, and the versions of price lists, policies and planograms; and who changed what when."""

from __future__ import annotations

from kiosk.domain.catalog import CodeFormat, OfflinePolicy, Planogram, PriceList, Product, Promotion, TenderPolicy
from kiosk.domain.money import Money
from kiosk.hq.ledger.store import Db, Row
from kiosk.wire import decode_value, encode_value


def products(db: Db) -> tuple[Product, ...]:
    """Return all products by GTIN."""
    return tuple(_product(r) for r in db.execute("SELECT * FROM products ORDER BY gtin"))


def product(db: Db, gtin: str) -> Product | None:
    """Return one product."""
    row = db.execute("SELECT * FROM products WHERE gtin = ?", (gtin,)).fetchone()
    return _product(row) if row else None


def _product(row: Row) -> Product:
    names = {language: row[f"name_{language}"] for language in ("fr", "en", "zh") if row[f"name_{language}"]}
    price = Money(row["price_minor"], row["currency"])
    return Product(row["gtin"], names, price, row["vat_permille"], row["unit_weight_g"], row["picture"], row["garment"], row["sold_by"],
                   row["deposit_minor"], row["deposit_vat_permille"], row["min_age"], row["category"], row["keeps_days"],
                   row["style"], row["size"], row["origin"], tuple(row["matches"].split()))


def save_product(db: Db, value: Product) -> None:
    """Write a product down, in the place of the one with the same GTIN."""
    db.execute("INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (value.gtin, value.names.get("fr", ""), value.names.get("en", ""), value.names.get("zh", ""), value.price.minor,
                value.price.currency, value.vat_permille, value.unit_weight_g, value.picture, value.garment, value.sold_by,
                value.deposit_minor, value.deposit_vat_permille, value.min_age, value.category, value.keeps_days,
                value.style, value.size, value.origin, " ".join(value.matches)))


def promotions(db: Db) -> tuple[Promotion, ...]:
    """Return all promotions by id."""
    return tuple(decode_value(r[0], Promotion) for r in db.execute("SELECT body FROM promotions ORDER BY id"))


def save_promotion(db: Db, value: Promotion) -> None:
    """Write a promotion down, in the place of the one with the same id."""
    db.execute("INSERT OR REPLACE INTO promotions VALUES (?, ?)", (value.id, encode_value(value)))


def end_promotion(db: Db, promotion_id: str) -> None:
    """Take an offer away; one that is not there stays away."""
    db.execute("DELETE FROM promotions WHERE id = ?", (promotion_id,))


def formats(db: Db) -> tuple[CodeFormat, ...]:
    """Return how codes with a weight or price inside are read, by prefix."""
    return tuple(decode_value(r[0], CodeFormat) for r in db.execute("SELECT body FROM code_formats ORDER BY prefix"))


def save_format(db: Db, value: CodeFormat) -> None:
    """Write a layout down, in the place of the one with the same prefix."""
    db.execute("INSERT OR REPLACE INTO code_formats VALUES (?, ?)", (value.prefix, encode_value(value)))


def pricelist(db: Db) -> PriceList | None:
    """Return the newest price list."""
    row = db.execute("SELECT body FROM pricelists ORDER BY version DESC LIMIT 1").fetchone()
    found: PriceList | None = decode_value(row[0], PriceList) if row else None
    return found


def add_pricelist(db: Db, value: PriceList, at_ms: int, who: str) -> None:
    """Write a new version down."""
    db.execute("INSERT INTO pricelists VALUES (?, ?, ?, ?)", (value.version, encode_value(value), at_ms, who))


def pricelists(db: Db, limit: int = 8) -> list[Row]:
    """Return the newest versions: version, at_ms, who."""
    return db.execute("SELECT version, at_ms, who FROM pricelists ORDER BY version DESC LIMIT ?", (limit,)).fetchall()


def policy(db: Db) -> OfflinePolicy | None:
    """Return the newest offline policy."""
    row = db.execute("SELECT body FROM policies ORDER BY version DESC LIMIT 1").fetchone()
    found: OfflinePolicy | None = decode_value(row[0], OfflinePolicy) if row else None
    return found


def add_policy(db: Db, value: OfflinePolicy, at_ms: int, who: str) -> None:
    """Write a new version down."""
    db.execute("INSERT INTO policies VALUES (?, ?, ?, ?)", (value.version, encode_value(value), at_ms, who))


def tender_policy(db: Db) -> TenderPolicy | None:
    """Return the newest policy of payment codes."""
    row = db.execute("SELECT body FROM tender_policies ORDER BY version DESC LIMIT 1").fetchone()
    found: TenderPolicy | None = decode_value(row[0], TenderPolicy) if row else None
    return found


def add_tender_policy(db: Db, value: TenderPolicy, at_ms: int, who: str) -> None:
    """Write a new version down."""
    db.execute("INSERT INTO tender_policies VALUES (?, ?, ?, ?)", (value.version, encode_value(value), at_ms, who))


def versions(db: Db) -> tuple[int, int, int]:
    """Return the newest version of the price list, of the offline policy and of the tenders' policy, 0 when there is none."""
    row = db.execute("SELECT (SELECT max(version) FROM pricelists), (SELECT max(version) FROM policies),"
                     " (SELECT max(version) FROM tender_policies)").fetchone()
    return row[0] or 0, row[1] or 0, row[2] or 0


def planogram(db: Db, device: str) -> Planogram | None:
    """Return the newest planogram of a device."""
    row = db.execute("SELECT body FROM planograms WHERE device = ? ORDER BY version DESC LIMIT 1", (device,)).fetchone()
    found: Planogram | None = decode_value(row[0], Planogram) if row else None
    return found


def planograms(db: Db) -> dict[str, Planogram]:
    """Return device -> its newest planogram."""
    rows = db.execute("SELECT device, body, max(version) FROM planograms GROUP BY device ORDER BY device")
    return {r[0]: decode_value(r[1], Planogram) for r in rows}


def add_planogram(db: Db, value: Planogram, at_ms: int) -> None:
    """Write a new version down."""
    db.execute("INSERT INTO planograms VALUES (?, ?, ?, ?)", (value.device, value.version, encode_value(value), at_ms))


def note(db: Db, entry: tuple[int, str, str, str, str, str]) -> None:
    """Write into the audit: (at_ms, who, act, subject, before, after)."""
    db.execute("INSERT INTO audit (at_ms, who, act, subject, before, after) VALUES (?, ?, ?, ?, ?, ?)", entry)


def audit(db: Db, limit: int = 40) -> list[Row]:
    """Return the newest entries."""
    return db.execute("SELECT * FROM audit ORDER BY id DESC LIMIT ?", (limit,)).fetchall()


def product_rows(db: Db) -> list[Row]:
    """Return all products as they are kept, by English name."""
    return db.execute("SELECT * FROM products ORDER BY name_en, gtin").fetchall()
