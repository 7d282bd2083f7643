"""The console's addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from kiosk.design.tokens import css
from kiosk.domain.staff import Role
from kiosk.hq.console import acts, devices, garments, insight, login, money, pages, planogram, receipts, replays
from kiosk.hq.console.guard import Guard, for_role
from kiosk.hq.console.render import PAGE_ROLES, Desk
from kiosk.hq.garments import LARGEST_BYTES

LOOK_S = 0.25
VIEWER, MERCHANT, OPERATOR, PRIVACY = Role.VIEWER, Role.MERCHANT, Role.OPERATOR, Role.PRIVACY
"""Pages are for whoever is logged in, unless a role stands before them; each act names its role."""
BEAT_S = 10.0
_PAGES = (
    Route("/login", login.show_log_in),
    Route("/account", login.show_account),
    Route("/users", for_role(PAGE_ROLES["users"], login.show_users)),
    Route("/fleet", pages.show_fleet),
    Route("/devices/{device}", devices.show),
    Route("/devices/{device}/commands/{command_id}", for_role(OPERATOR, devices.result)),
    Route("/sales", pages.show_sales),
    Route("/days", receipts.show_days),
    Route("/r/{token}", receipts.show_receipt),
    Route("/stock", pages.show_stock),
    Route("/stock/{device}/{slot}", insight.show_item),
    Route("/packs", insight.show_packs),
    Route("/planogram/{device}", planogram.show),
    Route("/replay", replays.show),
    Route("/replay/{name}.json", replays.content),
    Route("/replenishment", pages.show_replenishment),
    Route("/orders/{order_id}.{form}", pages.supplier_order),
    Route("/products", pages.show_products),
    Route("/garments", garments.show_all),
    Route("/garments/{name}", garments.show),
    Route("/garments/{name}/{what}.jpg", garments.picture),
    Route("/manifests/garment/{name}/{version:int}", garments.body),
    Route("/screens", for_role(PAGE_ROLES["screens"], pages.show_screens)),
    Route("/screens/{device}.jpg", for_role(OPERATOR, pages.screen)),
    Route("/sales/{sale_id}", money.show_sale),
    Route("/wallet", money.show_wallet),
    Route("/wallet/members/{member_id}", for_role(MERCHANT, money.show_member)),
    Route("/wallet/members/{member_id}/statement.csv", for_role(MERCHANT, money.statement_file)),
    Route("/members", for_role(PAGE_ROLES["members"], pages.show_members)),
    Route("/alarms", pages.show_alarms),
    Route("/assets/{name}", pages.asset),
    Route("/manifests/{kind}/{version:int}", pages.manifest),
)
_ACTS = (
    Route("/devices/{device}/command", acts.act(devices.order, VIEWER), methods=["POST"]),
    Route("/devices/{device}/revoke", acts.act(devices.revoke, OPERATOR), methods=["POST"]),
    Route("/claims/{device}", acts.act(devices.approve, OPERATOR), methods=["POST"]),
    Route("/login", acts.act(login.log_in, None), methods=["POST"]),
    Route("/logout", acts.act(login.log_out, VIEWER), methods=["POST"]),
    Route("/account", acts.act(login.change_password, VIEWER), methods=["POST"]),
    Route("/users", acts.act(login.put_user, OPERATOR), methods=["POST"]),
    Route("/users/{name}", acts.act(login.drop_user, OPERATOR), methods=["POST"]),
    Route("/planogram/{device}", acts.act(planogram.save, MERCHANT), methods=["POST"]),
    Route("/replenishment/{request_id}", acts.act(acts.decide, MERCHANT), methods=["POST"]),
    Route("/replenishment-limit", acts.act(acts.set_limit, MERCHANT), methods=["POST"]),
    Route("/orders", acts.act(acts.make_order, MERCHANT), methods=["POST"]),
    Route("/placed/{order_id}", acts.act(acts.finish_order, MERCHANT), methods=["POST"]),
    Route("/products/{gtin}/price", acts.act(acts.set_price, MERCHANT), methods=["POST"]),
    Route("/garments", acts.act(garments.add, MERCHANT, LARGEST_BYTES), methods=["POST"]),
    Route("/garments/{name}", acts.act(garments.correct, MERCHANT), methods=["POST"]),
    Route("/garments/{name}/remove", acts.act(garments.remove, MERCHANT), methods=["POST"]),
    Route("/import", acts.act(acts.preview, MERCHANT), methods=["POST"]),
    Route("/import/apply", acts.act(acts.apply, MERCHANT), methods=["POST"]),
    Route("/sales/{sale_id}/refund", acts.act(money.refund, MERCHANT), methods=["POST"]),
    Route("/wallet/codes", acts.act(money.set_codes, MERCHANT), methods=["POST"]),
    Route("/wallet/members/{member_id}/topup", acts.act(money.top_up, MERCHANT), methods=["POST"]),
    Route("/wallet/refunds/{refund_id}", acts.act(money.pay_in_cash, MERCHANT), methods=["POST"]),
    Route("/wallet/charges/{intent_id}", acts.act(money.drop_charge, MERCHANT), methods=["POST"]),
    Route("/members/{member_id}", acts.act(acts.decide_member, PRIVACY), methods=["POST"]),
    Route("/alarms/{alarm_id:int}", acts.act(acts.see_alarm, OPERATOR), methods=["POST"]),
)


def make_app(desk: Desk, api: ASGIApp) -> Starlette:
    """Return the console with the API under /api."""
    app = Starlette(middleware=[Middleware(Guard, desk)], routes=[
        Route("/", lambda _: RedirectResponse("/fleet")),
        *_PAGES,
        *_ACTS,
        Route("/tokens.css", tokens),
        Route("/live", live),
        Mount("/static", StaticFiles(packages=[("kiosk.hq.console", "static")])),
        Mount("/api", api),
    ])
    app.state.desk = desk
    return app


def tokens(_request: Request) -> Response:
    """The design tokens that all of the product shares."""
    return Response(css(), media_type="text/css", headers={"cache-control": "max-age=300"})


async def live(request: Request) -> Response:
    """Server-sent events: one whenever the ledger changed, and one every ten seconds."""
    return StreamingResponse(_changes(request.app.state.desk), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _changes(desk: Desk) -> AsyncIterator[str]:
    told, told_s = desk.watch.version(), desk.clock.monotonic()
    yield "retry: 1000\ndata: here\n\n"
    while not desk.closing.is_set():
        await asyncio.sleep(LOOK_S)
        version, now_s = desk.watch.version(), desk.clock.monotonic()
        if version != told or now_s - told_s >= BEAT_S:
            told, told_s = version, now_s
            yield "data: changed\n\n"
