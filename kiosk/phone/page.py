"""What all pages share: how they look, which language they speak, and how they ask the kiosk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kiosk.design import consent as texts
from kiosk.design.icons import icon_svg
from kiosk.design.tokens import COLOURS
from kiosk.design.words import say
from kiosk.domain.catalog import LANGUAGES
from kiosk.phone.counter import Clerk, Counter
from kiosk.phone.tokens import LIFE_S, Tokens
from kiosk.phone.visits import Visits

LANGUAGE_COOKIE = "kiosk_language"
PATIENCE_S = 5.0
POLICY = ("default-src 'none'; style-src 'unsafe-inline' 'self'; img-src data: 'self'; form-action 'self'; frame-ancestors 'none';"
          " base-uri 'none'")
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff", "x-robots-tag": "noindex"}
_environment = Environment(loader=PackageLoader("kiosk.phone"), autoescape=select_autoescape(), undefined=StrictUndefined,
                           trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True, slots=True)
class Pages:
    """What every page works with. store: the shop's name; language: of a phone whose own is none of ours; visits: stays at a mirror."""

    tokens: Tokens
    counter: Counter
    store: str
    language: str
    visits: Visits


async def ask(request: Request, work: Callable[[Clerk], Any]) -> Any:
    """Have the kiosk's own loop do something; None when it does not answer in time."""
    pages: Pages = request.app.state.pages
    try:
        return await asyncio.wait_for(asyncio.wrap_future(pages.counter.ask(work)), PATIENCE_S)
    except (TimeoutError, CancelledError):
        return None


def closed(request: Request, _error: object) -> Response:
    """The one page for whatever is not open: unknown, used, too old, or erased."""
    return page(request, "closed.html", {}, 404)


def page(request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
    """Return a page in the phone's language; what answers a form has no address of its own to show in another one."""
    pages: Pages = request.app.state.pages
    language = language_of(request)
    text = _environment.get_template(template).render(
        **values, t=lambda key, **more: say(f"phone.{key}", language, **more), language=language,
        languages=LANGUAGES if request.method == "GET" else (), store=pages.store,
        icon=_icon, lines=texts.lines(language), path=request.url.path, version=texts.VERSION)
    response = HTMLResponse(text, status, headers=HEADERS)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=int(LIFE_S), samesite="strict")
    return response


def language_of(request: Request) -> str:
    """Return the language that a phone was set to here, else its own, else the kiosk's."""
    otherwise = request.app.state.pages.language
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    spoken = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return str(next((language for language in (asked, *spoken) if language in LANGUAGES), otherwise))


def _icon(name: str) -> str:
    return icon_svg(name, COLOURS.coral_dark)
