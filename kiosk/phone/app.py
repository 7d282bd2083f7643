"""The addresses: the way in, "my data", its file to take along, and erasing. More pages for shoppers can stand beside them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk.design.amounts import day
from kiosk.design.tokens import css
from kiosk.design.words import say
from kiosk.domain.catalog import LANGUAGES
from kiosk.phone import visit_page
from kiosk.phone.page import HEADERS, Pages, ask, closed, language_of, page
from kiosk.phone.tokens import LIFE_S

COOKIE = "kiosk_me"


def make_app(pages: Pages) -> Starlette:
    """Return the pages as an ASGI application."""
    app = Starlette(routes=[
        Route("/in/{token}", enter),
        Route("/me", my_data),
        Route("/me.json", my_file),
        Route("/me/erase", erase, methods=["GET", "POST"]),
        *visit_page.ROUTES,
        Route("/tokens.css", lambda _: Response(css(), media_type="text/css", headers=HEADERS)),
    ], exception_handlers={404: closed})
    app.state.pages = pages
    return app


def enter(request: Request) -> Response:
    """Take the code of the kiosk's screen: the first phone gets a session, in a cookie that no script and no other site can read."""
    pages: Pages = request.app.state.pages
    session = pages.tokens.enter(request.path_params["token"])
    if not session:
        return closed(request, None)
    response = RedirectResponse("/me", 303, headers=HEADERS)
    response.set_cookie(COOKIE, session, max_age=int(LIFE_S), httponly=True, samesite="lax", path="/")
    return response


async def my_data(request: Request) -> Response:
    """What is kept of the member."""
    member_id = _member(request)
    told = await ask(request, lambda clerk: clerk.export(member_id)) if member_id else None
    if not told:
        return closed(request, None)
    consent, language = told["consent"], language_of(request)
    words = {"signed": _day(consent["at"], language), "used": _day(told["last_used"], language), "spoken": _spoken(consent["language"])}
    return page(request, "me.html", {"data": told, "minutes": _minutes(request), "strokes": _paths(consent["strokes"]), **words})


async def my_file(request: Request) -> Response:
    """The same as a file to take along."""
    member_id = _member(request)
    told = await ask(request, lambda clerk: clerk.export(member_id)) if member_id else None
    if not told:
        return closed(request, None)
    body = json.dumps(told, ensure_ascii=False, indent=2)
    return Response(body, media_type="application/json", headers=HEADERS | {"content-disposition": 'attachment; filename="my-data.json"'})


async def erase(request: Request) -> Response:
    """Ask once more, then destroy the template and its key here and everywhere."""
    member_id = _member(request)
    if not member_id:
        return closed(request, None)
    if request.method == "GET":
        return page(request, "erase.html", {"minutes": _minutes(request)})
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return closed(request, None)
    erased = await ask(request, lambda clerk: clerk.erase(member_id))
    if erased is None:
        return closed(request, None)
    request.app.state.pages.tokens.end(member_id)
    response = page(request, "erased.html", {})
    response.delete_cookie(COOKIE)
    return response


def _member(request: Request) -> str:
    pages: Pages = request.app.state.pages
    return pages.tokens.member(request.cookies.get(COOKIE, ""))


def _minutes(request: Request) -> int:
    pages: Pages = request.app.state.pages
    return max(1, round(pages.tokens.left_s(request.cookies.get(COOKIE, "")) / 60))


def _day(moment: str, language: str) -> str:
    """Return the day of an ISO 8601 text as people write it; the text itself where it is none."""
    try:
        return day(date.fromisoformat(moment[:10]), language)
    except ValueError:
        return moment


def _spoken(language: str) -> str:
    return say(f"language.{language}", language) if language in LANGUAGES else language


def _paths(strokes: Any) -> list[str]:
    """Return the drawn signature as SVG paths in a box of 1000 x 400."""
    return ["M" + " L".join(f"{x} {y * 2 // 5}" for x, y in stroke) + (" l1 0" if len(stroke) == 1 else "") for stroke in strokes]
