"""When a face is not enough: the PIN is asked for by amount and by twins; five wrong ones lock the member, and nobody learns who is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.domain.events import Lane
from kiosk.domain.identity import Policy, Template
from kiosk.domain.orders import MembersAnnounced
from kiosk.flows.pay import PayFlow
from kiosk.flows.watch import Watched
from kiosk.storage.vault import Consent, Extras
from kiosk.storage.vault.pins import hashed
from kiosk.ui import views
from tests.flows.conftest import Device, screen
from tests.flows.test_pay import MY_DIGITS, look, to_tender

CONSENT = Consent("2026-11", "en", "2026-01-01T00:00:00+00:00")
PIN = "7294"


def checkout(device: Device, extras: Extras, template: Template, over_minor: int = 5000) -> PayFlow:
    """A shopper with a basket of 6.71 whose face was just seen."""
    given = device.sight.settings
    parts = replace(device.sight, settings=replace(given, members=replace(given.members, pin_over_minor=over_minor)))
    parts.vault.enrol("ada", MY_DIGITS, template, CONSENT, extras)
    pay = PayFlow(parts, device.shop, "en")
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    return pay


def typed(pay: PayFlow, pin: str) -> views.View:
    assert screen(pay.tick([f"key:{d}" for d in pin])) == "pay.waiting"
    return pay.tick([])


def test_above_the_limit_the_pin_leads_to_the_same_confirmation(device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(pin=hashed(PIN)), member_template(0), over_minor=670)
    view = look(device, pay, 0)
    assert (screen(view), view.entered, view.wrong) == ("pay.pin", 0, False)
    assert screen(pay.tick(["key:7", "erase", "key:1", "other_way"])) == "pay.tender"
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    look(device, pay, 0)
    view = typed(pay, "0000")
    assert (screen(view), view.wrong) == ("pay.pin", True)
    assert screen(typed(pay, PIN)) == "pay.confirm"
    assert screen(pay.tick(["confirm"])) == "pay.waiting"


def test_below_the_limit_a_face_is_enough_but_twins_give_it_always(device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(pin=hashed(PIN)), member_template(0), over_minor=671)
    assert screen(look(device, pay, 0)) == "pay.confirm"
    pay.tick(["cancel"])
    device.sight.vault.ask_pin_always("ada")
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    assert screen(look(device, pay, 0)) == "pay.pin"


def test_who_has_no_pin_is_told_so_above_the_limit(device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(), member_template(0), over_minor=0)
    view = look(device, pay, 0)
    assert (screen(view), view.reason) == ("pay.refused", "pin_missing")


def test_five_wrong_pins_lock_the_member_and_hq_hears_of_it(device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(pin=hashed(PIN)), member_template(0), over_minor=0)
    look(device, pay, 0)
    for _ in range(4):
        assert typed(pay, "0000").wrong
    view = typed(pay, "0000")
    assert (screen(view), view.reason) == ("pay.refused", "pin_locked")
    with device.sight.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 1
    assert screen(pay.tick(["cancel"])) == "pay.attract"
    to_tender(device, pay)
    pay.tick(["face"])
    pay.tick([f"key:{d}" for d in MY_DIGITS[-4:]])
    view = look(device, pay, 0)
    assert (screen(view), view.reason) == ("pay.refused", "pin_locked")
    assert screen(pay.tick(["qr"])) == "pay.qr", "the other ways stay open"


def shown_to_a_stranger(device: Device, pay: PayFlow, digits: str) -> tuple[views.View, float]:
    """The screen that ends an attempt, and how much of the ring's way was over when it came."""
    pay.tick(["face"])
    last = pay.tick([f"key:{d}" for d in digits])
    seen: list[float] = []
    while screen(last) == "pay.face" and len(seen) < 90:
        seen.append(last.progress)
        last = device.follow(pay, 5, frames=1)
    pay.tick(["retry"])
    return last, seen[-1]


def test_unknown_digits_and_a_wrong_face_look_and_last_the_same(device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(pin=hashed(PIN)), member_template(0), over_minor=0)
    pay.tick(["other_way"])
    for digits in ("9999", MY_DIGITS[-4:]):
        view, over = shown_to_a_stranger(device, pay, digits)
        assert (screen(view), view.reason) == ("pay.refused", "not_recognised")
        assert over > 0.9, "nobody is turned away before the ring has gone its whole way"


def test_who_was_lost_by_every_kiosk_and_pays_by_code_is_asked_to_enrol_again(device: Device) -> None:
    device.receive(MembersAnnounced(("member-of-code",), lost=True))
    Watched(device.sight).tick()
    pay = PayFlow(device.sight, device.shop, "en")
    to_tender(device, pay)
    pay.tick(["qr"])
    device.show_code("KM1.one-time-code", "QRCode")
    pay.tick([])
    with device.sight.store.snapshot() as unit:
        (intent,) = unit.intents.unsettled()
    device.answer(intent.intent_id, "authorised")
    view = pay.tick([])
    assert (screen(view), view.status.banner) == ("pay.paid", "enrol_again")


def away(template: Template, distance: float) -> Template:
    """A template moved in a direction that no face takes by chance."""
    moved = template.copy()
    moved[5] += distance
    return moved


def test_a_face_a_little_too_far_is_asked_for_the_pin_and_without_one_is_nobody(
        device: Device, member_template: Callable[[int], Template]) -> None:
    pay = checkout(device, Extras(pin=hashed(PIN)), away(member_template(0), Policy().threshold + 0.002))
    assert screen(look(device, pay, 0)) == "pay.pin"
    assert screen(typed(pay, PIN)) == "pay.confirm"
    with device.sight.store.snapshot() as unit:
        assert unit.tallies.all() == {"asked_pin": 1}
    pay.tick(["cancel"])
    pay = checkout(device, Extras(), away(member_template(0), Policy().threshold + 0.002))
    view = look(device, pay, 0)
    assert (screen(view), view.reason) == ("pay.refused", "not_recognised")
