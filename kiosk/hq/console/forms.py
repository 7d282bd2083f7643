"""What makes a form of the console ours: the token of the session, or before there is one of the browser's cookie."""

from __future__ import annotations

import hmac
import secrets

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kiosk.hq.console.sessions import Person

TOKEN_COOKIE = "kiosk_token"  # noqa: S105
SESSION_COOKIE = "kiosk_session"


def person_of(request: Request) -> Person | None:
    """Return who is logged in, None for somebody who is not."""
    person: Person | None = request.scope.get("person")
    return person


def name_of(request: Request) -> str:
    """Return who is logged in; acts are written into the audit under this name."""
    person: Person = request.scope["person"]
    return person.name


def page_token(request: Request) -> str:
    """Return the token that the forms of a page carry: the session's, or before there is one the cookie's, or a new one."""
    person = person_of(request)
    if person is not None:
        return person.form_token
    known = request.cookies.get(TOKEN_COOKIE, "")
    return known if len(known) == 43 else secrets.token_urlsafe(32)


def keep_token(response: Response, token: str, secure: bool) -> None:
    """Give a browser whose user is not logged in its token; other sites can neither read nor send it."""
    response.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict", path="/", secure=secure)


def form_is_ours(request: Request, form: FormData) -> bool:
    """Return whether a form carries the token of this session, or before there is one of the browser's cookie."""
    person = person_of(request)
    token = person.form_token if person is not None else request.cookies.get(TOKEN_COOKIE, "")
    given = form.get("token")
    return bool(token) and isinstance(given, str) and hmac.compare_digest(token.encode(), given.encode())
