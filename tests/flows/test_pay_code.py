"""Paying with a phone that reads a code off the screen: HQ's word decides, leaving voids it, and what was paid just then is a sale."""

from __future__ import annotations

import pytest

from kiosk.domain.catalog import TenderPolicy
from kiosk.domain.intent import IntentState
from kiosk.domain.orders import PaymentAnswered, PaymentCode
from kiosk.flows.pay import PayFlow
from kiosk.storage.ports import DownBox
from kiosk.ui import views
from tests.flows.conftest import WATER, Device, screen


@pytest.fixture
def pay(device: Device) -> PayFlow:
    assert DownBox(device.sight.store).install(TenderPolicy(1, "EUR", ("alipay", "emv_qr"), 120))
    device.shop.refresh()
    return PayFlow(device.sight, device.shop, "en")


def ask(device: Device, pay: PayFlow) -> str:
    """Choose Alipay for one water and return the intent's id."""
    device.show_code(WATER[:12])
    pay.tick([])
    view = pay.tick(["pay"])
    assert isinstance(view, views.PayTender) and view.codes == ("alipay", "emv_qr")
    view = pay.tick(["code:alipay"])
    assert isinstance(view, views.PayCode) and (view.tender, view.code) == ("alipay", "")
    with device.sight.store.snapshot() as unit:
        (intent,) = unit.intents.unsettled()
    assert intent.tender == "alipay"
    return intent.intent_id


def show(device: Device, pay: PayFlow, intent_id: str) -> views.View:
    device.receive(PaymentCode(intent_id, "https://qr.example/1", 120))
    return pay.tick([])


def sales(device: Device) -> tuple[int, int]:
    with device.sight.store.snapshot() as unit:
        return unit.sales.totals()


def state(device: Device, intent_id: str) -> IntentState:
    with device.sight.store.snapshot() as unit:
        return unit.intents.get(intent_id).state


def test_the_code_is_shown_with_its_time_and_paid_when_hq_says_so(device: Device, pay: PayFlow) -> None:
    intent_id = ask(device, pay)
    view = show(device, pay, intent_id)
    assert isinstance(view, views.PayCode) and (view.code, view.seconds_left) == ("https://qr.example/1", 120)
    device.clock.move(30.0)
    assert pay.tick([]).seconds_left == 90
    device.receive(PaymentAnswered(intent_id, "authorised", ""))
    assert screen(pay.tick([])) == "pay.paid"
    with device.sight.store.snapshot() as unit:
        (sale,) = unit.sales.recent(9)
    assert (sale.tender, sale.offline, sale.member_id) == ("alipay", False, "")
    assert state(device, intent_id) is IntentState.CAPTURED


@pytest.mark.parametrize(("target", "after"), [("back", "pay.tender"), ("cancel", "pay.attract")])
def test_leaving_cancels_and_a_late_yes_sells_nothing(device: Device, pay: PayFlow, target: str, after: str) -> None:
    intent_id = ask(device, pay)
    show(device, pay, intent_id)
    assert screen(pay.tick([target])) == after
    assert state(device, intent_id) is IntentState.CANCELLED
    device.receive(PaymentAnswered(intent_id, "authorised", ""))
    pay.tick([])
    assert sales(device) == (0, 0)


def test_a_code_that_was_paid_when_the_shopper_left_is_a_sale(device: Device, pay: PayFlow) -> None:
    intent_id = ask(device, pay)
    show(device, pay, intent_id)
    device.receive(PaymentAnswered(intent_id, "authorised", ""))
    assert screen(pay.tick(["cancel"])) == "pay.paid"
    assert sales(device) == (1, 95) and state(device, intent_id) is IntentState.CAPTURED


def test_no_code_and_no_word_end_it_and_nothing_is_sold_offline(device: Device, pay: PayFlow) -> None:
    ask(device, pay)
    device.clock.move(14.0)
    assert screen(pay.tick([])) == "pay.code"
    device.clock.move(2.0)
    view = pay.tick([])
    assert (screen(view), view.reason) == ("pay.refused", "hq_silent")
    pay.tick(["retry"])
    pay.tick(["code:alipay"])
    with device.sight.store.snapshot() as unit:
        (intent,) = unit.intents.unsettled()
    show(device, pay, intent.intent_id)
    device.clock.move(134.0)
    view = pay.tick([])
    assert (screen(view), view.seconds_left) == ("pay.code", 0)
    device.clock.move(2.0)
    assert pay.tick([]).reason == "code_expired"
    assert sales(device) == (0, 0)


def test_a_decline_says_why_and_the_old_code_is_not_shown_again(device: Device, pay: PayFlow) -> None:
    intent_id = ask(device, pay)
    show(device, pay, intent_id)
    device.receive(PaymentAnswered(intent_id, "declined", "insufficient_funds"))
    view = pay.tick([])
    assert (screen(view), view.reason) == ("pay.refused", "insufficient_funds")
    pay.tick(["retry"])
    assert pay.tick(["code:emv_qr"]).code == ""


def test_codes_are_not_offered_offline_or_in_another_currency(device: Device, pay: PayFlow) -> None:
    store = DownBox(device.sight.store)
    assert not store.install(TenderPolicy(1, "EUR", (), 120))
    with device.sight.store.unit() as unit:
        unit.settings.put("link", "down")
    device.shop.refresh()
    assert device.shop.codes == ()
    with device.sight.store.unit() as unit:
        unit.settings.put("link", "up")
    assert store.install(TenderPolicy(2, "CHF", ("alipay",), 120))
    device.shop.refresh()
    assert device.shop.codes == ()
    device.show_code(WATER[:12])
    pay.tick([])
    pay.tick(["pay"])
    assert screen(pay.tick(["code:alipay"])) == "pay.tender"
