"""What joining asks for and what it refuses: minors, easy PINs, dark faces; twins are warned; with a card the store alone knows nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from kiosk.design import consent as texts
from kiosk.domain.events import Lane
from kiosk.domain.identity import Template
from kiosk.flows.enrol import EnrolFlow
from kiosk.flows.pay import PayFlow
from kiosk.flows.sight import Sight
from kiosk.storage.vault import Consent, Courier
from kiosk.storage.vault.courier import holds
from tests.flows.conftest import Device, enrol, face_picture, screen
from tests.flows.test_enrol_staff_shelf import join, keys, look_to_enrol, sign
from tests.flows.test_pay import look, to_tender


def in_card_mode(device: Device) -> Sight:
    given = device.sight.settings
    return replace(device.sight, settings=replace(given, members=replace(given.members, mode="card")))


def test_minors_are_refused_and_nothing_is_kept(device: Device) -> None:
    flow = EnrolFlow(device.sight, device.shop, "en")
    flow.tick(["accept"])
    view = flow.tick(["minor"])
    assert (screen(view), view.ok, view.reason) == ("enrol.done", False, "minor")
    assert flow.tick(["done"]) is None
    assert device.sight.vault.members() == []


def test_the_consent_is_kept_with_text_language_time_and_signature_under_the_devices_own(device: Device) -> None:
    join(device, "55501234", 2)
    (member_id,) = device.sight.vault.members()
    consent = device.sight.vault.consent(member_id)
    assert (consent.version, consent.language, consent.text_sha256) == (texts.VERSION, "en", texts.fingerprint("en"))
    assert consent.strokes == (((100, 500), (300, 400), (500, 600)), ((700, 500),))
    assert consent.at == device.clock.now().isoformat() or consent.at < device.clock.now().isoformat()
    assert consent.adult and consent.device == "pay-1" and holds(consent, member_id)
    assert not holds(replace(consent, strokes=()), member_id)
    assert texts.fingerprint("en") != texts.fingerprint("fr")


@pytest.mark.parametrize(("first", "second", "objection"), [("1111", "", "same"), ("1234", "", "row"), ("7294", "7295", "differs"),
                                                            ("5550", "", "phone")])
def test_easy_and_mistyped_pins_are_asked_for_again(device: Device, first: str, second: str, objection: str) -> None:
    flow = EnrolFlow(device.sight, device.shop, "en")
    sign(device, flow)
    flow.tick([*keys("55501234"), "ok"])
    view = flow.tick([*keys(first), *keys(second)])
    assert (screen(view), view.objection, view.again, view.entered) == ("enrol.pin", objection, False, 0)
    assert flow.tick(keys("8")).objection == ""
    assert flow.tick(keys("306")).again


def test_hints_ask_for_light_and_one_face_only_and_only_good_pictures_count(device: Device) -> None:
    flow = EnrolFlow(device.sight, device.shop, "en")
    sign(device, flow)
    flow.tick([*keys("55501234"), "ok", *keys("7294"), *keys("7294")])
    device.clock.move(1.0)
    device.show((face_picture(device.figures, 2, 0.0) * 0.15).astype(np.uint8))
    view = flow.tick([])
    assert (view.hint, view.taken) == ("more_light", 0)
    device.show(np.full((480, 640, 3), 12, np.uint8))
    assert flow.tick([]).hint == "more_light", "too dark to see whether anybody is there"
    device.show(np.full((480, 640, 3), 190, np.uint8))
    assert flow.tick([]).hint == "look_here"
    device.clock.move(1.0)
    device.show_face(2)
    assert flow.tick([]).taken == 1
    device.clock.move(1.0)
    device.show_face(5)
    assert flow.tick([]).taken == 1, "somebody else's picture begins anew"
    look_to_enrol(device, flow, 5)


@pytest.mark.parametrize(("shown", "lost", "reason"), [
    ("turned", False, "quality"), ("nobody", False, "timeout"), ("turned", True, "camera_lost")])
def test_who_gets_no_good_picture_is_told_why_and_nothing_is_kept(device: Device, shown: str, lost: bool, reason: str) -> None:
    flow = EnrolFlow(device.sight, device.shop, "en")
    sign(device, flow)
    flow.tick([*keys("55501234"), "ok", *keys("7294"), *keys("7294")])
    device.show(face_picture(device.figures, 0, 28.0) if shown == "turned" else np.full((480, 640, 3), 120, np.uint8))
    assert screen(flow.tick([])) == "enrol.face"
    device.eyes.lost = lost
    device.clock.move(61.0)
    view = flow.tick([])
    assert (screen(view), view.ok, view.reason) == ("enrol.done", False, reason)
    assert device.sight.vault.members() == [] and flow.tick(["done"]) is None


def test_twins_are_warned_and_both_give_their_pin_always(device: Device, member_template: Callable[[int], Template]) -> None:
    enrol(device, "sister", "11112222", member_template(2))
    flow = EnrolFlow(device.sight, device.shop, "en")
    sign(device, flow)
    flow.tick([*keys("55501234"), "ok", *keys("7294"), *keys("7294")])
    look_to_enrol(device, flow, 2)
    assert flow.tick([]).twin
    flow.tick(["keep"])
    assert all(device.sight.vault.standing(member_id).pin_always for member_id in device.sight.vault.members())


def test_somebody_else_is_no_twin(device: Device, member_template: Callable[[int], Template]) -> None:
    enrol(device, "stranger", "11112222", member_template(5))
    join(device, "55501234", 3)
    assert not any(device.sight.vault.standing(member_id).pin_always for member_id in device.sight.vault.members())


def test_with_the_card_the_code_is_shown_once_and_opens_the_face(device: Device) -> None:
    parts = in_card_mode(device)
    flow = EnrolFlow(parts, device.shop, "en")
    sign(device, flow)
    flow.tick([*keys("55501234"), "ok", *keys("7294"), *keys("7294")])
    look_to_enrol(device, flow, 0)
    assert flow.tick([]).card is True
    code = flow.tick(["keep"]).card
    assert code.startswith("KF1.") and parts.vault.bucket("1234") == []
    with parts.store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 1, "HQ is given nothing by which number and PIN could be judged"
    flow.tick(["done"])
    pay = PayFlow(parts, device.shop, "en")
    to_tender(device, pay)
    view = pay.tick(["face"])
    assert (screen(view), view.card) == ("pay.qr", True)
    device.show_code(code[:-4] + "AAAA", "QRCode")
    assert screen(pay.tick([])) == "pay.face"
    assert screen(look(device, pay, 0)) == "pay.refused", "another secret opens nothing"
    pay.tick(["retry"])
    pay.tick(["face"])
    device.show_code(code, "QRCode")
    assert screen(pay.tick([])) == "pay.face"
    assert screen(look(device, pay, 0)) == "pay.confirm"


def test_a_consent_of_another_device_keeps_its_proof(device: Device) -> None:
    courier = Courier(device.sight.vault, "pay-1", "e")
    seen = courier.witness("m", Consent("v", "en", "2026-01-01T00:00:00+00:00"))
    assert holds(seen, "m") and not holds(replace(seen, device="pay-2"), "m")
