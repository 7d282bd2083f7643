"""Notifications of payment services at HQ's own web server: on time, twice, late, forged, for the wrong sum; and none at all."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC

import httpx
import pytest

from kiosk.domain.events import MemberEnrolled
from kiosk.domain.orders import PaymentAnswered
from kiosk.hq import asking
from kiosk.hq.api import make_api
from kiosk.hq.console.app import make_app
from kiosk.hq.console.render import Desk
from kiosk.hq.console.server import WebServer
from kiosk.hq.ledger import charges
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.notices import Notices
from kiosk.hq.tenders.card import TOLERANCE_S, CardMandates
from kiosk.hq.tenders.setup import open_tenders
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.payments.keys import pair
from kiosk.sim.payments.service import PaymentServices
from tests.hq.conftest import sale
from tests.hq.test_teller import DEADLINE_S, PM, House, ask

CODES = {"alipay": "alipay", "emv_qr": "acquirer"}


@pytest.fixture(scope="module")
def services():
    made = PaymentServices()
    made.start()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path, services):
    services.bank.drop_faults()
    services.notices = 1
    made = House(tmp_path, services)
    web, watch = Ledger(tmp_path / "hq.db"), Ledger(tmp_path / "hq.db")
    desk = Desk(web, watch, SystemClock(), new_id, UTC, "EUR", None, None, made.tenders)
    server = WebServer(make_app(desk, make_api(web, made.stamp, "", Notices(web, made.tenders, made.stamp))), 0, desk.closing)
    made.tenders.update(open_tenders(tmp_path / "tenders.toml", f"http://127.0.0.1:{server.port}"))
    made.url = f"http://127.0.0.1:{server.port}/api/tenders"
    server.start()
    yield made
    server.stop()
    assert made.books().even
    made.close()


def shown(house, tender):
    """Ask for a code and return (intent, payment at the service)."""
    key = new_id()
    house.send(ask(key, tender=tender))
    house.work()
    (code,) = house.told(key)
    number = house.charge(key).number
    return key, house.services.bank.get(CODES[tender], number), code.text


def until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("tender", list(CODES))
@pytest.mark.parametrize("times", [1, 2])
def test_a_notification_answers_without_a_query_and_a_second_one_changes_nothing(house, tender, times):
    house.services.notices = times
    key, payment, text = shown(house, tender)
    seen = house.services.bank.calls(CODES[tender]).count("query")
    house.services.bank.pay(text)
    until(lambda: house.told(key)[-1] == PaymentAnswered(key, "authorised", "", ""))
    assert house.services.post(payment.notify_url, *house.services.notification(payment)) == 200
    assert house.services.bank.calls(CODES[tender]).count("query") == seen
    house.send(sale(f"s-{key}", key, 500, tender))
    house.work()
    assert house.books().zero and house.taken(CODES[tender]) == 500 and len(house.told(key)) == 2


@pytest.mark.parametrize("tender", list(CODES))
def test_without_a_notification_the_query_finds_it_and_a_late_one_changes_nothing(house, tender):
    house.services.notices = 0
    key, payment, text = shown(house, tender)
    house.services.bank.pay(text)
    house.work(3)
    assert house.told(key)[-1].outcome == "authorised"
    house.send(sale(f"s-{key}", key, 500, tender))
    house.work()
    assert house.services.post(payment.notify_url, *house.services.notification(payment)) == 200
    assert house.books().zero and house.balance(f"service:{tender}") == -500


@pytest.mark.parametrize("tender", list(CODES))
def test_what_another_key_signed_or_somebody_changed_is_not_believed(house, tender):
    key, payment, _ = shown(house, tender)
    paid = replace(payment, status="captured", captured_minor=500)
    forged, headers = house.services.notification(paid, pair())
    body, good = house.services.notification(paid)
    changed = body.replace(b"5.00", b"1.00").replace(b"500", b"100")
    assert changed != body
    for told, with_headers in ((forged, headers), (changed, good), (b"", good), (b"\xff", good), (b"{}", good), (body[:-3], good)):
        assert house.services.post(f"{house.url}/{tender}", told, with_headers) == 401
    assert house.charge(key).status == "pending" and len(house.told(key)) == 1


@pytest.mark.parametrize("tender", list(CODES))
def test_a_signed_notification_of_another_sum_or_an_unknown_charge_is_alarmed(house, tender):
    key, payment, _ = shown(house, tender)
    cheap = replace(payment, status="captured", captured_minor=100, amount_minor=100)
    for odd in (cheap, replace(payment, status="captured", key="NOBODY")):
        assert house.services.post(f"{house.url}/{tender}", *house.services.notification(odd)) == 200
    assert house.charge(key).status == "pending" and "tender_notice" in house.alarms()


def test_an_old_notification_of_the_acquirer_is_not_believed(house):
    key, payment, _ = shown(house, "emv_qr")
    body, headers = house.services.notification(replace(payment, status="captured"))
    stale = headers | {"X-Timestamp": str(int(headers["X-Timestamp"]) - 1000)}
    assert house.services.post(f"{house.url}/emv_qr", body, stale) == 401
    assert house.charge(key).status == "pending"


def test_wechat_pays_by_notification_too(house):
    """WeChat Pay settles in CNY alone: a charge is put into the books by hand, for this HQ sells in EUR."""
    key = new_id()
    house.send(ask(key, tender="alipay"))
    with house.ledger.write() as db:
        db.execute("UPDATE charges SET tender = 'wechat', currency = 'CNY' WHERE intent_id = ?", (key,))
    house.work()
    (code,) = house.told(key)
    payment = house.services.bank.get("wechat", house.charge(key).number)
    forged, headers = house.services.notification(replace(payment, status="captured"), pair())
    assert house.services.post(f"{house.url}/wechat", forged, headers) == 401
    house.services.bank.pay(code.text)
    until(lambda: house.told(key)[-1].outcome if isinstance(house.told(key)[-1], PaymentAnswered) else False)
    assert house.charge(key).status == "captured"
    with house.ledger.read() as db:
        assert charges.find(db, "wechat", payment.key).intent_id == key


def charged_card(house, status="authorised"):
    """A member's card that was charged while the answer got lost: (intent, payment at Stripe)."""
    key = new_id()
    house.send(MemberEnrolled("anna", "v1", "fr", 3))
    with house.ledger.write() as db:
        asking.set_mandate(db, "anna", PM, house.at_ms)
    house.services.bank.order("authorise", "lost")
    house.send(ask(key, 2500, "wallet_face", "anna"))
    house.work()
    assert house.told(key) == [] and house.charge(key).status == "asked"
    (payment,) = [p for p in house.services.bank.payments("stripe") if p.key.startswith(key)]
    return key, replace(payment, status=status)


def test_stripes_webhook_answers_before_the_query_once_and_in_whatever_order_it_comes(house):
    key, held = charged_card(house)
    seen = house.services.bank.calls("stripe")
    for _twice in range(2):
        assert house.services.post(f"{house.url}/stripe", *house.services.notification(held)) == 200
    assert house.told(key) == [PaymentAnswered(key, "authorised", "", "anna")]
    assert house.services.bank.calls("stripe") == seen, "nobody had to ask"
    house.send(sale(f"s-{key}", key, 2500, "wallet_face", "anna"))
    house.work()
    taken = replace(held, status="captured", captured_minor=2500)
    for late in (held, taken, replace(held, status="declined", reason="expired_card"), held, taken):
        assert house.services.post(f"{house.url}/stripe", *house.services.notification(late)) == 200
    assert house.charge(key).status == "captured" and house.books().zero and len(house.told(key)) == 1
    assert house.taken("stripe") == 2500 and house.balance("service:stripe") == -2500


@pytest.mark.parametrize(("status", "outcome"), [("declined", "declined"), ("voided", "declined")])
def test_stripes_webhook_tells_that_a_card_was_not_charged(house, status, outcome):
    key, payment = charged_card(house, status)
    assert house.services.post(f"{house.url}/stripe", *house.services.notification(payment)) == 200
    assert house.told(key)[-1].outcome == outcome and house.charge(key).status in ("declined", "voided")


def test_a_webhook_that_is_forged_replayed_changed_or_of_another_sum_moves_nothing(house):
    key, held = charged_card(house)
    body, good = house.services.notification(held)
    stale = house.services.webhook(held, int(time.time()) - TOLERANCE_S - 60)
    for told, headers in (house.services.notification(held, pair()), stale, (body.replace(b"2500", b"2501"), good), (body, {}),
                          (body, {"Stripe-Signature": "t=x,v1="}), (b"[]", good), (b"\xff", good), (stale[0], good)):
        assert house.services.post(f"{house.url}/stripe", told, headers) == 401, headers
    cheap = replace(held, amount_minor=100)
    assert house.services.post(f"{house.url}/stripe", *house.services.notification(cheap)) == 200
    assert house.charge(key).status == "asked" and house.told(key) == [] and "tender_notice" in house.alarms()
    opened = replace(held, status="pending")  # an event that says nothing of how it ended
    assert house.services.post(f"{house.url}/stripe", *house.services.notification(opened)) == 200
    assert house.charge(key).status == "asked" and house.told(key) == []


def test_without_the_endpoints_secret_no_webhook_is_believed(house):
    _key, held = charged_card(house)
    body, headers = house.services.notification(held)
    named = {name.lower(): value for name, value in headers.items()}
    assert house.tenders["stripe"].notice(named, body) is not None
    assert CardMandates("sk_test_x").notice(named, body) is None


def test_anything_else_at_that_address_is_refused(house):
    with httpx.Client() as client:
        assert client.post(f"{house.url}/stripe", content=b"{}").status_code == 401
        assert client.post(f"{house.url}/nobody", content=b"{}").status_code == 401
        assert client.post(f"{house.url}/alipay", content=b"x" * 70_000).status_code == 413
        assert client.post(f"{house.url}/alipay", content=iter([b"x"])).status_code == 413
        assert client.get(f"{house.url}/alipay").status_code == 405
