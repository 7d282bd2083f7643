"""A member sees and erases what is kept, known by face and PIN, with a phone or without; a stranger gets nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from kiosk.config import PhoneSettings
from kiosk.domain.events import Lane
from kiosk.domain.identity import Policy, Template
from kiosk.flows.enrol import EnrolFlow
from kiosk.flows.my_data import MyDataFlow
from kiosk.flows.shoppers_phone import ShoppersPhone
from kiosk.flows.watch import Watched
from kiosk.phone.app import make_app
from kiosk.phone.counter import Counter
from kiosk.phone.page import Pages
from kiosk.phone.server import PhoneServer
from kiosk.phone.tokens import Tokens
from kiosk.phone.visits import Visits
from kiosk.storage.vault import Consent, Extras
from kiosk.storage.vault.pins import hashed
from kiosk.ui import views
from tests.flows.conftest import Device, screen

CONSENT = Consent("2026-11", "en", "2026-01-01T00:00:00+00:00")


def known(device: Device, flow: MyDataFlow | EnrolFlow, identity: int, pin: str = "") -> views.View | None:
    """Type the digits, look into the camera, and give the PIN."""
    flow.tick([f"key:{d}" for d in "1234"])
    view = device.follow(flow, identity)
    if pin:
        assert screen(view) == "pay.pin"
        flow.tick([f"key:{d}" for d in pin])
        view = flow.tick([])
    return view


def test_a_member_erases_the_own_face_at_the_kiosk(device: Device, member_template: Callable[[int], Template]) -> None:
    device.sight.vault.enrol("ada", "55551234", member_template(0), CONSENT, Extras(pin=hashed("7294")))
    flow = EnrolFlow(device.sight, device.shop, "en")
    assert screen(flow.tick(["my_data"])) == "pay.digits"
    view = known(device, flow, 0, "7294")
    assert (screen(view), view.qr) == ("my.data", ""), "pages for phones are off here"
    assert screen(flow.tick(["erase"])) == "my.erase"
    assert screen(flow.tick(["no"])) == "my.data" and "ada" in device.sight.vault
    assert flow.tick(["erase", "yes"]).done and "ada" not in device.sight.vault
    assert flow.tick(["done"]) is None
    with device.sight.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 1, "HQ is told, and tells the others"


def test_a_stranger_is_refused_as_when_paying(device: Device, member_template: Callable[[int], Template]) -> None:
    device.sight.vault.enrol("ada", "55551234", member_template(0), CONSENT)
    view = known(device, MyDataFlow(device.sight, device.shop, "en"), 5)
    assert (screen(view), view.refused) == ("my.data", "not_recognised")


def test_a_face_a_little_too_far_sees_nothing_without_the_pin(device: Device, member_template: Callable[[int], Template]) -> None:
    moved = member_template(0).copy()
    moved[5] += Policy().threshold + 0.002
    device.sight.vault.enrol("ada", "55551234", moved, CONSENT)
    view = known(device, MyDataFlow(device.sight, device.shop, "en"), 0)
    assert (screen(view), view.refused) == ("my.data", "not_recognised")


def test_the_code_on_the_screen_opens_the_page_on_one_phone(device: Device, member_template: Callable[[int], Template]) -> None:
    device.sight.vault.enrol("ada", "55551234", member_template(0), CONSENT)
    tokens, visits, counter = Tokens(device.clock.monotonic), Visits(device.clock.monotonic), Counter()
    server = PhoneServer(make_app(Pages(tokens, counter, "Test", "en", visits)), PhoneSettings(port=0))
    parts = replace(device.sight, phone=ShoppersPhone(tokens, visits, counter, server))
    try:
        flow = MyDataFlow(parts, device.shop, "en")
        view = known(device, flow, 0)
        assert view.qr.startswith(f"{server.address}/in/")
        answer = httpx.get(view.qr)
        assert answer.status_code == 303
        assert flow.tick([]).qr == "", "the code goes from the screen once it was used"
        loop, answers = Watched(parts), []
        page = httpx.Client(base_url=server.address, cookies=answer.cookies, timeout=20)
        asking = threading.Thread(target=lambda: answers.append(page.post("/me/erase")))
        asking.start()
        while asking.is_alive():
            loop.tick()
        assert answers[0].status_code == 200 and "ada" not in device.sight.vault
    finally:
        server.stop()


@pytest.mark.parametrize("goes", ["touch", "time"])
def test_a_code_that_no_phone_took_opens_nothing_once_the_member_has_gone(
        device: Device, member_template: Callable[[int], Template], goes: str) -> None:
    device.sight.vault.enrol("ada", "55551234", member_template(0), CONSENT)
    tokens, visits, counter = Tokens(device.clock.monotonic), Visits(device.clock.monotonic), Counter()
    server = PhoneServer(make_app(Pages(tokens, counter, "Test", "en", visits)), PhoneSettings(port=0))
    try:
        flow = MyDataFlow(replace(device.sight, phone=ShoppersPhone(tokens, visits, counter, server)), device.shop, "en")
        token = known(device, flow, 0).qr.rpartition("/")[2]
        if goes == "time":
            device.clock.move(121.0)
        assert flow.tick(["done"] if goes == "touch" else []) is None
        assert tokens.enter(token) == ""
    finally:
        server.stop()
