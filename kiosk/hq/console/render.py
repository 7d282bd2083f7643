"""Templates and what they speak with: words, money and times in the reader's language."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kiosk.design.amounts import clock, money, number, when
from kiosk.design.products import PRODUCTS
from kiosk.design.reasons import order_reason
from kiosk.design.tokens import css
from kiosk.design.words import known, say
from kiosk.domain.catalog import LANGUAGES
from kiosk.domain.events import OrderReason
from kiosk.domain.money import Money
from kiosk.domain.staff import Role
from kiosk.hq.console.forms import keep_token, page_token, person_of
from kiosk.hq.imports import plain
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp, stamp
from kiosk.hq.tenders.protocol import Tender
from kiosk.hq.trust.folder import Authority
from kiosk.runtime import Clock
from kiosk.wire import decode_value

LANGUAGE_COOKIE = "kiosk_language"
NAMES = frozenset({"127.0.0.1", "localhost"})
YEAR_S = 365 * 86400
PAGE_ROLES = {"members": Role.PRIVACY, "screens": Role.OPERATOR, "users": Role.OPERATOR}
"""Pages that not everybody sees who is logged in."""
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page works with. screens: folder of <device>.jpg, None = no live screens; assets: folder of product pictures.

    tenders: the payment services that are there, by name. replays: folder of
    recorded hours of shelves. closing: set when the server ends, so that pages which listen are let go.
    names: hosts that the console answers to. secure: it is reached by https alone, and so are its cookies.
    authority: who issues certificates, None = nobody here.
    """

    ledger: Ledger
    watch: Ledger
    clock: Clock
    new_id: Callable[[], str]
    zone: tzinfo
    currency: str
    screens: Path | None
    assets: Path | None
    tenders: Mapping[str, Tender] = field(default_factory=dict)
    replays: Path | None = None
    closing: threading.Event = field(default_factory=threading.Event)
    names: frozenset[str] = NAMES
    secure: bool = False
    authority: Authority | None = None

    def pictured(self, name: str) -> bool:
        """Return whether there is a picture of this name: the shop's own, or our drawing."""
        return name in PRODUCTS or (bool(name) and self.assets is not None and (self.assets / name).is_file())

    def stamp(self) -> Stamp:
        """Return this moment."""
        return stamp(self.clock.now(), self.new_id)


_environment = Environment(loader=PackageLoader("kiosk.hq.console"), autoescape=select_autoescape(), undefined=StrictUndefined,
                           trim_blocks=True, lstrip_blocks=True)
_environment.filters["unjson"] = json.loads


def language_of(request: Request) -> str:
    """Return the reader's language: asked for, kept in the cookie, or the browser's first that we speak; else English."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    if asked in LANGUAGES:
        return asked
    spoken = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in spoken if language in LANGUAGES), "en")


def page(request: Request, desk: Desk, template: str, values: dict[str, Any], status: int = 200) -> Response:
    """Return a page in the reader's language."""
    language, token = language_of(request), page_token(request)
    text = _environment.get_template(template).render(
        **_speech(desk, language), **values, language=language, languages=LANGUAGES, token=token, path=request.url.path,
        in_language=lambda code: f"?{urlencode({**request.query_params, 'lang': code})}",
        live_screens=desk.screens is not None, person=person_of(request), page_roles=PAGE_ROLES,
        replays=desk.replays is not None and any(desk.replays.glob("*.json")), error=values.get("problem", ""))
    response = HTMLResponse(text, status)
    if person_of(request) is None:
        keep_token(response, token, desk.secure)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="strict", httponly=True, secure=desk.secure)
    response.headers["content-security-policy"] = POLICY
    response.headers["cache-control"] = "no-store"
    return response


def bare_page(request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
    """Return a page for shoppers in the reader's language: no console around it, no cookie, nothing to post."""
    language = language_of(request)
    text = _environment.get_template(template).render(**values, language=language, languages=LANGUAGES, say=partial(_say, language),
                                                      tokens=css())
    response = HTMLResponse(text, status)
    response.headers["content-security-policy"] = POLICY
    response.headers["cache-control"] = "no-store"
    return response


def _speech(desk: Desk, language: str) -> dict[str, Any]:
    now_ms = desk.stamp().at_ms
    return {
        "t": partial(_text, language), "known": lambda key: known(f"console.{key}"), "now_ms": now_ms,
        "money": lambda minor, currency: money(Money(minor, currency), language), "num": lambda n: number(n, language),
        "when": lambda ms: when(moment(ms), language, desk.zone), "clock": lambda ms: clock(moment(ms), language, desk.zone),
        "ago": lambda ms: _ago(language, now_ms - ms), "span": lambda seconds: _ago(language, seconds * 1000),
        "why": partial(_why, language),
        "named": partial(_named, language), "plain": lambda minor, currency: plain(Money(minor, currency)), "currency": desk.currency,
        "fresh_id": desk.new_id,
        "has_picture": desk.pictured,
    }


def _text(language: str, key: str, **values: object) -> str:
    return say(f"console.{key}", language, **values)


def _say(language: str, key: str, **values: object) -> str:
    return say(key, language, **values)


def moment(ms: int) -> datetime:
    """Return milliseconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ago(language: str, span_ms: int) -> str:
    seconds = max(0, span_ms // 1000)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return say(f"console.span.{unit}", language, n=seconds // length)
    return say("console.span.s", language, n=seconds)


def _named(language: str, row: Any) -> str:
    """Return the name of a row's product in the reader's language, else in English, else its GTIN."""
    return str(row[f"name_{language}"] or row["name_en"] or row["gtin"])


def _why(language: str, row: Any) -> str:
    """Return why a slot asks for so much, "" where only its reorder point speaks."""
    reason: OrderReason | None = decode_value(row["reason"], OrderReason) if row["reason"] else None
    return order_reason(reason, language) if reason is not None and reason.days else ""
