"""The mirror's flow: what is offered, a garment that waits for its shopper, and a picture that never waits for the body."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk.devices.simulated.figure import Figures, appearance, background
from kiosk.devices.simulated.figure_pose import HANGING, BodyPose
from kiosk.domain.catalog import PriceList
from kiosk.domain.frame import Frame
from kiosk.domain.meshes import Outfit, Worn
from kiosk.domain.money import Money
from kiosk.flows.tryon import Look, TryOnFlow, ahead
from kiosk.flows.wardrobe import Wardrobe
from kiosk.vision.body import NOSE, BodyFinder
from tests.flows.conftest import PRICES, Device, Networks, screen

GARMENTS = {"9520000000103": "shirt_white", "9520000000110": "coat_camel", "9520000000127": "tshirt_red#1f4e8c",
            "9520000000134": "of_nobody"}
EMPTY = background(360, 640, 5)


@pytest.fixture(autouse=True)
def prices(device: Device) -> None:
    goods = tuple(replace(PRICES.products[0], gtin=code, price=Money(3900, "EUR"), garment=name) for code, name in GARMENTS.items())
    with device.sight.store.unit() as unit:
        unit.prices.put(PriceList(4, PRICES.effective_at, "EUR", (*PRICES.products, *goods)))
    device.shop.refresh()


@pytest.fixture
def flow(device: Device, networks: Networks) -> TryOnFlow:
    return TryOnFlow(device.sight, device.shop, BodyFinder(networks.models), Wardrobe(Path("/nowhere")), "en")


def person(networks: Networks, x: float = 180.0, height: float = 500.0, on=None) -> np.ndarray:
    picture = EMPTY.copy() if on is None else on
    Figures(networks.models.path("astronaut")).draw_body(picture, appearance(0, 20), BodyPose(HANGING, HANGING), (x, 600.0), height)
    return picture


def show(device: Device, flow: TryOnFlow, picture: np.ndarray, touched=(), step_s: float = 0.1):
    device.clock.move(step_s)
    show.count += 1
    device.sight.eyes.show(Frame(picture, device.clock.monotonic(), show.count, "mirror"))
    return flow.tick(list(touched))


show.count = 0


def test_garments_that_nobody_has_are_not_offered(device, networks, flow):
    view = show(device, flow, person(networks))
    assert screen(view) == "mirror.tryon" and view.count == 3


def test_the_garment_waits_for_a_shopper_who_leaves_and_comes_back_and_the_basket_does_not(device, networks, flow):
    somebody = person(networks)
    show(device, flow, somebody)
    show(device, flow, somebody, ["next", "add"])
    assert screen(show(device, flow, EMPTY, step_s=6.0)) == "mirror.attract"
    view = show(device, flow, somebody, step_s=3.0)
    assert (screen(view), view.index, view.basket_count) == ("mirror.tryon", 1, 0)
    show(device, flow, EMPTY, step_s=21.0)
    assert show(device, flow, somebody).index == 0


def test_the_nearest_central_person_is_dressed_and_the_other_stays_as_he_is(networks):
    crowd = person(networks, 62.0, 250.0)
    crowd = person(networks, 215.0, 520.0, crowd)
    body = BodyFinder(networks.models).find(crowd, None)
    assert body is not None and abs(body.landmarks[NOSE, 0] - 215) < 40


def test_the_picture_is_the_newest_frame_though_the_body_was_seen_before(device, networks, flow):
    somebody = person(networks)
    show(device, flow, somebody)
    marked = somebody.copy()
    marked[:20, :20] = (255, 0, 255)
    device.sight.eyes.look(None)
    device.sight.eyes.frame = Frame(marked, device.clock.monotonic() + 0.03, 10_000, "mirror")  # no look at it yet
    view = flow.tick([])
    assert tuple(view.picture[5, 5]) == (255, 0, 255)
    assert np.abs(view.picture[265:320, 150:210].astype(int) - marked[265:320, 150:210]).mean() > 25


def test_where_the_display_draws_garments_it_gets_the_frame_as_it_is_and_what_to_draw(device, networks):
    meshed = TryOnFlow(device.sight, device.shop, BodyFinder(networks.models), Wardrobe(Path("/nowhere")), "en", meshed=True)
    somebody = person(networks)
    view = show(device, meshed, somebody)
    assert isinstance(view.picture, Worn) and (view.picture.frame == somebody).all()
    outfit = view.picture.outfit
    assert isinstance(outfit, Outfit) and len(outfit.pieces) == 1 and len(outfit.pieces[0].patches) == 5
    assert np.abs(outfit.on(somebody)[265:320, 150:210].astype(int) - somebody[265:320, 150:210]).mean() > 25


def test_a_layer_goes_on_with_the_body_for_a_moment_and_stays_on_a_still_one():
    before, now = Look(True, None, 1.0, (100.0, 200.0), 80.0), Look(True, None, 1.1, (110.0, 198.0), 80.0)
    assert ahead(before, now, 1.15) == (5, -1)
    assert ahead(before, now, 1.1) == ahead(before, now, 1.6) == (0, 0)
    assert ahead(before, replace(now, at=(100.6, 200.0)), 1.15) == (0, 0)
    assert ahead(Look(seen=False), now, 1.15) == (0, 0)
