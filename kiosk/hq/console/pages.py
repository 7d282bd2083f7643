"""The pages: each reads one consistent state of the ledger and shows it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from kiosk.design.products import PRODUCTS, svg
from kiosk.domain.catalog import Cell
from kiosk.domain.staff import Role
from kiosk.errors import HqError
from kiosk.hq import publish, replenishment, supplier
from kiosk.hq.console.forms import person_of
from kiosk.hq.console.render import Desk, page
from kiosk.hq.ledger import catalogue, facts, fleet, home, supply, trade, trust
from kiosk.hq.ledger import members as faces
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp

DAY_MS = 86_400_000
LATE_S = 60
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell of a planogram with what lies in it. fill and mark: 0..100 % of its capacity, for what is there and the reorder point.

    seen: what a shelf camera believes of it, 0..100 %, None where none looks; seen_state: ok, empty or unseen.
    """

    cell: Cell
    product: Row | None
    on_hand: int | None
    on_order: int
    fill: int
    mark: int
    state: str
    seen: int | None = None
    seen_state: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that somebody should look at. id 0: it goes when its cause goes."""

    id: int
    kind: str
    device: str
    detail: str
    at_ms: int
    times: int


def shell(db: Db, now_ms: int) -> dict[str, Any]:
    """Return what the frame around every page shows."""
    return {"alarm_count": len(alarms(db, now_ms)), "request_count": len(trade.requests(db, ("open",)))}


def alarms(db: Db, now_ms: int) -> list[Alarm]:
    """Return what was alarmed and not seen, and what is wrong at this moment."""
    found = [Alarm(0, "gap", device, str(missing), now_ms, 1) for device, missing in facts.gaps(db).items()]
    for row in fleet.devices(db):
        if row["session"] and not row["online"]:
            found.append(Alarm(0, "offline", row["id"], "", row["since_ms"], 1))
        if row["oldest_s"] >= LATE_S:
            found.append(Alarm(0, "late", row["id"], str(row["oldest_s"]), row["last_seen_ms"], 1))
        found += [Alarm(0, "state", row["id"], f"{part}: {state}", row["last_seen_ms"], 1) for part, state in unwell(row)]
    return found + [Alarm(r["id"], r["kind"], r["device"], r["detail"], r["at_ms"], r["times"]) for r in facts.alarms(db)]


def unwell(row: Row) -> list[tuple[str, str]]:
    """Return the parts of a device that are not well; `ready` says how long its start took, and is no part."""
    states: dict[str, str] = json.loads(row["states"])
    return [(part, state) for part, state in states.items() if state != "ok" and part != "ready"]


def show_fleet(request: Request, problem: str = "") -> Response:
    """Every device: is it there, what does it wait for, how is it."""
    desk: Desk = request.app.state.desk
    now = desk.stamp()
    with desk.ledger.read() as db:
        values = shell(db, now.at_ms) | {
            "devices": fleet.devices(db), "gaps": facts.gaps(db), "alarms": alarms(db, now.at_ms),
            "today": trade.totals(db, days_of(now, desk.zone, 1)[0][0]), "resent": facts.counter(db, "resent"),
            "duplicates": facts.duplicates(db), "claims": trust.waiting_codes(db), "problem": problem}
    return page(request, desk, "fleet.html", values, 409 if problem else 200)


def days_of(now: Stamp, zone: tzinfo, count: int) -> list[tuple[int, int]]:
    """Return the begin and end, in milliseconds since 1970, of today and the days before it, as the wall's clock in a zone has them."""
    today = now.moment.astimezone(zone).date()
    midnights = [datetime.combine(today - timedelta(days=n), time(), zone) for n in range(-1, count)]
    ms = [round(midnight.timestamp() * 1000) for midnight in midnights]
    return list(zip(ms[1:], ms, strict=False))


def show_sales(request: Request) -> Response:
    """Sales as they come, and turnover by store, tender and day."""
    desk: Desk = request.app.state.desk
    now = desk.stamp()
    days = days_of(now, desk.zone, 14)
    with desk.ledger.read() as db:
        sales = trade.sales(db)
        values = shell(db, now.at_ms) | {
            "sales": sales, "lines": trade.lines(db, [s["sale_id"] for s in sales]), "today": trade.totals(db, days[0][0]),
            "days": trade.days(db, days), "placed": _placed(db, request)}
    return page(request, desk, "sales.html", values)


def _placed(db: Db, request: Request) -> list[dict[str, Any]]:
    """Return orders that shoppers placed at mirrors; addresses are for merchants' eyes, who have goods sent."""
    person = person_of(request)
    sees = person is not None and person.may(Role.MERCHANT)
    goods = {row["gtin"]: row for row in catalogue.product_rows(db)}
    return [{"order": row, "lines": [(line.quantity, goods.get(line.gtin), line.gtin) for line in home.lines_of(row)],
             "address": home.address_of(row) if sees else None} for row in home.orders(db, 12)]


def show_stock(request: Request) -> Response:
    """Each shelf as its planogram, with what lies in it."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        stock, products, seen = trade.stock(db), {r["gtin"]: r for r in catalogue.product_rows(db)}, trade.facings(db)
        shelves = [(device, plan.version, [
            _slot(cell, products.get(cell.gtin), *(known.get((device, cell.slot)) for known in (stock, seen))) for cell in plan.cells])
                   for device, plan in catalogue.planograms(db).items()]
        values = shell(db, desk.stamp().at_ms) | {"shelves": shelves}
    return page(request, desk, "stock.html", values)


def _slot(cell: Cell, product: Row | None, row: Row | None, seen: Row | None) -> Slot:
    on_hand = row["on_hand"] if row is not None and row["at_ms"] else None
    fill = max(0, min(100, 100 * (on_hand or 0) // cell.capacity))
    state = "unknown" if on_hand is None else "empty" if on_hand <= 0 else "low" if on_hand <= cell.reorder_point else "ok"
    mark = min(100, 100 * cell.reorder_point // cell.capacity)
    camera = (round(100 * seen["fill"]), seen["state"]) if seen is not None else (None, "")
    return Slot(cell, product, on_hand, row["on_order"] if row is not None else 0, fill, mark, state, *camera)


def show_replenishment(request: Request, problem: str = "") -> Response:
    """What the shelves ask for, waiting for somebody's word."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        plans = catalogue.planograms(db)
        asked = trade.requests(db, ("open",))
        cells = {r["request_id"]: plans[r["device"]].cell(r["slot"]) if r["device"] in plans else None for r in asked}
        values = shell(db, desk.stamp().at_ms) | {
            "unordered": len(supply.unordered(db)), "orders": supply.orders(db, 6), "deliveries": supply.deliveries(db, 8),
            "limit_minor": int(supply.setting(db, replenishment.LIMIT) or 0),
            "requests": asked, "answered": trade.answered(db), "cells": cells, "most": replenishment.MOST, "problem": problem}
    return page(request, desk, "replenishment.html", values, 409 if problem else 200)


def supplier_order(request: Request) -> Response:
    """A supplier order as a file: CSV, or JSON with GS1's words."""
    desk: Desk = request.app.state.desk
    order_id, form = request.path_params["order_id"], request.path_params["form"]
    try:
        with desk.ledger.read() as db:
            text = supplier.as_csv(db, order_id) if form == "csv" else supplier.as_json(db, order_id)
    except HqError as error:
        return PlainTextResponse(str(error), 404)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    return Response(text, media_type=kind, headers={"content-disposition": f'attachment; filename="{order_id}.{form}"'})


def show_products(request: Request, problem: str = "") -> Response:
    """Products with their prices, the price list's versions, and the import."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {
            "products": catalogue.product_rows(db), "versions": catalogue.pricelists(db), "promotions": catalogue.promotions(db),
            "audit": [r for r in catalogue.audit(db) if r["act"] == "price"][:8], "problem": problem}
    return page(request, desk, "products.html", values, 409 if problem else 200)


def show_members(request: Request, problem: str = "") -> Response:
    """Whose face is known where, and when each device said that it erased one."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {"members": faces.overview(db), "places": faces.places(db), "problem": problem}
    return page(request, desk, "members.html", values, 409 if problem else 200)


def show_alarms(request: Request) -> Response:
    """What is wrong, and what was set aside."""
    desk: Desk = request.app.state.desk
    now = desk.stamp()
    with desk.ledger.read() as db:
        values = shell(db, now.at_ms) | {"alarms": alarms(db, now.at_ms), "quarantine": facts.quarantined(db)}
    return page(request, desk, "alarms.html", values)


def show_screens(request: Request) -> Response:
    """What the kiosks show at this moment; only where somebody switched it on, for it shows people."""
    desk: Desk = request.app.state.desk
    if desk.screens is None:
        return PlainTextResponse("live screens are off", 404)
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {"devices": [d for d in fleet.devices(db) if (desk.screens / f"{d['id']}.jpg").exists()]}
    return page(request, desk, "screens.html", values)


def screen(request: Request) -> Response:
    """The picture of one kiosk's screen."""
    desk: Desk = request.app.state.desk
    return _file(desk.screens, f"{request.path_params['device']}.jpg", "no-store")


def asset(request: Request) -> Response:
    """The picture of one product: the shop's own file, else our drawing of that name."""
    desk: Desk = request.app.state.desk
    name = request.path_params["name"]
    if desk.assets is not None and _NAME.fullmatch(name) and (desk.assets / name).is_file():
        return _file(desk.assets, name, "max-age=300")
    if name in PRODUCTS:
        return Response(svg(name), media_type="image/svg+xml", headers={"cache-control": "max-age=300"})
    return PlainTextResponse("there is no such picture", 404)


def manifest(request: Request) -> Response:
    """The body of a manifest that is too large for a message; what it must be is signed in the manifest itself."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        body = publish.body(db, request.path_params["kind"], request.path_params["version"])
    return PlainTextResponse("there is no such manifest", 404) if body is None else Response(body, media_type="application/json")


def _file(folder: Path | None, name: str, cache: str) -> Response:
    if folder is None or not _NAME.fullmatch(name) or not (folder / name).is_file():
        return PlainTextResponse("there is no such picture", 404)
    return FileResponse(folder / name, headers={"cache-control": cache})
