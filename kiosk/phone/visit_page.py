"""The mirror on the shopper's phone: the photo, the mirror's buttons, and the address to which a basket is delivered."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk.domain.online import LONGEST, Address
from kiosk.errors import InvalidValueError
from kiosk.phone.page import HEADERS, Pages, ask, closed, language_of, page
from kiosk.phone.tokens import LIFE_S

COOKIE = "kiosk_visit"
BUTTONS = ("previous", "next", "like", "add", "compare", "photo", "back_view", "tryon")
"""What a phone may press; everything else of the mirror takes a hand or a finger."""
_MOST_BYTES = 4096


def enter(request: Request) -> Response:
    """Take the code of the mirror's screen: the first phone gets a session."""
    session = _pages(request).visits.enter(request.path_params["token"])
    if not session:
        return closed(request, None)
    response = RedirectResponse("/visit", 303, headers=HEADERS)
    response.set_cookie(COOKIE, session, max_age=int(LIFE_S), httponly=True, samesite="lax", path="/")
    return response


async def show(request: Request) -> Response:
    """The photo, and the mirror's buttons while the shopper stands there."""
    visit = _visit(request)
    if not visit:
        return closed(request, None)
    told = await _told(request, visit)
    pages = _pages(request)
    minutes = max(1, round(pages.visits.left_s(request.cookies.get(COOKIE, "")) / 60))
    soon = told is not None and request.query_params.get("photo") == "soon"
    return page(request, "visit.html", {"minutes": minutes, "photo": pages.visits.photo(visit) is not None, "mirror": told, "soon": soon})


def photo(request: Request) -> Response:
    """The photo itself, for as long as it lives."""
    visit = _visit(request)
    jpeg = _pages(request).visits.photo(visit) if visit else None
    if jpeg is None:
        return closed(request, None)
    return Response(jpeg, media_type="image/jpeg", headers=HEADERS | {"content-disposition": 'inline; filename="mirror.jpg"'})


async def press(request: Request) -> Response:
    """Press a button of the mirror."""
    visit, fields = _visit(request), await _fields(request)
    target = fields.get("press", "")
    if not visit or target not in BUTTONS or not await ask(request, lambda clerk: clerk.press(visit, target)):
        return closed(request, None)
    # Who presses again and again stays with the buttons; a photo comes after the mirror's countdown.
    return RedirectResponse("/visit?photo=soon" if target == "photo" else "/visit#mirror", 303, headers=HEADERS)


async def order(request: Request) -> Response:
    """Ask for the address, and have the basket delivered. The address goes into the order and is kept nowhere else here."""
    visit = _visit(request)
    told = await _told(request, visit)
    if not told or not told["pieces"]:
        return _thanked(request, visit) if told and request.method == "POST" else closed(request, None)
    if request.method == "GET":
        return page(request, "order.html", {"mirror": told, "fields": dict.fromkeys(LONGEST, ""), "longest": LONGEST, "wrong": False})
    given = await _fields(request)
    fields = {name: given.get(name, "").strip() for name in LONGEST}
    try:
        address = Address(**fields)
    except InvalidValueError:
        return page(request, "order.html", {"mirror": told, "fields": fields, "longest": LONGEST, "wrong": True}, 400)
    number: str | None = await ask(request, lambda clerk: clerk.order(visit, address))
    if number:
        _pages(request).visits.note_order(visit, number)
    elif (left := await _told(request, visit)) is None or left["pieces"]:
        return closed(request, None)
    return _thanked(request, visit)


def ordered(request: Request) -> Response:
    """The number of the order that was placed, as often as it is looked at."""
    visit = _visit(request)
    number = _pages(request).visits.ordered(visit) if visit else ""
    return page(request, "ordered.html", {"number": number}) if number else closed(request, None)


def _thanked(request: Request, visit: str) -> Response:
    """Lead to the number; also whoever touched the button twice, for the second form finds the basket gone."""
    known = _pages(request).visits.ordered(visit)
    return RedirectResponse("/visit/ordered", 303, headers=HEADERS) if known else closed(request, None)


async def _told(request: Request, visit: str) -> dict[str, Any] | None:
    told: dict[str, Any] | None = await ask(request, lambda clerk: clerk.mirror(visit, language_of(request))) if visit else None
    return told


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _visit(request: Request) -> str:
    return _pages(request).visits.visit(request.cookies.get(COOKIE, ""))


async def _fields(request: Request) -> dict[str, str]:
    """Return what a form of our own page holds; nothing for one of another site, or one that is too long."""
    length = request.headers.get("content-length", "")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin" or not length.isdigit() or int(length) > _MOST_BYTES:
        return {}
    form = await request.form(max_files=0, max_fields=12)
    return {name: value for name, value in form.items() if isinstance(value, str)}


ROUTES = [
    Route("/v/{token}", enter),
    Route("/visit", show),
    Route("/visit/photo.jpg", photo),
    Route("/visit/press", press, methods=["POST"]),
    Route("/visit/order", order, methods=["GET", "POST"]),
    Route("/visit/ordered", ordered),
]
