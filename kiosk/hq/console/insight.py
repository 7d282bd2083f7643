"""Pages for people who decide what stands where: one product's stock and what service costs, and sizes of packs by store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kiosk.design.amounts import money, number, short_day
from kiosk.design.charts import ServiceCost, StockFan, service_cost, stock_fan, value_at
from kiosk.design.words import say
from kiosk.domain.money import Money
from kiosk.domain.replenishment_replay import Rhythm
from kiosk.hq.console.pages import DAY_MS, shell
from kiosk.hq.console.render import Desk, language_of, page
from kiosk.hq.insight import item, packs
from kiosk.hq.ledger import assortment, catalogue, trade
from kiosk.hq.ledger.store import Db, Row

PACK_DAYS = 182
MOST_CLUSTERS = 4
"""As many markets of stores of like turnover as can be asked for."""
LIMITS = {"review": (1, 28, 1), "lead": (0, 28, 1), "service": (50, 99, 95), "compared": (50, 99, 98), "clusters": (1, MOST_CLUSTERS, 1)}
"""What a reader may ask for: the least, the most, and what is shown without asking."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a share of the demand served costs, in words of the reader's language; "" where the replay never reached it."""

    asked: str
    compared: str
    more: str


def show_packs(request: Request) -> Response:
    """Which stores want more of which size, with the lines behind each advice."""
    desk: Desk = request.app.state.desk
    language, groups = language_of(request), _asked(request, "clusters")
    with desk.ledger.read() as db:
        today = desk.stamp().at_ms // DAY_MS
        values = shell(db, desk.stamp().at_ms) | {
            "reports": packs.of_ledger(db, today, PACK_DAYS, groups, language), "days": PACK_DAYS, "clusters": groups,
            "simulated": _simulated(db, language),
            "most_clusters": MOST_CLUSTERS, "products": {row["gtin"]: row for row in catalogue.product_rows(db)}}
    return page(request, desk, "packs.html", values)


def show_item(request: Request) -> Response:
    """One slot: its stock and where it is going, and what each share of the demand served would have cost."""
    desk: Desk = request.app.state.desk
    language = language_of(request)
    wish = {name: _asked(request, name) for name in ("review", "lead", "service", "compared")}
    device, slot = request.path_params["device"], request.path_params["slot"]
    with desk.ledger.read() as db:
        plan = catalogue.planogram(db, device)
        cell = plan.cell(slot) if plan else None
        if plan is None or cell is None:
            return PlainTextResponse("there is no such slot", 404)
        today = desk.stamp().at_ms // DAY_MS
        study = item.study(db, plan, cell, today, (Rhythm(wish["review"], wish["lead"]), wish["service"] / 100))
        row = trade.stock(db).get((device, slot))
        product = next((p for p in catalogue.product_rows(db) if p["gtin"] == cell.gtin), None)
        frame = shell(db, desk.stamp().at_ms) | {"simulated": _simulated(db, language)}
    charts = _charts(study, row, product, (today, wish, language)) if study.outlook else {}
    return page(request, desk, "item.html", frame | charts | {
        "device": device, "cell": cell, "row": row, "product": product, "study": study, "wish": wish, "limits": LIMITS,
        "least": item.LEAST_DAYS})


def _simulated(db: Db, language: str) -> str:
    """The day before which the past is made up, "" where it is not."""
    day = assortment.simulated_until(db)
    return "" if day is None else _day(day, language)


def _charts(study: item.Study, row: Row | None, product: Row | None, asked: tuple[int, dict[str, int], str]) -> dict[str, object]:
    today, wish, language = asked
    outlook, cell = study.outlook, study.cell
    if outlook is None:
        return {}
    on_hand = row["on_hand"] if row is not None and row["at_ms"] else study.stock[-1][1] if study.stock else 0
    name = (product[f"name_{language}"] or product["name_en"]) if product is not None else cell.gtin
    # A day's stock is drawn at the midnight that ends it.
    past = [(day + 1, pieces) for day, pieces in study.stock if day + 1 < today]
    first = past[0][0] if past else today
    marks = [(day, _day(day, language)) for day in range(today - 7 * ((today - first) // 7), today + item.AHEAD_DAYS + 1, 7)]
    left = [[max(on_hand - pieces, 0) for pieces in line] for line in outlook.fan]
    fan = StockFan(say("console.item.fan", language, name=name), past, (today, on_hand), left, outlook.point, cell.capacity, marks)
    unit = say("console.item.unit", language)
    curve = ServiceCost(say("console.item.cost", language, share=wish["compared"]), outlook.curve, wish["service"] / 100, unit,
                        compared=wish["compared"] / 100)
    return {"fan": stock_fan(fan, language), "curve": service_cost(curve, language), "cost": _cost(outlook, wish, (product, language)),
            "runs_out": _runs_out(left, today, language)}


def _cost(outlook: item.Outlook, wish: dict[str, int], reader: tuple[Row | None, str]) -> Cost:
    product, language = reader
    asked, compared = (value_at(outlook.curve, wish[name] / 100) for name in ("service", "compared"))
    more = ""
    if asked is not None and compared is not None and product is not None:
        value = Money(round((compared - asked) * product["price_minor"]), product["currency"])
        more = say("console.item.more", language, pieces=_pieces(compared - asked, language), value=money(value, language))
    told = ["" if held is None else say("console.item.held", language, share=wish[name], pieces=_pieces(held, language))
            for name, held in (("service", asked), ("compared", compared))]
    return Cost(told[0], told[1], more)


def _runs_out(left: list[list[int]], today: int, language: str) -> str:
    """When the slot is empty if nothing comes: as likely as not, and at the earliest with a chance of one in twenty."""
    middle, early = left[len(left) // 2], left[-1]
    days = [next((n for n, pieces in enumerate(line) if pieces <= 0), None) for line in (middle, early)]
    if days[1] is None:
        return say("console.item.lasts", language, days=item.AHEAD_DAYS)
    if days[0] is None:
        return say("console.item.early", language, early=_day(today + days[1], language), days=item.AHEAD_DAYS)
    return say("console.item.empty", language, likely=_day(today + days[0], language), early=_day(today + days[1], language))


def _day(day: int, language: str) -> str:
    return short_day(date(1970, 1, 1) + timedelta(days=day), language)


def _pieces(value: float, language: str) -> str:
    return number(Decimal(f"{value:.1f}"), language)


def _asked(request: Request, name: str) -> int:
    """Return a number from the address, held within its limits."""
    least, most, usual = LIMITS[name]
    text = request.query_params.get(name, "")
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 6 else usual
