"""One device: its certificates, what it was told to do and what came of it; and devices that ask to be let in."""

from __future__ import annotations

import base64
import binascii

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.domain.commands import ROLES, Command
from kiosk.errors import HqError, TrustError
from kiosk.hq import certificates, claims, commands
from kiosk.hq.console.acts import text
from kiosk.hq.console.forms import name_of, person_of
from kiosk.hq.console.pages import shell, show_fleet
from kiosk.hq.console.render import Desk, page
from kiosk.hq.ledger import fleet, trust

PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""How the pictures begin that a browser may show in the page; everything else is a file to keep, or text."""


def show(request: Request, problem: str = "") -> Response:
    """A device's page."""
    desk: Desk = request.app.state.desk
    name, now, person = request.path_params["device"], desk.stamp(), person_of(request)
    with desk.ledger.read() as db:
        row = next((d for d in fleet.devices(db) if d["id"] == name), None)
        if row is None:
            return PlainTextResponse("there is no such device", 404)
        may = [c for c in Command if person is not None and person.roles & ROLES[c]]
        papers = [c for c in trust.certificates(db, now.at_ms) if c["name"] == name]
        values = shell(db, now.at_ms) | {
            "device": row, "papers": papers, "commands": commands.of_device(db, name), "may": may, "authority": desk.authority is not None,
            "problem": problem}
    return page(request, desk, "device.html", values, 409 if problem else 200)


def order(request: Request, desk: Desk, form: FormData) -> Response:
    """Have a device do something of the closed list; who asks for more than their roles allow is noted."""
    device, logged_in, command = request.path_params["device"], person_of(request), text(form, "command")
    if logged_in is None or command not in set(Command):
        return show(request, f"{command[:20]!r} is no command")
    fitting = logged_in.roles & ROLES[Command(command)]
    person = commands.Person(logged_in.name, min(fitting or logged_in.roles))
    try:
        with desk.ledger.write() as db:
            if not fitting:
                commands.note_refusal(db, device, command, person, desk.stamp())
            else:
                commands.order(db, device, command, person, desk.stamp())
    except HqError as error:
        return show(request, str(error))
    return RedirectResponse(f"/devices/{device}", 303) if fitting else show(request, f"{person.name} may not order {command!r}")


def result(request: Request) -> Response:
    """What a command brought back: a picture in the page, anything else as text or a file."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        row = commands.result(db, request.path_params["command_id"])
    if row is None or row["device"] != request.path_params["device"] or not row["result"]:
        return PlainTextResponse("there is no such result", 404)
    try:
        content = base64.b64decode(row["result"], validate=True)
    except binascii.Error:
        return PlainTextResponse(row["result"], headers={"cache-control": "no-store"})
    kind = next((kind for start, kind in PICTURES.items() if content.startswith(start)), "")
    headers = {"cache-control": "no-store"}
    if not kind:
        headers["content-disposition"] = f'attachment; filename="{row["device"]}-{row["command"]}"'
    return Response(content, media_type=kind or "application/octet-stream", headers=headers)


def revoke(request: Request, desk: Desk, _form: FormData) -> Response:
    """Take a device's certificates back: the broker lets it in no more, and ends its session."""
    device = request.path_params["device"]
    try:
        if desk.authority is None:
            raise HqError("certificates are not issued here")
        with desk.ledger.write() as db:
            certificates.revoke(db, desk.authority, device, desk.stamp(), name_of(request))
    except (HqError, TrustError) as error:
        return show(request, str(error))
    return RedirectResponse(f"/devices/{device}", 303)


def approve(request: Request, desk: Desk, _form: FormData) -> Response:
    """Let a device in that has shown a store's code."""
    device = request.path_params["device"]
    try:
        if desk.authority is None:
            raise HqError("certificates are not issued here")
        with desk.ledger.write() as db:
            claims.approve(db, desk.authority, device, desk.stamp(), name_of(request))
    except (HqError, TrustError) as error:
        return show_fleet(request, str(error))
    return RedirectResponse("/fleet", 303)
