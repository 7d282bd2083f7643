"""What people do in the console: each is one transaction, written into the audit, and shown at once."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.design.amounts import money
from kiosk.design.words import say
from kiosk.domain.staff import Role
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import imports, members, publish, replenishment, supplier
from kiosk.hq.console.forms import form_is_ours, name_of
from kiosk.hq.console.guard import role_refusal
from kiosk.hq.console.pages import shell, show_members, show_products, show_replenishment
from kiosk.hq.console.render import Desk, language_of, page
from kiosk.hq.imports import Preview
from kiosk.hq.ledger import catalogue, facts, home

Act = Callable[[Request, Desk, FormData], Response]


def act(work: Act, role: Role | None, largest: int = imports.LARGEST_BYTES) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that does `work` for a form of our own pages, and for people with a role; None: for whoever asks.

    largest: bytes of a file that are read; one that is longer is handed on one byte too long.
    """

    async def endpoint(request: Request) -> Response:
        refused = role_refusal(request, role) if role is not None else ""
        if refused:
            return PlainTextResponse(refused, 403)
        async with request.form(max_files=1, max_part_size=4 * imports.LARGEST_BYTES) as form:
            if not form_is_ours(request, form):
                return PlainTextResponse(say("console.refused.form", language_of(request)), 403)
            content = form.get("file")
            if isinstance(content, UploadFile):
                request.state.file = await content.read(largest + 1)
            return await run_in_threadpool(work, request, request.app.state.desk, form)

    endpoint.role = role  # type: ignore[attr-defined]  # a test reads it: no post without one
    return endpoint


def decide(request: Request, desk: Desk, form: FormData) -> Response:
    """Approve or reject a request, or take that back."""
    request_id, word = request.path_params["request_id"], text(form, "act")
    try:
        with desk.ledger.write() as db:
            if word == "approve":
                replenishment.approve(db, request_id, _pieces(form), name_of(request), desk.stamp(), replenishment.UNDO_S)
            elif word == "reject":
                replenishment.reject(db, request_id, name_of(request), desk.stamp(), replenishment.UNDO_S)
            else:
                replenishment.undo(db, request_id, name_of(request), desk.stamp())
    except HqError as error:
        return show_replenishment(request, str(error))
    return RedirectResponse("/replenishment", 303)


def finish_order(request: Request, desk: Desk, _form: FormData) -> Response:
    """Note that a shopper's order was handed over; its address is forgotten."""
    order_id = request.path_params["order_id"]
    with desk.ledger.write() as db:
        if home.finish(db, order_id, name_of(request)):
            catalogue.note(db, (desk.stamp().at_ms, name_of(request), "order_done", order_id, "", ""))
    return RedirectResponse("/sales", 303)


def set_limit(request: Request, desk: Desk, form: FormData) -> Response:
    """Say up to which value requests are approved by themselves."""
    try:
        limit = imports.price(text(form, "limit"), desk.currency)
        with desk.ledger.write() as db:
            replenishment.set_limit(db, limit, name_of(request), desk.stamp())
    except (HqError, InvalidValueError) as error:
        return show_replenishment(request, str(error))
    return RedirectResponse("/replenishment", 303)


def make_order(request: Request, desk: Desk, _form: FormData) -> Response:
    """Put what was approved into an order for the supplier."""
    try:
        with desk.ledger.write() as db:
            supplier.make_order(db, name_of(request), desk.stamp())
    except HqError as error:
        return show_replenishment(request, str(error))
    return RedirectResponse("/replenishment", 303)


def set_price(request: Request, desk: Desk, form: FormData) -> Response:
    """Change a price: a new version of the list goes out, unless somebody has changed it since the page was read."""
    gtin, was = request.path_params["gtin"], text(form, "was")
    try:
        price = imports.price(text(form, "price"), desk.currency)
        with desk.ledger.write() as db:
            known = catalogue.product(db, gtin)
            if known is not None and was and imports.plain(known.price) not in (was, imports.plain(price)):
                language = language_of(request)
                raise HqError(say("console.products.meanwhile", language, price=money(known.price, language)))
            publish.set_price(db, gtin, price, desk.stamp(), name_of(request))
    except (HqError, InvalidValueError) as error:
        return show_products(request, str(error))
    return RedirectResponse("/products", 303)


def preview(request: Request, desk: Desk, form: FormData) -> Response:
    """Show what a file would change, or all that is wrong with it."""
    table, content = text(form, "table"), getattr(request.state, "file", b"")
    if table not in imports.COLUMNS:
        return show_products(request, "choose what the file holds")
    with desk.ledger.read() as db:
        return _preview_page(request, desk, shell(db, desk.stamp().at_ms), (imports.read(db, table, content, desk.currency), content))


def apply(request: Request, desk: Desk, form: FormData) -> Response:
    """Import a file that was previewed; it is read again, for things may have changed."""
    table = text(form, "table")
    try:
        content = base64.b64decode(text(form, "content"), validate=True)
        if table not in imports.COLUMNS:
            raise HqError("choose what the file holds")
        with desk.ledger.write() as db:
            imports.apply(db, imports.read(db, table, content, desk.currency), desk.stamp(), name_of(request))
    except (HqError, ValueError) as error:
        return show_products(request, str(error))
    return RedirectResponse("/stock" if table in ("planogram", "plates") else "/products", 303)


def decide_member(request: Request, desk: Desk, form: FormData) -> Response:
    """Have a member's face erased everywhere, or let a locked one have five tries again."""
    member_id = request.path_params["member_id"]
    try:
        with desk.ledger.write() as db:
            if text(form, "act") == "unlock":
                members.unlock(db, member_id, name_of(request), desk.stamp())
            else:
                members.erase(db, member_id, name_of(request), desk.stamp())
    except HqError as error:
        return show_members(request, str(error))
    return RedirectResponse("/members", 303)


def see_alarm(request: Request, desk: Desk, _form: FormData) -> Response:
    """Note that an alarm was seen."""
    with desk.ledger.write() as db:
        facts.see_alarm(db, request.path_params["alarm_id"], desk.stamp().at_ms)
    return RedirectResponse("/alarms", 303)


def _preview_page(request: Request, desk: Desk, frame: dict[str, int], read: tuple[Preview, bytes]) -> Response:
    values = frame | {"preview": read[0], "content": base64.b64encode(read[1]).decode()}
    return page(request, desk, "import.html", values, 422 if read[0].mistakes else 200)


def text(form: FormData, name: str) -> str:
    """Return a field of a form, "" when it is not there."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _pieces(form: FormData) -> int | None:
    typed = text(form, "quantity").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 6:
        raise HqError(f"{typed[:20]!r} is no count of pieces")
    return int(typed)
