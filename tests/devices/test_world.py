from __future__ import annotations

import numpy as np
import pytest

from kiosk.devices.display import Presented
from kiosk.devices.scanner import CameraScanner
from kiosk.devices.simulated.setup import StoreShopper, read_setup, write_setup
from kiosk.devices.simulated.shelf import DRIFT_G, NOISE_G
from kiosk.devices.simulated.shopper import Act, Visit, decide, typing_order
from kiosk.devices.simulated.stage import pay_view, with_noise
from kiosk.devices.simulated.station import Guest
from kiosk.devices.simulated.world import World
from kiosk.domain.frame import Frame
from kiosk.errors import InvalidValueError, WorldError

ATTRACT = Presented("pay.attract", {"start": (0, 0, 100, 100), "enrol": (0, 200, 100, 50)}, {})


def test_same_seed_script_time_and_inputs_give_the_same_pixels_weights_and_touches(open_store):
    first, second = open_store(), open_store()
    for store, questions in ((first, 1), (second, 7)):
        for _ in range(12):
            store.run(1.0)
            for _ in range(questions):
                store.world.frame("mirror-cam", store.t)
                store.world.weights("shelf-1", store.t)
    for camera in ("pay-cam", "mirror-cam"):
        assert np.array_equal(first.world.frame(camera, first.t), second.world.frame(camera, first.t))
    assert first.world.weights("shelf-1", first.t) == second.world.weights("shelf-1", first.t)
    assert first.pay.log == second.pay.log
    assert first.world.truth() == second.world.truth()
    assert first.world.tags() == second.world.tags()


def test_another_seed_is_another_day(open_store):
    days = []
    for seed in (1, 2):
        store = open_store(seed=seed)
        store.run(20)
        days.append(store.world.weights("shelf-1", store.t))
    assert days[0] != days[1]


def test_noise_differs_from_frame_to_frame(setup):
    world = World(setup, None)
    first, second = world.frame("pay-cam", 1.0), world.frame("pay-cam", 1.1)
    assert first.shape == (480, 640, 3)
    assert world.frame("mirror-cam", 1.1).shape == (1280, 720, 3)
    difference = first.astype(int) - second.astype(int)
    assert 0.5 < difference.std() < 6


def test_weights_agree_with_what_lies_on_the_cells(setup, store):
    store.run(40)
    world = store.world
    world.presented("shelf-1", Presented("out_of_order", {"staff": (0, 0, 9, 9)}, {}), store.t)
    moved = world.truth()["picked"]
    assert moved > 5
    # Wait until no hand has been at the shelf for a while: pieces stay the same over the mean of a second.
    for _ in range(200):
        before = world.truth()["pieces"]
        means = np.mean([[world.weights("shelf-1", store.t + i / 10)[c.slot] for c in setup.cells] for i in range(10)], axis=0)
        store.t += 1.0
        if world.truth()["pieces"] == before and store.t > 43:
            seen = {c.slot: round(g / c.unit_weight_g) for c, g in zip(setup.cells, means, strict=True)}
            if seen == before:
                break
    assert seen == before
    for cell, grams in zip(setup.cells, means, strict=True):
        expected = before[cell.slot] * cell.unit_weight_g
        assert abs(grams - expected) < 0.03 * expected + DRIFT_G + NOISE_G
    tags = world.tags()
    for slot, pieces in world.truth()["pieces"].items():
        assert sum(place == f"shelf:{slot}" for place in tags.values()) == pieces


def test_a_pick_is_a_step_with_a_hand_in_it(setup):
    world = World(make_quiet(setup), None)
    still = [world.weights("shelf-1", t)["A1"] for t in np.arange(0, 1, 0.05)]
    world.act("pick", {"slot": "A1", "pieces": 1}, 1.0)
    trace = np.array([world.weights("shelf-1", t)["A1"] for t in np.arange(1.0, 4, 0.05)])
    assert np.mean(still) - np.mean(trace[-20:]) == pytest.approx(120.0, abs=6)
    assert max(abs(trace[:8] - np.mean(still))) > 15, "the hand is felt"
    assert np.std(still) == pytest.approx(NOISE_G, rel=0.6)


def make_quiet(setup):
    """The same store at a pace at which no shopper comes to the shelf within the test."""
    return type(setup)(**{name: getattr(setup, name) for name in setup.__slots__} | {"pace": 0.001})


def test_shoppers_walk_through_every_kind_of_visit(store):
    store.run(60)
    truth = store.world.truth()
    assert {"face", "stranger", "qr", "enrol", "code", "cash"} <= set(truth["visits"])
    assert {"face", "qr", "cash"} <= set(truth["tenders"])
    assert truth["strangers_refused"] >= 1
    assert truth["strangers_accepted"] == 0
    assert truth["enrolled"] == 1
    assert truth["walked_off"] == 0
    assert truth["sales"] >= 12, "a normal pace gives twelve sales a minute"
    assert truth["sales"] == store.pay.log.count("pay.paid") + store.pay.log.count("pay.cash") + store.mirror.log.count("pay.paid")
    assert truth["put_back"] >= 1
    assert truth["emptied_slots"] >= 1


def test_only_who_is_invited_comes(store):
    store.world.act("invite", {"kind": "cash"}, store.t)
    store.run(20)
    assert set(store.world.truth()["visits"]) - {"staff", "face"} == {"cash"}, "but for the mirror's shoppers, whose faces pay"
    store.world.act("invite", {"kind": ""}, store.t)
    store.run(20)
    assert {"code", "stranger"} & set(store.world.truth()["visits"])


@pytest.mark.parametrize(("wanted", "typed"), [(4, "5678"), (6, "567834"), (8, "56783412")])
def test_digits_are_typed_from_the_end_of_the_number(open_store, wanted, typed):
    assert typing_order("12345678", wanted) == typed
    shopper = StoreShopper("m", 0, "enrolled", True, "12345678")
    store = open_store(shoppers=(shopper,), wanted=wanted)
    store.run_until(lambda: store.pay.claimed != "", 120)
    assert store.pay.claimed == typed


def test_staff_refills_when_goods_come(store):
    store.run(3)
    store.world.act("deliver", {"slot": "A2", "pieces": 5}, store.t)
    store.run_until(lambda: "shelf.board" in store.shelf.log, 30)
    assert store.shelf.entered_pins == ["2468"]
    assert store.shelf.log[:3] == ["staff.login", "staff.menu", "staff.slots"]
    assert store.world.truth()["refilled"] == 5
    assert store.world.truth()["refills"] == 1


def test_people_in_a_hurry_still_hit_what_they_see(open_store):
    store = open_store(seed=3, pace=2.0)
    store.run(15)
    store.world.act("deliver", {"slot": "A1", "pieces": 6}, store.t)
    store.run(30)  # the terminal itself fails on a touch that hits nothing
    assert store.world.truth()["refilled"] == 6
    assert store.world.truth()["walked_off"] == 0


@pytest.mark.parametrize(("wish", "screen"), [("count", "staff.slots"), ("close_day", "staff.report"), ("out_of_order", "out_of_order")])
def test_staff_does_errands(store, wish, screen):
    store.run(1)
    store.world.act("staff", {"device": "shelf-1", "wish": wish, "slot": "A1"}, store.t)
    pieces = store.world.truth()["pieces"]["A1"]
    store.run_until(lambda: screen in store.shelf.log, 20)
    if wish != "out_of_order":
        store.run_until(lambda: store.shelf.log[-1] == "shelf.board", 20)
    if wish == "count":
        assert store.shelf.value == pieces, "staff set the count to what lies there"


def test_a_shopper_whom_nobody_answers_leaves(setup):
    world = World(setup, None)
    for i in range(200):
        world.presented("pay-1", ATTRACT, i * 0.1)
    assert world.truth()["walked_off"] >= 1


def test_touches_come_after_a_human_delay_and_hit_the_button(setup):
    world, seen_at, delays = World(setup, None), None, []
    tender = Presented("pay.tender", {"face": (100, 100, 50, 40), "qr": (300, 100, 50, 40), "cash": (500, 100, 50, 40)}, {})
    for i in range(4000):
        t = i * 0.01
        if not world.truth()["present"]:
            world.presented("pay-1", ATTRACT, t)
            continue
        seen_at = t if seen_at is None else seen_at
        for touch in world.presented("pay-1", tender, t):
            assert 100 <= touch.y < 140
            delays.append(t - seen_at)
            break
        if delays:
            break
    # The first touch also waits until the shopper has walked in.
    assert 0.15 <= delays[0] <= 0.9


def test_a_member_who_is_refused_takes_the_phone_then_the_cash_desk():
    visit = Visit("face", "12345678", ("4006381333931",), code="K1")
    visit.refused.append("face")
    assert decide(visit, "pay.refused", {}) == Act("touch", "qr")
    visit.refused.append("qr")
    assert decide(visit, "pay.refused", {}) == Act("touch", "cash")
    assert decide(Visit("stranger", "1", refused=["face"]), "pay.refused", {}) == Act("touch", "cancel")


def test_whoever_is_not_offered_what_he_wants_goes_to_the_cash_desk():
    offline = {"ways": "retry,cash,cancel"}
    assert decide(Visit("face", "1", code="KM1.x", refused=["face"]), "pay.refused", offline) == Act("touch", "cash")
    assert decide(Visit("qr", "1", code="KM1.x"), "pay.tender", {"ways": "face,cash"}) == Act("touch", "cash")
    assert decide(Visit("face", "1"), "pay.tender", {"ways": "face,cash"}) == Act("touch", "face")


@pytest.mark.parametrize(("kind", "texts"), [
    ("show_item", ["4006381333931", "5901234123457", "3017620422003", "96385074"]),
    ("show_code", ["K1:0042:abcdefghijklmnopqrstuvwxyz0123456789"]),
])
def test_codes_in_rendered_frames_are_read(kind, texts):
    scanner, read, count = CameraScanner(), 0, 0
    for text in texts:
        for i in range(25):
            t = 3.0 + i * 0.37
            guest = Guest(StoreShopper("m", 1, "enrolled", True, "12345678"), 0.0, Act(kind, text), t - 0.3, "pay.basket")
            frame = with_noise(pay_view(None, guest, t, 7), (7, i))
            read += any(code.text == text for code in scanner.scan(Frame(frame, t, i, "pay-cam")))
            count += 1
    assert read >= 0.95 * count, f"{read} of {count}"


def test_setup_goes_through_a_file_and_mistakes_are_told(tmp_path, setup):
    write_setup(setup, tmp_path / "w.json")
    assert read_setup(tmp_path / "w.json") == setup
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(WorldError, match=r"w\.json"):
        read_setup(tmp_path / "w.json")
    with pytest.raises(InvalidValueError, match="8 digits"):
        StoreShopper("x", 0, "enrolled", True, "123")


def test_what_the_world_does_not_know_it_refuses(setup):
    world = World(setup, None)
    for name, args in (("dance", {}), ("deliver", {"slot": "Z9", "pieces": 2}), ("deliver", {"wrong": 1}),
                       ("pick", {"slot": "A1", "pieces": "many"}), ("camera", {"camera": "pay-cam", "fault": "haunted"}),
                       ("invite", {"kind": "ghost"})):
        with pytest.raises(WorldError):
            world.act(name, args, 0.0)
    with pytest.raises(WorldError):
        world.frame("nowhere", 0.0)


def test_a_member_who_leaves_reads_the_address_of_the_own_data_with_the_phone_and_comes_no_more(make_store_setup):
    jana = StoreShopper("jana", 0, "leaves", True, "12345678")
    world, now = World(make_store_setup(shoppers=(jana,)), None), 0.0
    page = "http://127.0.0.1:8080/in/token"

    def shows(screen: str, targets: tuple[str, ...], facts: dict[str, str], until: str, seconds: float = 30.0) -> list[str]:
        nonlocal now
        places = {name: (100 * number, 0, 90, 90) for number, name in enumerate(targets)}
        touched: list[str] = []
        end = now + seconds
        while now < end and until not in (*touched, *world.truth()["pages"]):
            now = round(now + 0.1, 3)
            touched += [targets[touch.x // 100] for touch in world.presented("pay-1", Presented(screen, places, facts), now)]
        return touched

    assert shows("pay.attract", ("start", "enrol"), {}, "enrol") == ["enrol"]
    assert shows("enrol.consent", ("accept", "my_data", "decline"), {}, "my_data") == ["my_data"]
    shows("my.data", ("erase", "done"), {"code": page}, page)
    assert world.truth()["pages"] == [page] and world.truth()["codes"] == []
    assert "done" in shows("my.data", ("erase", "done"), {"code": ""}, "done")
    assert shows("pay.attract", ("start", "enrol"), {}, "enrol", 60.0) == [], "she is a member no longer"
