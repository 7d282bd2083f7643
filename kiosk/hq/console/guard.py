"""Who may ask the console for what: under which names it answers, who is logged in, and that only our own pages post."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.design.words import say
from kiosk.domain.staff import Role
from kiosk.hq.console import sessions
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, language_of, page
from kiosk.hq.console.sessions import Person

ANYBODY = ("/static/", "/tokens.css", "/login", "/r/", "/manifests/", "/api/")
"""Whoever asks gets these: looks, the way in, a receipt by its own word, and what carries signatures or a token of its own."""
SMALL_BODY, LARGEST_BODY = 16 * 1024, 12 * 1024 * 1024
"""Bytes of a request: of whoever is not known yet, and of the largest file with what a form puts around it."""
_HEADERS = {
    "x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
"""On every answer; pages have a content policy of their own."""
Page = Callable[[Request], Response]


class Guard:
    """Refuses strange Host names (DNS rebinding), posts that another site's page has started, and whoever is not logged in."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app, self._desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with `person` in its scope, send it to the log-in, or answer 401 or 403."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        send = self._with_headers(send)
        refusal = _refusal(request, self._desk.names)
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        receive = _bounded(receive, SMALL_BODY if request.url.path in ("/login", "/logout", "/account") else LARGEST_BODY)
        scope["person"] = person = await run_in_threadpool(self._person, request)
        if person is None and not request.url.path.startswith(ANYBODY):
            await _to_log_in(request)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _person(self, request: Request) -> Person | None:
        word = request.cookies.get(SESSION_COOKIE, "")
        if not word:
            return None
        at_ms = self._desk.stamp().at_ms
        with self._desk.ledger.read() as db:
            person, stale = sessions.who_is(db, word, at_ms)
        # A page that keeps itself fresh is nobody at the desk: only what a person opens or posts keeps a session.
        if person is not None and stale and (request.method == "POST" or request.headers.get("sec-fetch-mode", "navigate") == "navigate"):
            with self._desk.ledger.write() as db:
                sessions.touch(db, word, at_ms)
        return person

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._desk.secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        return sending


def _bounded(receive: Receive, most: int) -> Receive:
    """Return a `receive` that answers 413 once a request's body is longer than `most` bytes: nothing is gathered before that is known."""
    got = 0

    async def receiving() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413, f"the request is longer than {most} bytes")
        return message

    return receiving


def _to_log_in(request: Request) -> Response:
    if request.method not in ("GET", "HEAD") or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return PlainTextResponse("log in first: load the page again", 401)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" if path == "/" else f"/login?next={quote(path)}", 303)


def _refusal(request: Request, names: frozenset[str]) -> str:
    if request.url.path.startswith(("/manifests/", "/api/tenders/")):
        # Devices fetch the former, payment services post to the latter, under whatever name HQ is reached by: both carry signatures.
        return ""
    if request.method in ("GET", "HEAD") and request.url.path.startswith("/r/"):
        return ""  # shoppers see their receipts under whatever name HQ is reached by; each opens by its own word alone
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in names:
        return f"the console answers to {', '.join(sorted(names))} alone"
    if request.method in ("GET", "HEAD") or request.url.path.startswith("/api/"):
        return ""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same = (site in (None, "same-origin")) and (origin is None or urlsplit(origin).netloc == host)
    return "" if same and (site or origin) else "only the console's own pages may do this"


def for_role(role: Role, show: Page) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that shows a page to people with a role alone, and everybody else why not, with the way to the other pages."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_refused if role_refusal(request, role) else show, request)

    def _refused(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        with desk.ledger.read() as db:
            values = shell(db, desk.stamp().at_ms) | {"problem": role_refusal(request, role)}
        return page(request, desk, "refused.html", values, 403)

    return endpoint


def role_refusal(request: Request, role: Role) -> str:
    """Return what to tell somebody who lacks a role, "" for whoever has it."""
    person: Person | None = request.scope.get("person")
    if person is not None and person.may(role):
        return ""
    language = language_of(request)
    return say("console.refused.role", language, role=say(f"console.role.{role}", language))
