"""Who may ask the console for what: only this machine's own names, and only our own pages may post."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN_COOKIE = "kiosk_token"  # noqa: S105
_NAMES = ("127.0.0.1", "localhost")


class Guard:
    """Refuses strange Host names (DNS rebinding), and posts that another site's page has started. The API has a token of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 403."""
        if scope["type"] == "http":
            refusal = _refusal(Request(scope))
            if refusal:
                await PlainTextResponse(refusal, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal(request: Request) -> str:
    if request.url.path.startswith(("/manifests/", "/api/tenders/")):
        # Devices fetch the former, payment services post to the latter, under whatever name HQ is reached by: both carry signatures.
        return ""
    if request.method in ("GET", "HEAD") and request.url.path.startswith("/r/"):
        return ""  # shoppers see their receipts under whatever name HQ is reached by; each opens by its own word alone
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in _NAMES:
        return "the console answers to 127.0.0.1 and localhost alone"
    if request.method in ("GET", "HEAD") or request.url.path.startswith("/api/"):
        return ""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same = (site in (None, "same-origin")) and (origin is None or urlsplit(origin).netloc == host)
    return "" if same and (site or origin) else "only the console's own pages may do this"


def page_token(request: Request) -> str:
    """Return the token that forms of this browser carry: from its cookie, or a new one."""
    known = request.cookies.get(TOKEN_COOKIE, "")
    return known if len(known) == 43 else secrets.token_urlsafe(32)


def keep_token(response: Response, token: str) -> None:
    """Give the browser its token; other sites can neither read nor send it."""
    response.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict", path="/")


def form_is_ours(request: Request, form: FormData) -> bool:
    """Return whether a form carries the token of the browser's cookie."""
    token, given = request.cookies.get(TOKEN_COOKIE, ""), form.get("token")
    return bool(token) and isinstance(given, str) and hmac.compare_digest(token.encode(), given.encode())
