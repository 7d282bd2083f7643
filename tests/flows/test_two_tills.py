"""A mirror's basket survives a power cut as a terminal's does, and a device with both has two checkouts that leave each other alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.domain.catalog import Cell, Planogram, PriceList
from kiosk.domain.intent import IntentState
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered, PaymentCode
from kiosk.domain.pricing import quote
from kiosk.flows.cashier import Cashier, Payer
from kiosk.flows.held_up import HeldUp
from kiosk.flows.mirror import MirrorFlow, Senses
from kiosk.flows.terminal import Terminal, mirror_terminal, pay_terminal
from kiosk.flows.wardrobe import Wardrobe
from kiosk.storage.till import MIRROR, PAY
from kiosk.vision.body import BodyFinder
from tests.flows.conftest import PLANOGRAM, PRICES, TEA, WATER, Device, Networks, open_device, screen
from tests.flows.mirrors import person

DRESS = "9520000000103"


@pytest.fixture
def shop_sells_a_dress(device: Device) -> None:
    dress = replace(PRICES.products[0], gtin=DRESS, price=Money(3900, "EUR"), garment="dress_green")
    with device.sight.store.unit() as unit:
        unit.prices.put(PriceList(4, PRICES.effective_at, "EUR", (*PRICES.products, dress)))
    device.shop.refresh()


def mirror(device: Device, networks: Networks) -> Terminal:
    flow = MirrorFlow(device.sight, device.shop, BodyFinder(networks.models), Wardrobe(Path("/nowhere")), Senses(HeldUp()))
    return mirror_terminal(device.sight, device.shop, flow)


def again(device: Device, tmp_path: Path, networks: Networks) -> Device:
    device.sight.store.close()
    return open_device(tmp_path / "state", networks, device.clock)


@pytest.mark.usefixtures("shop_sells_a_dress")
@pytest.mark.parametrize("touched", [["add"], ["add", "pay", "pay"]], ids=["while it is tried on", "while it is paid"])
def test_a_mirrors_basket_is_shown_again(device: Device, tmp_path: Path, networks: Networks, touched: list[str]) -> None:
    screen_of = mirror(device, networks)
    with device.sight.store.unit() as unit:
        unit.planogram.put(Planogram(2, "pay-1", (*PLANOGRAM.cells, Cell("G1", DRESS, 9, 1, 1))))
        unit.stock.set("G1", DRESS, 4)
    device.show(person(networks))
    screen_of.tick([])
    for target in touched:
        view = screen_of.tick([target])
    assert screen(view) == ("pay.tender" if "pay" in touched else "mirror.tryon")
    after = again(device, tmp_path, networks)
    view = mirror(after, networks).tick([])
    assert (screen(view), view.hint, view.total.minor) == ("pay.basket", "restored", 3900)
    assert screen(pay_terminal(after.sight, after.shop).tick([])) == "pay.attract", "it is the mirror's, not the terminal's"
    after.sight.store.close()


@pytest.mark.parametrize("kept", [b"\xff\xfe", b"4006381333931*1"], ids=["unreadable", "no longer sold"])
def test_a_mirror_says_that_a_basket_is_lost(device: Device, tmp_path: Path, networks: Networks, kept: bytes) -> None:
    with device.sight.store.unit() as unit:
        unit.basket.save(kept, MIRROR)
    after = again(device, tmp_path, networks)
    screen_of = mirror(after, networks)
    view = screen_of.tick([])
    assert (screen(view), view.status.banner) == ("mirror.attract", "basket_lost")
    after.clock.move(61.0)
    assert screen_of.tick([]).status.banner == ""
    after.sight.store.close()


def ask(device: Device, role: str, tender: str = "wallet_face") -> tuple[Cashier, str]:
    """Ask for money at one of two screens of a device; return what asked, and the intent."""
    cashier = Cashier(device.sight, role)
    priced = quote({TEA: 1} if role == PAY else {WATER: 1}, device.shop.prices)
    return cashier, cashier.request(priced, Payer(tender, "m")).draft.intent_id


def test_a_restart_of_one_screen_leaves_the_others_payment_alone(device: Device) -> None:
    pay, first = ask(device, PAY)
    _mirror, second = ask(device, MIRROR)
    resumed = Cashier(device.sight, PAY).resume()
    assert resumed is not None and resumed.draft.intent_id == first
    with device.sight.store.snapshot() as unit:
        assert unit.intents.get(second).state is IntentState.ASKED, "not cancelled by the other's restart"
    device.receive(PaymentAnswered(first, "authorised", "", "m"))
    assert pay.conclude(resumed).outcome == "paid"
    with device.sight.store.snapshot() as unit:
        assert unit.basket.load(PAY).startswith(b"paid:") and unit.basket.load(MIRROR) is None


def test_the_codes_of_two_screens_do_not_displace_each_other(device: Device) -> None:
    asked = {role: ask(device, role, "alipay")[1] for role in (PAY, MIRROR)}
    with device.sight.store.unit() as unit:
        for role, intent_id in asked.items():
            unit.intents.keep_code(PaymentCode(intent_id, f"code of {role}", 60))
        assert {role: unit.intents.code(intent_id).text for role, intent_id in asked.items()} == {
            PAY: "code of pay", MIRROR: "code of mirror"}
