"""The garments' pages: upload a photograph, see it on a test body, drag its landmarks, remove it."""

from __future__ import annotations

import base64
import json

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.domain.garment import KINDS
from kiosk.errors import HqError
from kiosk.hq import garments
from kiosk.hq.console.forms import name_of
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, page
from kiosk.hq.garments import Refused
from kiosk.hq.ledger import garments as kept

_MOST_MARKS = 24


def show_all(request: Request, problem: str = "", refused: Refused | None = None) -> Response:
    """All garments, and the form that makes another."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {"garments": kept.rows(db), "kinds": KINDS, "problem": problem, "reason": "", "seen": ""}
    if refused is not None:
        values |= {"reason": refused.reason, "seen": base64.b64encode(refused.picture).decode()}
    return page(request, desk, "garments.html", values, 422 if problem or refused else 200)


def add(request: Request, desk: Desk, form: FormData) -> Response:
    """Make a garment of an uploaded photograph and publish it."""
    photo: bytes = getattr(request.state, "file", b"")
    try:
        found = garments.made(photo, _text(form, "name").strip().lower(), _text(form, "kind"))
        if isinstance(found, Refused):
            return show_all(request, refused=found)
        with desk.ledger.write() as db:
            garments.keep(db, found, desk.stamp(), name_of(request))
    except HqError as error:
        return show_all(request, str(error))
    return RedirectResponse(f"/garments/{found.name}", 303)


def show(request: Request, problem: str = "") -> Response:
    """One garment with its landmarks, and on the test body."""
    desk: Desk = request.app.state.desk
    try:
        with desk.ledger.read() as db:
            found = garments.opened(db, request.path_params["name"])
            values = shell(db, desk.stamp().at_ms)
    except HqError as error:
        return PlainTextResponse(str(error), 404)
    height, width = found.picture.shape[:2]
    values |= {"garment": found, "marks": garments.marks(found), "width": width, "height": height, "problem": problem}
    return page(request, desk, "garment.html", values, 422 if problem else 200)


def picture(request: Request) -> Response:
    """A garment's picture, flat or worn."""
    desk: Desk = request.app.state.desk
    try:
        with desk.ledger.read() as db:
            found = garments.opened(db, request.path_params["name"])
    except HqError as error:
        return PlainTextResponse(str(error), 404)
    return Response(garments.picture(found, request.path_params["what"]), media_type="image/jpeg", headers={"cache-control": "no-store"})


def correct(request: Request, desk: Desk, form: FormData) -> Response:
    """Move landmarks to where a person dragged them."""
    name = request.path_params["name"]
    try:
        given = json.loads(_text(form, "marks"))
        places = {str(mark): (float(x), float(y)) for mark, (x, y) in given.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return PlainTextResponse("this form holds no landmarks: load the page again", 400)
    try:
        if len(places) > _MOST_MARKS:
            raise HqError("a garment has fewer landmarks")
        with desk.ledger.write() as db:
            garments.correct(db, name, places, desk.stamp(), name_of(request))
    except HqError as error:
        return show(request, str(error))
    return RedirectResponse(f"/garments/{name}", 303)


def remove(request: Request, desk: Desk, _form: FormData) -> Response:
    """Take a garment from the mirrors."""
    try:
        with desk.ledger.write() as db:
            garments.remove(db, request.path_params["name"], desk.stamp(), name_of(request))
    except HqError as error:
        return show_all(request, str(error))
    return RedirectResponse("/garments", 303)


def body(request: Request) -> Response:
    """A garment's file, for mirrors; what it must be is signed in the list of garments."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        found = kept.body(db, request.path_params["name"], request.path_params["version"])
    return PlainTextResponse("there is no such garment", 404) if found is None else Response(found, media_type="application/json")


def _text(form: FormData, key: str) -> str:
    value = form.get(key, "")
    return value if isinstance(value, str) else ""
