"""Paying, with real codes, rendered faces and a real database: money is taken once, and every silence has its rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.devices.simulated.depth import SimulatedDepthCamera, sheet
from kiosk.domain.catalog import PriceList
from kiosk.domain.events import Lane
from kiosk.domain.identity import Template
from kiosk.domain.intent import IntentState
from kiosk.domain.liveness import Sighting
from kiosk.flows.identify import FaceLook, FaceSearch
from kiosk.flows.pay import PayFlow
from kiosk.storage.damage import LOST_BASKET
from kiosk.ui import views
from tests.flows.conftest import TEA, WATER, Device, Networks, enrol, open_device, screen

MY_DIGITS = "41570321"


@pytest.fixture
def pay(device: Device) -> PayFlow:
    return PayFlow(device.sight, device.shop, "en")


def fill_basket(device: Device, pay: PayFlow) -> views.View:
    """Scan two pieces of tea and one water."""
    for code in (TEA, WATER, TEA):
        device.clock.move(2.0)
        pay.tick([])
        device.show_code(code[:12])
        view = pay.tick([])
    return view


def to_tender(device: Device, pay: PayFlow) -> None:
    fill_basket(device, pay)
    assert screen(pay.tick(["pay"])) == "pay.tender"


def look(device: Device, pay: PayFlow, identity: int) -> views.View:
    """Look into the camera and follow the ring until the terminal has made up its mind."""
    return device.follow(pay, identity)


def pay_by_face(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> str:
    """Go on until HQ was asked; return the intent's id."""
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    assert screen(pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])) == "pay.face"
    view = look(device, pay, 0)
    assert screen(view) == "pay.confirm"
    assert view.who == "•• 21"
    assert screen(pay.tick(["confirm"])) == "pay.waiting"
    with device.sight.store.snapshot() as unit:
        (intent,) = unit.intents.unsettled()
    return intent.intent_id


def test_a_scanned_basket_is_priced_with_its_promotion(device: Device, pay: PayFlow) -> None:
    view = fill_basket(device, pay)
    assert isinstance(view, views.PayBasket)
    assert [(line.name, line.quantity, line.amount.minor) for line in view.lines] == [("Tea", 2, 576), ("Water", 1, 95)]
    assert (view.total.minor, view.saved.minor) == (671, 64)


def test_a_code_that_stays_in_view_counts_once(device: Device, pay: PayFlow) -> None:
    for _ in range(10):
        device.show_code(WATER[:12])
        view = pay.tick([])
    assert view.lines[0].quantity == 1


def test_a_product_that_is_not_sold_here_is_said_so(device: Device, pay: PayFlow) -> None:
    fill_basket(device, pay)
    device.show_code("400638133393")
    assert pay.tick([]).hint == "unknown_code"


def test_the_first_code_of_all_is_answered_too_when_it_is_not_sold_here(device: Device, pay: PayFlow) -> None:
    device.show_code("https://example.org", "QRCode")
    assert screen(pay.tick([])) == "pay.attract", "a poster is no shopper"
    device.show_code("400638133393")
    view = pay.tick([])
    assert (screen(view), view.lines, view.hint) == ("pay.basket", (), "unknown_code")
    device.clock.move(61.0)
    assert screen(pay.tick([])) == "pay.attract"


def test_a_code_with_a_wrong_check_digit_is_said_with_the_right_one(device: Device, pay: PayFlow) -> None:
    fill_basket(device, pay)
    device.show_code("4006381333932", "QRCode")
    assert pay.tick([]).hint == "check_digit:1"


def test_a_known_face_pays_once_and_everything_is_one_transaction(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    device.answer(intent_id, "authorised")
    view = pay.tick([])
    assert screen(view) == "pay.paid"
    assert (view.total.minor, view.receipt, view.offline) == (671, "pay-1-000001", False)
    with device.sight.store.snapshot() as unit:
        (sale,) = unit.sales.recent(9)
        assert (sale.member_id, sale.total_minor, sale.tender) == ("ada", 671, "wallet_face")
        assert (sale.pricelist_version, sale.vat) == (3, {"55": 35})
        assert (unit.stock.on_hand("P1"), unit.stock.on_hand("P2")) == (19, 4)
        assert unit.intents.get(intent_id).state is IntentState.CAPTURED
        assert unit.journal.verify() is None
        assert unit.outbox.waiting()[Lane.MONEY] == 2
        assert unit.requests.open_for("P2").quantity == 18
        assert unit.tallies.all()["recognised"] == 1
        assert unit.basket.load() is not None, "a restart would show that it is paid"
    device.answer(intent_id + "-again", "authorised")
    for _ in range(3):
        pay.tick([])
    assert screen(pay.tick(["done"])) == "pay.attract"
    with device.sight.store.snapshot() as unit:
        assert unit.sales.totals() == (1, 671) and unit.basket.load() is None


def test_a_stranger_who_knows_the_digits_is_refused_and_nothing_is_asked(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    view = look(device, pay, 5)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised")
    with device.sight.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 0
        assert unit.tallies.all()["refused"] == 1


def test_a_printed_picture_of_a_member_is_refused_like_a_stranger(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    view = device.follow(pay, 0, printed=True)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised"), "why is nobody's business"
    with device.sight.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 0
        assert (unit.tallies.all()["not_live"], unit.tallies.all()["refused"]) == (1, 1)


def test_a_depth_camera_that_sees_a_sheet_has_the_last_word(device: Device, member_template: Callable[[int], Template]) -> None:
    depth = SimulatedDepthCamera(sheet((0.0, 0.0, 640.0, 480.0), (640, 480)), device.clock.monotonic)
    pay = PayFlow(replace(device.sight, depth=depth), device.shop, "en")
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    view = look(device, pay, 0)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised")
    with device.sight.store.snapshot() as unit:
        assert unit.tallies.all()["not_live"] == 1


@pytest.mark.parametrize("lost", [True, False])
def test_a_depth_camera_that_is_gone_or_covered_lets_no_face_through(
        device: Device, member_template: Callable[[int], Template], lost: bool) -> None:
    depth = SimulatedDepthCamera(lambda _s: np.full((480, 640), np.nan, np.float32), device.clock.monotonic)
    depth.lost = lost
    pay = PayFlow(replace(device.sight, depth=depth), device.shop, "en")
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    assert screen(device.follow(pay, 0)) == "pay.refused"
    with device.sight.store.snapshot() as unit:
        assert unit.tallies.all()["not_live"] == 1


def test_a_device_that_sees_few_frames_gives_more_time(device: Device) -> None:
    spent = {}
    for gap_s in (0.1, 0.3):
        search = FaceSearch(device.sight, [])
        for number in range(12):
            device.clock.move(gap_s)
            seen = Sighting(device.clock.monotonic(), np.zeros((468, 3), np.float32), (1.0, 1.0))
            search.step(FaceLook("", (0, 0, 9, 9), np.zeros(384, np.float32), number, seen, other=number == 0))
            if search.progress:
                break
        device.clock.move(1.0)
        spent[gap_s] = search.progress
    assert 0 < spent[0.3] < 0.9 * spent[0.1]


def test_a_face_that_only_looks_is_not_enough(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    for _ in range(90):
        device.show_face(0)
        view = pay.tick([])
        if screen(view) != "pay.face":
            break
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised")


def test_a_device_that_sees_late_does_not_take_that_for_a_slow_shopper(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    assert screen(device.follow(pay, 0, late=5)) == "pay.confirm"


def test_another_face_in_the_middle_begins_anew(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    enrol(device, "ada", MY_DIGITS, member_template(0))
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    half = device.follow(pay, 0, frames=25)
    assert half.progress > 0.4
    for _ in range(14):
        device.show(np.full((480, 640, 3), 190, np.uint8))
        pay.tick([])
    begun = device.follow(pay, 1, frames=3)
    assert begun.progress < 0.2
    view = device.follow(pay, 1)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised"), "what the first face earned is gone"


def test_unknown_digits_show_the_same_screens_as_a_wrong_face(device: Device, pay: PayFlow) -> None:
    to_tender(device, pay)
    pay.tick(["face"])
    assert screen(pay.tick([f"key:{d}" for d in "9999"])) == "pay.face"
    view = look(device, pay, 0)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised")


def test_two_more_digits_are_asked_for_while_more_than_five_share_them(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    for i, first in enumerate(("11", "11", "22", "22", "33", "44")):
        enrol(device, f"m{i}", f"90{first}0321", member_template(i))
    to_tender(device, pay)
    pay.tick(["face"])
    view = pay.tick([f"key:{d}" for d in "0321"])
    assert (screen(view), view.entered, view.wanted, view.more) == ("pay.digits", 4, 6, True)
    assert screen(pay.tick(["key:1", "key:1"])) == "pay.face"
    assert screen(look(device, pay, 1)) == "pay.confirm"


def test_a_code_on_the_phone_pays_when_hq_says_so(device: Device, pay: PayFlow) -> None:
    to_tender(device, pay)
    pay.tick(["qr"])
    device.show_code("KM1.one-time-code", "QRCode")
    assert screen(pay.tick([])) == "pay.waiting"
    with device.sight.store.snapshot() as unit:
        (intent,) = unit.intents.unsettled()
    device.answer(intent.intent_id, "authorised")
    assert screen(pay.tick([])) == "pay.paid"
    with device.sight.store.snapshot() as unit:
        assert unit.sales.recent(1)[0].member_id == "member-of-code"


def test_a_refusal_of_hq_says_why_and_takes_nothing(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    device.answer(intent_id, "declined", "insufficient_funds")
    view = pay.tick([])
    assert (screen(view), view.reason) == ("pay.refused", "insufficient_funds")
    assert screen(pay.tick(["cash"])) == "pay.cash"
    assert screen(pay.tick(["done"])) == "pay.attract"
    with device.sight.store.snapshot() as unit:
        assert unit.sales.totals() == (0, 0)


def test_hq_silent_for_three_seconds_and_the_policy_sells(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    device.clock.move(2.9)
    assert screen(pay.tick([])) == "pay.waiting"
    device.clock.move(0.2)
    view = pay.tick([])
    assert (screen(view), view.offline) == ("pay.paid", True)
    device.answer(intent_id, "authorised")
    pay.tick([])
    with device.sight.store.snapshot() as unit:
        (sale,) = unit.sales.recent(9)
        assert (sale.offline, sale.policy_version) == (True, 1)
        assert unit.intents.get(intent_id).state is IntentState.OFFLINE_CAPTURED


def test_the_word_of_hq_beats_the_policy_when_both_are_there(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    device.clock.move(3.5)
    device.answer(intent_id, "declined", "insufficient_funds")
    assert screen(pay.tick([])) == "pay.refused"


def test_over_the_cap_nothing_is_sold_offline(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    sold = 0
    for _ in range(9):
        pay_by_face(device, pay, member_template)
        device.clock.move(3.1)
        view = pay.tick([])
        if screen(view) == "pay.refused":
            break
        sold += view.total.minor
        pay.tick(["done"])
    assert view.reason == "offline_limit" and view.qr
    with device.sight.store.unit() as unit:
        unit.settings.put("link", "down")
    device.shop.refresh()
    assert not pay.tick([]).qr, "a code that only HQ can resolve is not offered while HQ is silent"
    assert 5000 - 671 < sold <= 5000


def restarted(device: Device, tmp_path: Path, networks: Networks) -> tuple[Device, PayFlow]:
    """The same device after its process was killed."""
    device.sight.store.close()
    again = open_device(tmp_path / "state", networks, device.clock)
    return again, PayFlow(again.sight, again.shop, "en")


@pytest.mark.parametrize("when", ["before the restart", "while it checks"])
def test_a_restart_asks_how_the_open_payment_stands_and_books_what_is_paid(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template], tmp_path: Path, networks: Networks, when: str) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    if when == "before the restart":
        device.answer(intent_id, "authorised")
    again, after = restarted(device, tmp_path, networks)
    if when == "while it checks":
        view = after.tick(["cancel", "done"])
        assert (screen(view), view.what) == ("pay.waiting", "checking")
        again.answer(intent_id, "authorised")
    view = after.tick([])
    assert (screen(view), view.total.minor, view.receipt) == ("pay.paid", 671, "pay-1-000001")
    with again.sight.store.snapshot() as unit:
        (sale,) = unit.sales.recent(9)
        assert (sale.member_id, sale.intent_id, sale.offline) == ("ada", intent_id, False)
        assert (unit.stock.on_hand("P1"), unit.stock.on_hand("P2")) == (19, 4)
        assert unit.outbox.waiting()[Lane.MONEY] == 2 + (when == "while it checks"), "asked again only when there was no answer"
    again.sight.store.close()


@pytest.mark.parametrize("answer", ["declined", "", "late"])
def test_a_restart_that_finds_nothing_paid_says_so_and_shows_the_basket(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template], tmp_path: Path, networks: Networks, answer: str) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    again, after = restarted(device, tmp_path, networks)
    if answer == "declined":
        again.answer(intent_id, "declined", "insufficient_funds")
    else:
        again.clock.move(20.1)
    view = after.tick([])
    assert (screen(view), view.reason) == ("pay.refused", "insufficient_funds" if answer == "declined" else "restart")
    if answer == "late":
        again.answer(intent_id, "authorised")
    view = after.tick(["retry"])
    assert (screen(view), view.total.minor) == ("pay.tender", 671)
    with again.sight.store.snapshot() as unit:
        assert unit.intents.get(intent_id).state is IntentState.CANCELLED
        assert unit.sales.totals() == (0, 0), "the policy never sells for a shopper whom a restart has lost"
    again.sight.store.close()


def test_a_restart_before_paid_was_seen_says_it_then(
        device: Device, pay: PayFlow, member_template: Callable[[int], Template], tmp_path: Path, networks: Networks) -> None:
    intent_id = pay_by_face(device, pay, member_template)
    device.answer(intent_id, "authorised")
    assert screen(pay.tick([])) == "pay.paid"
    again, after = restarted(device, tmp_path, networks)
    view = after.tick([])
    assert (screen(view), view.total.minor, view.receipt) == ("pay.paid", 671, "pay-1-000001")
    assert screen(after.tick(["done"])) == "pay.attract"
    again, after = restarted(again, tmp_path, networks)
    assert screen(after.tick([])) == "pay.attract"
    with again.sight.store.snapshot() as unit:
        assert unit.sales.totals() == (1, 671)
    again.sight.store.close()


@pytest.mark.parametrize("kept", [LOST_BASKET, b"\xff\xfe", b"4006381333931*0", b"9520000000073*1 nonsense"])
def test_a_basket_that_cannot_be_read_is_said_to_be_lost(
        device: Device, pay: PayFlow, tmp_path: Path, networks: Networks, kept: bytes) -> None:
    with device.sight.store.unit() as unit:
        unit.basket.save(kept)
    again, after = restarted(device, tmp_path, networks)
    view = after.tick([])
    assert (screen(view), view.status.banner) == ("pay.attract", "basket_lost")
    again.clock.move(61.0)
    after.tick([])
    assert after.tick([]).status.banner == ""
    again.sight.store.close()


def test_an_open_basket_is_shown_again(device: Device, pay: PayFlow, tmp_path: Path, networks: Networks) -> None:
    fill_basket(device, pay)
    again, after = restarted(device, tmp_path, networks)
    view = after.tick([])
    assert (screen(view), view.hint, view.total.minor) == ("pay.basket", "restored", 671)
    again.sight.store.close()


def test_training_sells_nothing(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    with device.sight.store.unit() as unit:
        unit.settings.put("training", "on")
    to_tender(device, pay)
    pay.tick(["qr"])
    device.show_code("KM1.one-time-code", "QRCode")
    pay.tick([])
    view = pay.tick([])
    assert (screen(view), view.receipt) == ("pay.paid", "T-pay-1-000001")
    with device.sight.store.unit() as unit:
        assert (unit.sales.totals(), unit.stock.on_hand("P2"), unit.outbox.waiting()[Lane.MONEY]) == ((0, 0), 6, 0)
        assert unit.journal.head() is None and [r.kind for r in unit.training.records()] == ["opened", "training_sale"]
        unit.settings.put("training", "off")
        assert unit.sales.next_receipt("pay-1") == "pay-1-000001"


def test_a_finger_cannot_cancel_money_on_its_way(device: Device, pay: PayFlow, member_template: Callable[[int], Template]) -> None:
    pay_by_face(device, pay, member_template)
    assert screen(pay.tick(["cancel", "back", "done"])) == "pay.waiting"


def test_a_new_price_list_shows_at_once_but_a_quote_keeps_its_price(device: Device, pay: PayFlow) -> None:
    fill_basket(device, pay)
    dearer = PriceList(4, device.shop.prices.effective_at, "EUR",
                       tuple(type(p)(p.gtin, p.names, p.price * 2, p.vat_permille, p.unit_weight_g) for p in device.shop.prices.products))
    with device.sight.store.unit() as unit:
        assert unit.prices.put(dearer)
    device.shop.refresh()
    assert pay.tick([]).total.minor == 2 * (640 + 95)
    assert pay.tick(["pay"]).total.minor == 1470
    with device.sight.store.unit() as unit:
        unit.prices.put(PriceList(5, dearer.effective_at, "EUR", dearer.products[:1]))
    device.shop.refresh()
    assert pay.tick(["qr"]).total.minor == 1470


def test_nobody_at_the_screen_and_it_goes_home(device: Device, pay: PayFlow) -> None:
    to_tender(device, pay)
    device.clock.move(46.0)
    assert screen(pay.tick([])) == "pay.attract"
    with device.sight.store.snapshot() as unit:
        assert unit.basket.load() is None


def test_in_the_dark_more_light_is_asked_for_and_else_to_look_here(device: Device, pay: PayFlow) -> None:
    to_tender(device, pay)
    pay.tick(["face", *(f"key:{d}" for d in MY_DIGITS[-4:])])
    for brightness, hint in ((12, "more_light"), (190, "look_here")):
        device.show(np.full((480, 640, 3), brightness, np.uint8))
        view = pay.tick([])
        assert isinstance(view, views.PayFace) and view.hint == hint


def test_a_lost_camera_leaves_the_cash_desk(device: Device, pay: PayFlow) -> None:
    to_tender(device, pay)
    device.eyes.lost = True
    view = pay.tick([])
    assert (view.face, view.qr, view.status.camera_lost) == (False, False, True)
    assert screen(pay.tick(["cash"])) == "pay.cash"
