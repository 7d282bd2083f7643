"""What a screen says aloud: the words that stand on it, for whoever cannot read them. Goods and totals, never who somebody is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kiosk.design import amounts
from kiosk.design.words import known, say
from kiosk.ui import views
from kiosk.ui.view import View

Words = Callable[[Any, str], str]


def spoken(view: View) -> str:
    """Return what is said when this screen comes; "" for a screen that says nothing."""
    words = _WORDS.get(type(view))
    return words(view, view.status.language) if words else ""


def _keys(*keys: str) -> Words:
    return lambda _view, language: ". ".join(say(key, language) for key in keys)


def _refused(view: views.PayRefused, language: str) -> str:
    key = f"refused.{view.reason}" if known(f"refused.{view.reason}.more") else "refused.other"
    return f"{say(key, language)}. {say(view.instead or f'{key}.more', language)}"


def _confirm(view: views.PayConfirm, language: str) -> str:
    return f"{say('pay.confirm.title', language)} {say('pay.confirm.pay', language, amount=amounts.money(view.total, language))}"


def _paid(view: views.PayPaid, language: str) -> str:
    return f"{say('pay.paid.title', language)} {amounts.money(view.total, language)}"


def _cash(view: views.PayCash, language: str) -> str:
    return f"{say('pay.cash.title', language)}. {say('pay.cash.more', language)} {view.ticket}"


_WORDS: Final[dict[type[View], Words]] = {
    views.PayBasket: lambda view, language: "" if view.lines else say("pay.basket.empty", language),
    views.PayAge: lambda view, language: f"{say('pay.age.title', language, age=view.age)}. {say('pay.age.more', language)}",
    views.PayStillThere: _keys("pay.still_there.title", "pay.still_there.more"),
    views.PayTender: _keys("pay.tender.title"),
    views.PayDigits: lambda view, language: say("pay.digits.title", language, wanted=view.wanted),
    views.PayPin: _keys("pay.pin.title"),
    views.PayFace: _keys("hint.look_here", "pay.face.privacy"),
    views.PayConfirm: _confirm,
    views.PayQr: _keys("pay.qr.title", "pay.qr.more"),
    views.PayWaiting: _keys("waiting.moment"),
    views.PayPaid: _paid,
    views.PayRefused: _refused,
    views.PayCash: _cash,
    views.OutOfOrder: _keys("out_of_order.title"),
}
