"""The page behind the code on a receipt: that receipt and nothing else, for whoever holds it; and the page of closed days for staff."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from kiosk.design.amounts import when
from kiosk.design.paper import Paper, Sheet, receipt
from kiosk.design.words import say
from kiosk.domain.events import PeriodClosed, SaleCompleted
from kiosk.domain.receipt import excerpt
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, bare_page, language_of, moment, page
from kiosk.hq.journals import shown
from kiosk.hq.ledger import catalogue, charges, trade
from kiosk.hq.ledger import receipts as books
from kiosk.hq.ledger.store import Db

COLUMNS = 40


@dataclass(frozen=True, slots=True)
class Closed:
    """A closure as it is shown. agrees: whether the kiosk's perpetual totals are those of HQ's own books; None for an older closure."""

    device: str
    at_ms: int
    what: PeriodClosed
    net_minor: int
    vat_minor: int
    agrees: bool | None


def show_receipt(request: Request) -> Response:
    """One receipt, by its word alone; an unknown word and one that has not arrived yet look the same."""
    desk: Desk = request.app.state.desk
    language = language_of(request)
    with desk.ledger.read() as db:
        kept = books.find(db, request.path_params["token"])
        sale = shown(kept) if kept else None
        paper = _paper(db, sale, language, desk) if sale else None
        back = [say("receipt.refunded", language, when=when(moment(r.at_ms), language, desk.zone))
                for r in charges.refunds_of(db, sale.sale_id)] if sale else []
    response = bare_page(request, "receipt.html", {"paper": paper, "back": back, "known": sale is not None}, 200 if sale else 404)
    response.headers["referrer-policy"] = "no-referrer"
    response.headers["x-robots-tag"] = "noindex"
    return response


def _paper(db: Db, sale: SaleCompleted, language: str, desk: Desk) -> Paper:
    row = trade.sale(db, sale.sale_id)
    products = books.names(db, [line.gtin for line in sale.lines])
    offers = {p.id: p.names.get(language) or p.id for p in catalogue.promotions(db)}

    def name(gtin: str) -> str:
        known = products.get(gtin)
        return str(known[f"name_{language}"] or known["name_en"]) if known else gtin

    store, at = (row["store"], when(moment(row["time_ms"]), language, desk.zone)) if row else ("", "")
    return receipt(sale, Sheet(COLUMNS, language, store, at, name, offers, signature=excerpt(sale.seal)))


def show_days(request: Request) -> Response:
    """The days, months and years that kiosks have closed, and whether they agree with HQ's books."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        found = books.closures(db)
        newest: set[tuple[str, str]] = set()
        listed = []
        for device, at_ms, closed in found:
            agrees = None
            if (device, closed.currency) not in newest:
                newest.add((device, closed.currency))
                whole = closed.perpetual
                agrees = books.books_of(db, device, closed.currency) == (whole.sales_minor, whole.refunds_minor)
            totals = closed.totals
            listed.append(Closed(device, at_ms, closed, totals.sales_minor - totals.refunds_minor, sum(totals.vat.values()), agrees))
        values = shell(db, desk.stamp().at_ms) | {"closures": listed, "unchecked": books.count_unchecked(db)}
    return page(request, desk, "days.html", values)
