"""New versions of what a fleet goes by: price list and offline policy. A version is whole, checked, signed, retained at the broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.catalog import CODE_TENDERS, OfflinePolicy, PriceList, TenderPolicy
from kiosk.domain.money import Money
from kiosk.domain.orders import Manifest
from kiosk.domain.wardrobe import GarmentList
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq.ledger import catalogue, garments, home
from kiosk.hq.ledger.store import Db
from kiosk.hq.stamp import Stamp
from kiosk.wire import BODY_BYTES, INLINE_BYTES, Sign, encode_link, encode_manifest, encode_value, link_to, manifest_kind, manifest_topic

Publication = tuple[str, bytes]
"""(topic, payload), to be retained"""


def publish_prices(db: Db, stamp: Stamp, who: str) -> PriceList:
    """Make the next version of the price list of all products and promotions. Raises HqError when it cannot be a list."""
    products, promotions = catalogue.products(db), catalogue.promotions(db)
    currencies = sorted({p.price.currency for p in products})
    if len(currencies) != 1:
        raise HqError(f"a price list has products of one currency, not of {', '.join(currencies) or 'none: import products first'}")
    sold = {p.gtin for p in products}
    for promotion in promotions:
        for code in (*((promotion.gtin,) if promotion.gtin else ()), *promotion.gtins):
            if code not in sold:
                raise HqError(f"promotion {promotion.id}: product {code} is not sold")
    version = catalogue.versions(db)[0] + 1
    try:
        made = PriceList(version, stamp.moment, currencies[0], products, promotions, catalogue.formats(db))
    except InvalidValueError as error:
        raise HqError(f"no price list: {error}") from error
    size = len(encode_value(made))
    if size > BODY_BYTES:
        raise HqError(f"the price list has {size} bytes; up to {BODY_BYTES} go to the devices: sell fewer products in this group")
    catalogue.add_pricelist(db, made, stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "pricelist", "all", str(version - 1), str(version)))
    return made


def set_price(db: Db, gtin: str, price: Money, stamp: Stamp, who: str) -> PriceList:
    """Change one price, publish the list, and return it. Raises HqError for an unknown product or another currency."""
    before = catalogue.product(db, gtin)
    if before is None:
        raise HqError(f"product {gtin} is not known")
    if price.currency != before.price.currency:
        raise HqError(f"product {gtin} is sold in {before.price.currency}, not in {price.currency}")
    catalogue.save_product(db, replace(before, price=price))
    catalogue.note(db, (stamp.at_ms, who, "price", gtin, str(before.price.minor), str(price.minor)))
    return publish_prices(db, stamp, who)


def publish_policy(db: Db, limits: OfflinePolicy, stamp: Stamp, who: str) -> OfflinePolicy:
    """Make the next version of the offline policy; the version in `limits` does not count. Raises HqError for limits that cannot be."""
    if min(limits.per_sale_minor, limits.per_member_minor, limits.per_kiosk_minor, limits.max_age_s, limits.from_hour, limits.to_hour) < 0:
        raise HqError("the limits of an offline policy cannot be negative")
    if not (0 <= limits.from_hour < 24 and 0 < limits.to_hour <= 24 and limits.from_hour != limits.to_hour):
        raise HqError(f"an offline policy from {limits.from_hour} to {limits.to_hour} o'clock cannot be")
    before = catalogue.policy(db)
    made = OfflinePolicy((before.version if before else 0) + 1, limits.currency, limits.per_sale_minor, limits.per_member_minor,
                         limits.per_kiosk_minor, limits.max_age_s)
    catalogue.add_policy(db, made, stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "policy", "all", str(made.version - 1), str(made.version)))
    return made


def publish_tenders(db: Db, wanted: TenderPolicy, stamp: Stamp, who: str) -> TenderPolicy:
    """Make the next version of the payment codes that kiosks offer; the version in `wanted` does not count, the same again makes none."""
    unknown = set(wanted.codes) - set(CODE_TENDERS)
    if unknown or not 30 <= wanted.code_lasts_s <= 600:
        raise HqError(f"payment codes are {', '.join(CODE_TENDERS)}, and last 30 to 600 s")
    codes = tuple(code for code in CODE_TENDERS if code in wanted.codes)
    before = catalogue.tender_policy(db)
    made = TenderPolicy((before.version if before else 0) + 1, wanted.currency, codes, wanted.code_lasts_s)
    if before is not None and (before.currency, before.codes, before.code_lasts_s) == (made.currency, made.codes, made.code_lasts_s):
        return before
    catalogue.add_tender_policy(db, made, stamp.at_ms, who)
    catalogue.note(db, (stamp.at_ms, who, "tenders", "all", ", ".join(before.codes if before else ()), ", ".join(codes)))
    return made


def manifests(db: Db, group: str, sign: Sign, address: str) -> list[Publication]:
    """Return the newest versions, signed. address: of HQ's web server, where devices fetch a body that is too large for a message."""
    version = garments.version(db)
    wardrobe = GarmentList(version, garments.listed(db, address)) if version else None
    newest = [m for m in (catalogue.pricelist(db), catalogue.policy(db), catalogue.tender_policy(db), wardrobe, home.elsewhere(db))
              if m is not None]
    return [(manifest_topic(group, manifest_kind(m)), _message(group, m, sign, address)) for m in newest]


def body(db: Db, kind: str, version: int) -> bytes | None:
    """Return the body of a manifest as its link promises it, None when that is not the newest version."""
    known: dict[str, Callable[[Db], Manifest | None]] = {
        "pricelist": catalogue.pricelist, "offline-policy": catalogue.policy, "stock": home.elsewhere}
    manifest = known[kind](db) if kind in known else None
    return encode_value(manifest) if manifest is not None and manifest.version == version else None


def _message(group: str, manifest: Manifest, sign: Sign, address: str) -> bytes:
    if len(encode_value(manifest)) <= INLINE_BYTES:
        return encode_manifest(group, manifest, sign)
    url = f"{address.rstrip('/')}/manifests/{manifest_kind(manifest)}/{manifest.version}"
    return encode_link(group, link_to(manifest, url), sign)
