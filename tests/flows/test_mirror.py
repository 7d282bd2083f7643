"""The mirror's scenes as a shopper goes through them: cards, sizes, favourites, two looks, the own back, orders, a hand for a finger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import zxingcpp

from kiosk.config import parse
from kiosk.devices.display import OffscreenDisplay
from kiosk.devices.presence import Stillness
from kiosk.devices.rfid import TagReader
from kiosk.devices.simulated.figure_pose import HANGING, Arm, BodyPose
from kiosk.domain.events import Lane
from kiosk.domain.online import OrderPlaced, StockElsewhere, StoreStock
from kiosk.domain.sizing import Measure
from kiosk.domain.staff import Right
from kiosk.domain.tags import TagSeen
from kiosk.errors import DeviceLostError
from kiosk.flows import wishes
from kiosk.flows.held_up import HeldUp
from kiosk.flows.mirror import Senses
from kiosk.flows.scenes import SCENES
from kiosk.flows.stage import Stage
from kiosk.flows.terminal import mirror_terminal
from kiosk.flows.tryon import RING_S
from kiosk.storage.till import MIRROR
from kiosk.wire import decode_batch
from tests.flows.conftest import TOML, WATER, Device, Networks, screen
from tests.flows.mirrors import COAT, EMPTY, LIST, SHIRT_L, SHIRT_M, SHIRT_S, TEE, Before, person


@pytest.fixture
def before(device: Device, networks: Networks) -> Before:
    return Before(device, networks)


class Tags(TagReader):
    """A reader whose tags a test lays down."""

    def __init__(self) -> None:
        self.reads: list[TagSeen] = []
        self.lost = False

    def read(self) -> list[TagSeen]:
        if self.lost:
            raise DeviceLostError("silent")
        seen, self.reads = self.reads, []
        return seen

    def close(self) -> None:
        self.reads = []


def placed(before: Before) -> list[OrderPlaced]:
    """The orders that wait for HQ."""
    with before.device.sight.store.snapshot() as unit:
        rows = unit.outbox.batch(Lane.MONEY, 0, 100, 1 << 20)
    facts = [decode_batch("v1/pay-1/up/money", encoded)[0] for _, encoded in rows]
    return [fact.event for fact in facts if isinstance(fact.event, OrderPlaced)]


def waiting(before: Before) -> list[tuple[str, tuple[str, ...]]]:
    with before.device.sight.store.snapshot() as unit:
        return [(wish.what, wish.gtins) for wish in wishes.waiting(unit)]


def test_every_scene_of_the_table_is_behind_the_protocol():
    assert list(SCENES)[:4] == ["tryon", "card", "compare", "checkout"]
    for scene in SCENES.values():
        assert {"enter", "tick", "view", "leave"} <= set(dir(scene))


def test_a_barcode_held_up_starts_its_look_and_shows_its_card(before):
    before.stand()
    code = np.asarray(zxingcpp.create_barcode(SHIRT_M, zxingcpp.BarcodeFormat.EAN13).to_image(scale=2))
    picture = before.somebody
    picture[-code.shape[0]:, :code.shape[1]] = code[..., None]
    for _ in range(3):
        view = before.show(picture)
    assert screen(view) == "mirror.card"
    card = view.card
    assert (card.name, card.price.minor, card.was.minor, card.offer) == ("Shirt", 3120, 3900, "20 % off shirts")
    assert [(tile.size, tile.stock, tile.chosen) for tile in card.sizes] == [("S", 2, False), ("M", 3, True), ("L", 0, False)]
    assert card.origin == "Portugal" and [tile.name for tile in card.matches] == ["Coat"]


def test_a_tag_in_a_cabin_shows_its_card_at_once_without_any_camera(device, networks, tmp_path):
    tags = Tags()
    sight = replace(device.sight, settings=parse(TOML.format(folder=tmp_path) + "[mirror]\ncabin = true\n"))
    device.sight = sight
    before = Before(device, networks, Senses(HeldUp(None, tags)))
    assert screen(before.flow.tick([])) == "mirror.attract" and before.flow.tick([]).cabin
    tags.reads = [TagSeen("3034257BF7194E4000001A85", 1, 0.0), TagSeen(sgtin(COAT), 1, 0.0)]
    view = before.flow.tick([])
    assert screen(view) == "mirror.card" and view.card.name == "Coat" and view.picture is None and view.cloth is not None
    tags.lost = True
    view = before.flow.tick(["add"])
    assert screen(view) == "mirror.basket" and not view.pays, "nobody pays by face where no camera is"
    assert screen(before.flow.tick(["pay"])) == "mirror.basket"
    assert screen(before.flow.tick(["reserve"])) == "mirror.ordered"
    assert screen(before.flow.tick(["done"])) == "mirror.card", "nothing is tried on in a cabin"
    device.clock.move(120.0)
    assert screen(before.flow.tick([])) == "mirror.attract"


def test_a_cabin_goes_back_to_the_basket_or_to_the_next_item_and_phones_press_no_camera(device, networks, tmp_path):
    tags = Tags()
    device.sight = replace(device.sight, settings=parse(TOML.format(folder=tmp_path) + "[mirror]\ncabin = true\n"))
    before = Before(device, networks, Senses(HeldUp(None, tags)))
    tags.reads = [TagSeen(sgtin(COAT), 1, 0.0)]
    before.flow.tick([])
    tags.reads = []
    number = before.flow.stay.number
    assert before.flow.mirror(number, "en")["camera"] is False
    assert not any(before.flow.press(number, target) for target in ("photo", "compare", "back_view", "like"))
    assert before.flow.press(number, "add") and screen(before.flow.tick([])) == "mirror.basket"
    assert screen(before.flow.tick(["done"])) == "mirror.card"
    assert screen(before.flow.tick(["done"])) == "mirror.basket", "what was chosen is not lost"
    assert screen(before.flow.tick(["remove:0"])) == "mirror.card"
    before.flow.tick(["done"])
    assert screen(before.flow.tick([])) == "mirror.attract"


def test_a_tag_that_was_read_while_somebody_paid_shows_no_card_afterwards():
    tags = Tags()
    held_up = HeldUp(None, tags)
    tags.reads = [TagSeen(sgtin(COAT), 1, 100.0), TagSeen(sgtin(TEE), 1, 108.5)]
    assert held_up.take(109.0) == [TEE.zfill(14)] and held_up.since_s == 108.5
    tags.reads = [TagSeen(sgtin(COAT), 1, 109.4), TagSeen(sgtin(TEE), 1, 109.4)]
    assert held_up.take(109.5) == [COAT.zfill(14)] and held_up.since_s == 109.4


def test_how_long_a_tag_takes_to_its_card_and_how_often_pictures_are_shown_is_counted(device, networks):
    tags = Tags()
    before = Before(device, networks, Senses(HeldUp(None, tags)))
    before.show(before.somebody)
    for _ in range(30):
        device.clock.move(0.04)
        before.flow.presented(before.flow.tick([]))
    tags.reads = [TagSeen(sgtin(COAT), 1, device.clock.monotonic() - 0.03)]
    view = before.flow.tick([])
    device.clock.move(0.02)
    before.flow.presented(view)
    device.clock.move(30.0)
    before.flow.tick([])
    with device.sight.store.snapshot() as unit:
        told = unit.tallies.all()
    assert (told["mirror_cards"], told["mirror_cards_ms"]) == (1, 50)
    assert 28 <= told["mirror_frames"] <= 30 and 1000 * told["mirror_frames"] / told["mirror_frames_ms"] == pytest.approx(25, abs=1)


def sgtin(gtin: str) -> str:
    """An SGTIN-96 tag with a company prefix of seven digits."""
    full = gtin.zfill(14)
    prefix, item = full[1:8], full[0] + full[8:13]
    return f"{0x30 << 88 | 1 << 85 | 5 << 82 | int(prefix) << 58 | int(item) << 38 | 7:024X}"


def test_sizes_are_advised_from_measures_or_asked_for(before):
    view = before.stand("card")
    assert screen(view) == "mirror.card" and view.asks and view.card.advice == ""
    for _ in range(10):
        before.flow.stay.sizer.feed(Measure(1735.0, 330.0))
    view = before.flow.tick([])
    assert not view.asks and view.card.advice and "1.7" in view.card.doubt
    assert any(tile.advised for tile in view.card.sizes)


def test_a_size_that_was_said_to_be_usual_goes_for_other_garments_too(before):
    before.stand("card")
    view = before.flow.tick([f"size:{SHIRT_S}"])
    assert not view.asks and view.card.advice == "S" and "usually" in view.card.doubt
    assert before.flow.stay.usual == "S"


def test_what_is_sold_out_cannot_be_added_and_a_size_must_be_chosen(before):
    assert screen(before.stand("add")) == "mirror.card", "a shirt in sizes asks which one"
    before.flow.tick([f"size:{SHIRT_L}"])
    before.flow.tick(["add"])
    assert before.flow.stay.basket == {}
    before.flow.tick([f"size:{SHIRT_M}"])
    assert screen(before.flow.tick(["add"])) == "mirror.tryon" and before.flow.stay.basket == {SHIRT_M: 1}


def test_no_more_pieces_are_put_into_a_basket_than_are_here(before):
    view = before.stand("next", "add")
    assert view.basket_count == 1 and view.card.name == "Coat" and view.card.stock == 0
    assert before.stand("add").basket_count == 1
    view = before.stand("card")
    assert view.card.stock == 0
    before.flow.tick(["add"])
    assert before.flow.stay.basket == {COAT: 1}


def test_other_stores_stock_is_told_but_not_this_stores(before):
    with before.device.sight.store.unit() as unit:
        stores = StoreStock("Test", {SHIRT_M: 9}), StoreStock("Lyon", {SHIRT_M: 4}), StoreStock("Lille", {TEE: 1})
        unit.elsewhere.put(StockElsewhere(1, stores))
    before.stand("card")
    assert before.flow.tick([f"size:{SHIRT_M}"]).card.elsewhere == (("Lyon", 4),)


def test_two_looks_are_worn_side_by_side_and_one_is_taken(before):
    before.stand("next")
    before.stand("compare")
    view = before.stand()
    assert screen(view) == "mirror.compare" and [tile.name for tile in view.names] == ["Coat", "Shirt"]
    assert view.pictures[0] is not None and np.abs(view.pictures[0].astype(int) - view.pictures[1]).mean() > 1.0
    other = before.stand("next")
    assert [tile.name for tile in other.names] == ["Coat", "Tee"]
    view = before.stand("take:1")
    assert screen(view) == "mirror.tryon" and view.card.name == "Tee"


def test_favourites_are_kept_worn_and_let_go(before):
    before.stand("like", "next", "like")
    view = before.stand("likes")
    assert [tile.name for tile in view.items] == ["Shirt", "Coat"]
    view = before.stand("wear:0")
    assert screen(view) == "mirror.tryon" and view.card.name == "Shirt" and view.liked and view.likes == 2
    before.stand("likes", "drop:0", "done")
    assert before.stand().likes == 1


def test_ones_own_back_is_recorded_for_eight_seconds_shown_again_and_forgotten(before):
    before.stand("back_view")
    ring = before.flow._booth.fitting.ring
    for number in range(int(RING_S / 0.4) - 2):
        picture = before.somebody
        picture[:40, :40] = 10 * number
        view = before.show(picture, step_s=0.4)
        assert view.recording
    size = ring.size
    assert 0 < size < 40e6 and ring.span_s > 6.0
    view = before.show(EMPTY, step_s=1.0)
    assert not view.recording and before.flow._booth.fitting.ring is None, "what comes later is not kept"
    first = view.picture[20, 20, 0]
    for _ in range(8):
        view = before.show(before.somebody, step_s=0.4)
    assert view.picture[20, 20, 0] != first, "it moves"
    assert screen(before.stand("done")) == "mirror.tryon"
    assert ring.size == 0


def test_staff_is_asked_to_bring_a_size_and_sees_it_in_staff_mode(before):
    before.stand("card")
    before.flow.tick([f"size:{SHIRT_S}"])
    view = before.flow.tick(["bring"])
    assert (screen(view), view.what, view.name) == ("mirror.ordered", "bring", "Shirt, S")
    assert waiting(before) == [("bring", (SHIRT_S,))]
    terminal = mirror_terminal(before.device.sight, before.device.shop, before.flow)
    terminal.tick(["staff"])
    for key in "2468":
        view = terminal.tick([f"key:{key}"])
    view = terminal.tick(["ok"])
    assert Right.BRING.value in view.acts
    view = terminal.tick(["bring"])
    assert screen(view) == "staff.wishes" and [wish.name for wish in view.wishes] == ["Shirt, S"]
    terminal.tick(["line:1"])
    assert terminal.tick(["ok"]).wishes == () and waiting(before) == []


def test_a_basket_is_reserved_under_a_number_that_staff_and_hq_know(before):
    before.stand("next", "add", "pay")
    view = before.flow.tick(["reserve"])
    assert screen(view) == "mirror.ordered" and view.number
    (order,) = placed(before)
    assert (order.kind, order.number, order.address, order.total_minor) == ("reserve", view.number, None, 3900)
    assert [(line.gtin, line.quantity) for line in order.lines] == [(COAT, 1)]
    assert waiting(before) == [("reserve", (COAT,))] and before.flow.stay.basket == {}
    with before.device.sight.store.snapshot() as unit:
        assert unit.basket.load(MIRROR) is None


def test_staff_who_sets_a_reservation_aside_sees_how_many_pieces(before):
    before.stand("next", "add", "next", "add", "add", "pay", "reserve")
    assert waiting(before) == [("reserve", (COAT, TEE, TEE))]
    terminal = mirror_terminal(before.device.sight, before.device.shop, before.flow)
    terminal.tick(["staff"])
    terminal.tick([*(f"key:{key}" for key in "2468"), "ok"])
    assert [wish.name for wish in terminal.tick(["bring"]).wishes] == ["Coat + 2\u00a0× Tee"]


def test_a_price_list_that_no_longer_sells_what_is_in_the_basket_takes_it_out_wherever_it_is_shown(before):
    before.stand("next", "add", "next", "add")
    assert before.flow.stay.basket == {COAT: 1, TEE: 1}
    stay, store = before.flow.stay.number, before.device.sight.store
    for version, unsold in ((5, COAT), (6, TEE)):
        with store.unit() as unit:
            unit.prices.put(replace(LIST, version=version, products=tuple(p for p in LIST.products if p.gtin not in (COAT, unsold))))
        before.device.shop.refresh()
        assert before.flow.mirror(stay, "en")["pieces"] == 6 - version
        with store.snapshot() as unit:
            assert (unit.basket.load(MIRROR) or b"").count(b"*") == 6 - version
    before.flow.stay.basket = {COAT: 1, WATER: 1}
    view = before.flow.tick(["pay"])
    assert screen(view) == "mirror.basket" and [line.name for line in view.lines] == ["Water"]
    before.flow.tick(["done"])
    before.flow.stay.basket = {COAT: 1}
    assert screen(before.flow.tick(["pay"])) == "mirror.tryon"


def test_paying_here_is_the_terminals_own_flow_in_the_shoppers_language(before):
    before.stand("next", "add", "language", "pay")
    view = before.flow.tick(["pay"])
    assert screen(view) == "pay.tender" and view.status.language == before.flow.stay.language != "en"
    before.flow.tick(["back"])
    assert screen(before.flow.tick(["cancel"])) in ("pay.still_there", "mirror.tryon", "pay.basket")


def test_a_dimmed_mirror_looks_rarely_and_wakes_for_a_motion(device, networks):
    sensor = Stillness()
    before = Before(device, networks, Senses(HeldUp(), sensor))
    before.show(EMPTY)
    assert before.flow.tick([]).dim == 0.0 and device.eyes.rests_s == 0.0
    before.show(EMPTY, step_s=200.0)
    view = before.flow.tick([])
    assert view.dim == 1.0 and device.eyes.rests_s == 2.0 and view.preview is None
    assert screen(before.show(before.somebody)) == "mirror.tryon" and device.eyes.rests_s == 0.0
    before.show(EMPTY, step_s=5.0)
    before.show(EMPTY, step_s=200.0)
    assert device.eyes.rests_s == 2.0
    sensor.moving = True
    assert before.flow.tick([]).dim == 0.0 and device.eyes.rests_s == 0.0


def test_nothing_of_a_stay_is_left_for_the_next_shopper(before):
    before.stand("like", "next", "add", "card")
    before.flow.stay.usual = "XL"
    number = before.flow.stay.number
    before.show(EMPTY, step_s=6.0)
    stay = before.flow.stay
    assert (stay.likes, stay.basket, stay.usual, stay.chosen) == ([], {}, "", {}) and stay.number != number


def test_a_hand_that_is_held_on_a_hot_spot_is_shown_where_it_is_and_presses_it(device, networks):
    stage = Stage(OffscreenDisplay((360, 640), None))
    before = Before(device, networks, Senses(HeldUp(), under=stage.under, place=stage.place))
    raised = person(networks, pose=BodyPose(Arm(70, 10, 172, 5), HANGING))
    hand = (0.12, 0.20)
    calm = [before.somebody] * 17
    held, seen = [], []
    for picture in [*calm, *[raised] * 23]:
        view = before.show(picture, step_s=0.08)
        stage.show(view)
        if screen(view) == "mirror.tryon":
            held.append(view.held)
            seen.append(view.liked)
    shown = [at for one in held if (at := one.at) is not None]
    assert shown and np.hypot(*(np.median(shown, axis=0) - hand)) < 0.08
    assert {one.target for one in held} == {"", "like"} and seen[-1] and not seen[16]
