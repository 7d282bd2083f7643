"""The planogram editor: a device's shelves to scale, products dragged onto them, saved as the next version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.domain.catalog import Planogram
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import planograms
from kiosk.hq.console.forms import name_of
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, language_of, page
from kiosk.hq.ledger import catalogue, fleet, trade
from kiosk.hq.ledger.store import Db

_MOST = 500
Drawn = dict[str, list[dict[str, Any]]]


def show(request: Request) -> Response:
    """The editor with the newest planogram of a device."""
    desk: Desk = request.app.state.desk
    return _page(request, desk, None, "")


def save(request: Request, desk: Desk, form: FormData) -> Response:
    """Save what was drawn; what cannot be is told, and nothing that was drawn is lost."""
    text = form.get("plan", "")
    try:
        drawn = _drawn(text if isinstance(text, str) else "")
    except HqError as error:
        return PlainTextResponse(str(error), 400)
    try:
        device = planograms.name(request.path_params["device"], "device")
        with desk.ledger.write() as db:
            version, both = int(drawn["version"][0]["n"]), (_texts(drawn["slots"]), _texts(drawn["plates"]))
            planograms.edited(db, device, version, desk.stamp(), name_of(request), both)
    except (HqError, InvalidValueError) as error:
        return _page(request, desk, drawn, str(error))
    return RedirectResponse(f"/planogram/{device}", 303)


def _page(request: Request, desk: Desk, drawn: Drawn | None, problem: str) -> Response:
    device, language = request.path_params["device"], language_of(request)
    with desk.ledger.read() as db:
        if device not in {row["id"] for row in fleet.devices(db)} | catalogue.planograms(db).keys():
            return PlainTextResponse("there is no such device", 404)
        plan = catalogue.planogram(db, device) or Planogram(0, device, ())
        values = shell(db, desk.stamp().at_ms) | {
            "device": device, "version": plan.version, "plan": drawn or _as_drawn(plan), "products": _products(db, desk, language),
            "stock": {row["slot"]: row["on_hand"] for (where, _), row in trade.stock(db).items() if where == device}, "problem": problem}
    return page(request, desk, "planogram.html", values, 409 if problem else 200)


def _products(db: Db, desk: Desk, language: str) -> list[dict[str, Any]]:
    return [{"gtin": p.gtin, "name": " · ".join(filter(None, (p.name(language), p.size))),
             "weight": p.unit_weight_g, "picture": p.picture if desk.pictured(p.picture) else ""}
            for p in sorted(catalogue.products(db), key=lambda p: p.name(language))]


def _as_drawn(plan: Planogram) -> Drawn:
    return {"slots": [asdict(cell) for cell in planograms.laid_out(plan).cells], "plates": [asdict(p) for p in plan.plates],
            "version": [{"n": plan.version}]}


def _drawn(text: str) -> Drawn:
    try:
        given = json.loads(text)
        drawn: Drawn = {key: [dict(one) for one in given[key]] for key in ("slots", "plates", "version")}
        int(drawn["version"][0]["n"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise HqError("this form holds no planogram: load the page again") from error
    if len(drawn["slots"]) > _MOST or len(drawn["plates"]) > _MOST:
        raise HqError(f"a planogram has up to {_MOST} slots and plates")
    return drawn


def _texts(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return rows as the import reads them: texts, lists with blanks between."""
    wanted = ("slot", "gtin", "capacity", "reorder_point", "case_pack", "plates", "shelf", "x_mm", "width_mm", "cell")
    def text(value: object) -> str:
        return " ".join(map(str, value)) if isinstance(value, list) else str(value)

    return [{key: text(row.get(key, "")) for key in wanted} for row in rows]
