"""The way in and out of the console, one's own password, the users, and the audit of all that was done."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kiosk.domain.staff import Role
from kiosk.errors import HqError
from kiosk.hq.console import sessions
from kiosk.hq.console.acts import text
from kiosk.hq.console.forms import SESSION_COOKIE, name_of, person_of
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, page
from kiosk.hq.ledger import catalogue, people

AUDIT_ROWS = 200


def show_log_in(request: Request, problem: str = "") -> Response:
    """The form that asks for a name and a password."""
    desk: Desk = request.app.state.desk
    if person_of(request) is not None:
        return RedirectResponse("/fleet", 303)
    values = {"next": _local(request.query_params.get("next", "")), "problem": problem}
    return page(request, desk, "login.html", values, 401 if problem else 200)


def log_in(request: Request, desk: Desk, form: FormData) -> Response:
    """Open a session for the right name and password; everything else is one and the same refusal."""
    try:
        word = sessions.log_in(desk.ledger, text(form, "name"), text(form, "password"), _address(request), desk.stamp())
    except HqError as error:
        return show_log_in(request, str(error))
    if not word:
        return show_log_in(request, "wrong")
    with desk.ledger.read() as db:
        person, _ = sessions.who_is(db, word, desk.stamp().at_ms)
    first = person is not None and person.one_time
    response = RedirectResponse("/account" if first else _local(text(form, "next")), 303)
    response.set_cookie(SESSION_COOKIE, word, httponly=True, samesite="strict", path="/", secure=desk.secure)
    return response


def log_out(request: Request, desk: Desk, _form: FormData) -> Response:
    """End the session, here and at the server."""
    with desk.ledger.write() as db:
        sessions.log_out(db, request.cookies.get(SESSION_COOKIE, ""), name_of(request), desk.stamp())
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict", secure=desk.secure)
    response.headers["clear-site-data"] = '"cache"'
    return response


def show_account(request: Request, problem: str = "") -> Response:
    """Who one is, what one may do, and one's password."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {"shortest": sessions.SHORTEST, "longest": sessions.LONGEST, "problem": problem}
    return page(request, desk, "account.html", values, 409 if problem else 200)


def change_password(request: Request, desk: Desk, form: FormData) -> Response:
    """Change one's own password; then one logs in anew, and so does whoever else was here under this name."""
    person = person_of(request)
    try:
        if person is None or text(form, "new") != text(form, "again"):
            raise HqError("the two new passwords are not the same")
        sessions.change_password(desk.ledger, person, text(form, "old"), text(form, "new"), desk.stamp())
    except HqError as error:
        return show_account(request, str(error))
    return RedirectResponse("/login", 303)


def show_users(request: Request, problem: str = "", fresh: tuple[str, str] | None = None) -> Response:
    """Who may come in, with which roles, and the audit. fresh: a user just made, with the password that holds once."""
    desk: Desk = request.app.state.desk
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {
            "users": people.users(db), "roles": list(Role), "audit": catalogue.audit(db, AUDIT_ROWS), "fresh": fresh, "problem": problem}
    return page(request, desk, "users.html", values, 409 if problem else 200)


def put_user(request: Request, desk: Desk, form: FormData) -> Response:
    """Add a user or give a known one other roles; their password is shown once, now."""
    name = text(form, "name").strip().lower()
    try:
        roles = [role for role in Role if text(form, f"role-{role}")]
        person = person_of(request)
        if person is None or not person.roles.issuperset(roles):
            raise HqError("nobody gives roles that they do not have")
        password = sessions.add_user(desk.ledger, name, roles, name_of(request), desk.stamp())
    except HqError as error:
        return show_users(request, str(error))
    return show_users(request, fresh=(name, password))


def drop_user(request: Request, desk: Desk, _form: FormData) -> Response:
    """Let a user in no more; nobody switches themselves off."""
    name = request.path_params["name"]
    try:
        if name == name_of(request):
            raise HqError("nobody switches themselves off")
        with desk.ledger.write() as db:
            sessions.switch_off(db, name, name_of(request), desk.stamp())
    except HqError as error:
        return show_users(request, str(error))
    return RedirectResponse("/users", 303)


def _local(path: str) -> str:
    """Return a path of this console, /fleet for everything else: a log-in leads to no other site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\", "/login")) and "\n" not in path else "/fleet"


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "?"
