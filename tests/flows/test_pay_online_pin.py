"""Paying by number and PIN where one's face has not come: offered to whoever was not recognised, judged by HQ alone."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from kiosk.domain.checkout import State
from kiosk.domain.events import Lane, PaymentRequested
from kiosk.domain.money import Money
from kiosk.domain.online_pin import PinShown, fits, unpacked
from kiosk.flows.identify import FaceSearch
from kiosk.flows.pay import PayFlow
from kiosk.ui import views
from kiosk.wire import decode_batch
from tests.flows.conftest import Device, screen
from tests.flows.test_pay import MY_DIGITS, to_tender

PIN = "7294"


def keys(text: str) -> list[str]:
    return [f"key:{digit}" for digit in text]


def unknown(device: Device, pay: PayFlow) -> views.PayRefused:
    """A basket, digits, and nobody before the camera for as long as anybody waits."""
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick(keys(MY_DIGITS[-4:]))
    device.clock.move(9.0)
    view = pay.tick([])
    assert isinstance(view, views.PayRefused)
    return view


def type_all(pay: PayFlow, pin: str = PIN) -> views.View:
    view = pay.tick(["pin"])
    assert (screen(view), view.wanted) == ("pay.digits", 8)
    assert screen(pay.tick(keys(MY_DIGITS))) == "pay.pin"
    assert screen(pay.tick(keys(pin))) == "pay.waiting"
    return pay.tick([])


def asked(device: Device) -> PaymentRequested:
    with device.sight.store.snapshot() as unit:
        sent = [decode_batch("v1/pay-1/up/money", payload)[0] for _, payload in unit.outbox.batch(Lane.MONEY, 0, 100, 1 << 20)]
    (request,) = [fact.event for fact in sent if isinstance(fact.event, PaymentRequested)]
    return request


@pytest.fixture
def pay(device: Device) -> PayFlow:
    return PayFlow(device.sight, device.shop, "en")


def test_who_is_not_recognised_pays_by_number_and_pin(device: Device, pay: PayFlow) -> None:
    lodged = device.sight.vault.pin_keys.lodged("ada", MY_DIGITS, PIN)
    view = unknown(device, pay)
    assert (view.reason, view.pin) == ("not_recognised", True)
    assert screen(type_all(pay)) == "pay.waiting"
    request = asked(device)
    (shown,) = unpacked(request.member_code)
    assert (request.tender, request.member_id, shown.mark) == ("wallet_pin", "", lodged.mark)
    assert fits(lodged.proof, request.intent_id, shown)
    assert not fits(lodged.proof, "another", shown) and not fits(lodged.proof, request.intent_id, PinShown("", "", ""))
    assert MY_DIGITS not in request.member_code and PIN not in request.member_code.split(".")
    device.answer(request.intent_id, "authorised")
    assert screen(pay.tick([])) == "pay.paid"
    sale = pay.session.sale
    assert sale is not None and (sale.tender, sale.member_id) == ("wallet_pin", "member-of-code")


def test_a_refusal_says_what_can_be_done_and_lets_try_again(device: Device, pay: PayFlow) -> None:
    device.sight.vault.pin_keys.lodged("ada", MY_DIGITS, PIN)
    unknown(device, pay)
    type_all(pay, "0000")
    device.answer(asked(device).intent_id, "declined", "pin_refused")
    view = pay.tick([])
    assert isinstance(view, views.PayRefused) and (view.reason, view.pin) == ("pin_refused", True)
    assert screen(pay.tick(["pin"])) == "pay.digits"
    assert screen(pay.tick([*keys("4157"), "erase", "other_way"])) == "pay.tender"


def test_a_kiosk_that_met_no_member_yet_offers_no_pin_that_it_could_not_show(device: Device, pay: PayFlow) -> None:
    view = unknown(device, pay)
    assert (view.pin, view.qr, view.instead) == (False, True, "")
    assert screen(pay.tick(["pin"])) == "pay.refused"
    device.sight.vault.pin_keys.learn([base64.b64encode(bytes(32)).decode()])
    pay.tick(["cancel"])
    assert unknown(device, pay).pin, "the key came with somebody's template"


def test_digits_can_be_taken_back_and_every_screen_can_be_left(device: Device, pay: PayFlow) -> None:
    device.sight.vault.pin_keys.lodged("ada", MY_DIGITS, PIN)
    unknown(device, pay)
    view = pay.tick(["pin", *keys("415"), "erase"])
    assert (screen(view), view.entered) == ("pay.digits", 2)
    view = pay.tick([*keys("570321"), *keys("72"), "erase"])
    assert (screen(view), view.entered, view.pays) == ("pay.pin", 1, Money(671, "EUR"))
    assert screen(pay.tick(["other_way"])) == "pay.tender"
    pay.tick(["cancel"])
    unknown(device, pay)
    pay.tick(["pin"])
    assert screen(pay.tick(["cancel"])) == "pay.attract"
    unknown(device, pay)
    pay.tick(["pin"])
    device.clock.move(60.0)
    assert screen(pay.tick([])) == "pay.attract", "nobody is there any more"


def test_no_pin_without_hq_nor_where_members_carry_their_key(device: Device, pay: PayFlow) -> None:
    device.sight.vault.pin_keys.lodged("ada", MY_DIGITS, PIN)
    unknown(device, pay)
    with device.sight.store.unit() as unit:
        unit.settings.put("link", "down")
    device.shop.refresh()
    view = pay.tick(["pin"])
    assert isinstance(view, views.PayRefused) and (view.pin, view.qr, view.instead) == (False, False, "pay.refused.alone")
    with device.sight.store.unit() as unit:
        unit.settings.put("link", "up")
    device.shop.refresh()
    pay.tick(["cancel"])
    given = device.sight.settings
    cards = replace(device.sight, settings=replace(given, members=replace(given.members, mode="card")))
    pay = PayFlow(cards, device.shop, "en")
    to_tender(device, pay)
    pay.tick(["face"])
    pay.session.search = FaceSearch(cards, [])
    pay.session.state = State.FACE
    device.clock.move(9.0)
    view = pay.tick([])
    assert isinstance(view, views.PayRefused) and (view.reason, view.pin) == ("not_recognised", False)
    assert screen(pay.tick(["pin"])) == "pay.refused"
