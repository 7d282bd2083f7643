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
from kiosk.hq.console import acts, pages
from kiosk.hq.console.guard import Guard
from kiosk.hq.console.render import Desk

LOOK_S = 0.25
BEAT_S = 10.0


def make_app(desk: Desk, api: ASGIApp) -> Starlette:
    """Return the console with the API under /api."""
    app = Starlette(middleware=[Middleware(Guard)], routes=[
        Route("/", lambda _: RedirectResponse("/fleet")),
        Route("/fleet", pages.show_fleet),
        Route("/sales", pages.show_sales),
        Route("/stock", pages.show_stock),
        Route("/replenishment", pages.show_replenishment),
        Route("/replenishment/{request_id}", acts.act(acts.decide), methods=["POST"]),
        Route("/replenishment-limit", acts.act(acts.set_limit), methods=["POST"]),
        Route("/orders", acts.act(acts.make_order), methods=["POST"]),
        Route("/orders/{order_id}.{form}", pages.supplier_order),
        Route("/products", pages.show_products),
        Route("/products/{gtin}/price", acts.act(acts.set_price), methods=["POST"]),
        Route("/import", acts.act(acts.preview), methods=["POST"]),
        Route("/import/apply", acts.act(acts.apply), methods=["POST"]),
        Route("/screens", pages.show_screens),
        Route("/screens/{device}.jpg", pages.screen),
        Route("/wallet", pages.show_wallet),
        Route("/alarms", pages.show_alarms),
        Route("/alarms/{alarm_id:int}", acts.act(acts.see_alarm), methods=["POST"]),
        Route("/assets/{name}", pages.asset),
        Route("/manifests/{kind}/{version:int}", pages.manifest),
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
