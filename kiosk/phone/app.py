"""The addresses: the way in, "my data", its file to take along, and erasing. More pages for shoppers can stand beside them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk.design import consent as texts
from kiosk.design.icons import icon_svg
from kiosk.design.tokens import COLOURS, css
from kiosk.design.words import say
from kiosk.domain.catalog import LANGUAGES
from kiosk.phone.counter import Clerk, Counter
from kiosk.phone.tokens import LIFE_S, Tokens

COOKIE = "kiosk_me"
LANGUAGE_COOKIE = "kiosk_language"
PATIENCE_S = 5.0
POLICY = ("default-src 'none'; style-src 'unsafe-inline' 'self'; img-src data: 'self'; form-action 'self'; frame-ancestors 'none';"
          " base-uri 'none'")
_HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff", "x-robots-tag": "noindex"}
_environment = Environment(loader=PackageLoader("kiosk.phone"), autoescape=select_autoescape(), undefined=StrictUndefined,
                           trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True, slots=True)
class Pages:
    """What every page works with. store: the shop's name; language: of a phone whose own is none of ours."""

    tokens: Tokens
    counter: Counter
    store: str
    language: str


def make_app(pages: Pages) -> Starlette:
    """Return the pages as an ASGI application."""
    app = Starlette(routes=[
        Route("/in/{token}", enter),
        Route("/me", my_data),
        Route("/me.json", my_file),
        Route("/me/erase", erase, methods=["GET", "POST"]),
        Route("/tokens.css", lambda _: Response(css(), media_type="text/css", headers=_HEADERS)),
    ], exception_handlers={404: _closed})
    app.state.pages = pages
    return app


def enter(request: Request) -> Response:
    """Take the code of the kiosk's screen: the first phone gets a session, in a cookie that no script and no other site can read."""
    pages: Pages = request.app.state.pages
    session = pages.tokens.enter(request.path_params["token"])
    if not session:
        return _closed(request, None)
    response = RedirectResponse("/me", 303, headers=_HEADERS)
    response.set_cookie(COOKIE, session, max_age=int(LIFE_S), httponly=True, samesite="lax", path="/")
    return response


async def my_data(request: Request) -> Response:
    """What is kept of the member."""
    member_id = _member(request)
    told = await _ask(request, lambda clerk: clerk.export(member_id)) if member_id else None
    if not told:
        return _closed(request, None)
    return _page(request, "me.html", {"data": told, "minutes": _minutes(request), "strokes": _paths(told["consent"]["strokes"])})


async def my_file(request: Request) -> Response:
    """The same as a file to take along."""
    member_id = _member(request)
    told = await _ask(request, lambda clerk: clerk.export(member_id)) if member_id else None
    if not told:
        return _closed(request, None)
    body = json.dumps(told, ensure_ascii=False, indent=2)
    return Response(body, media_type="application/json", headers=_HEADERS | {"content-disposition": 'attachment; filename="my-data.json"'})


async def erase(request: Request) -> Response:
    """Ask once more, then destroy the template and its key here and everywhere."""
    member_id = _member(request)
    if not member_id:
        return _closed(request, None)
    if request.method == "GET":
        return _page(request, "erase.html", {"minutes": _minutes(request)})
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _closed(request, None)
    erased = await _ask(request, lambda clerk: clerk.erase(member_id))
    if erased is None:
        return _closed(request, None)
    request.app.state.pages.tokens.end(member_id)
    response = _page(request, "erased.html", {})
    response.delete_cookie(COOKIE)
    return response


def _member(request: Request) -> str:
    pages: Pages = request.app.state.pages
    return pages.tokens.member(request.cookies.get(COOKIE, ""))


def _minutes(request: Request) -> int:
    pages: Pages = request.app.state.pages
    return max(1, round(pages.tokens.left_s(request.cookies.get(COOKIE, "")) / 60))


async def _ask(request: Request, work: Callable[[Clerk], Any]) -> Any:
    """Have the kiosk's own loop do something; None when it does not answer in time."""
    pages: Pages = request.app.state.pages
    try:
        return await asyncio.wait_for(asyncio.wrap_future(pages.counter.ask(work)), PATIENCE_S)
    except (TimeoutError, CancelledError):
        return None


def _closed(request: Request, _error: object) -> Response:
    """The one page for whatever is not open: unknown, used, too old, or erased."""
    return _page(request, "closed.html", {}, 404)


def _page(request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
    pages: Pages = request.app.state.pages
    language = _language(request, pages.language)
    text = _environment.get_template(template).render(
        **values, t=lambda key, **more: say(f"phone.{key}", language, **more), language=language, languages=LANGUAGES, store=pages.store,
        icon=_icon, lines=texts.lines(language), path=request.url.path, version=texts.VERSION)
    response = HTMLResponse(text, status, headers=_HEADERS)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=int(LIFE_S), samesite="strict")
    return response


def _language(request: Request, otherwise: str) -> str:
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    spoken = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in (asked, *spoken) if language in LANGUAGES), otherwise)


def _icon(name: str) -> str:
    return icon_svg(name, COLOURS.coral_dark)


def _paths(strokes: Any) -> list[str]:
    """Return the drawn signature as SVG paths in a box of 1000 x 400."""
    return ["M" + " L".join(f"{x} {y * 2 // 5}" for x, y in stroke) + (" l1 0" if len(stroke) == 1 else "") for stroke in strokes]
