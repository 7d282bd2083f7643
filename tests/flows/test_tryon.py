"""Dressing: what is offered, a garment that waits for its shopper, and a picture that never waits for the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kiosk.domain.frame import Frame
from kiosk.domain.meshes import Outfit, Worn
from kiosk.flows.held_up import HeldUp
from kiosk.flows.mirror import Senses
from kiosk.flows.tryon import Look, ahead
from kiosk.vision.body import NOSE, BodyFinder
from tests.flows.conftest import Device, Networks, screen
from tests.flows.mirrors import EMPTY, Before, person


@pytest.fixture
def before(device: Device, networks: Networks) -> Before:
    return Before(device, networks)


def test_garments_that_nobody_has_are_not_offered_and_sizes_are_one_garment(before):
    view = before.stand()
    assert screen(view) == "mirror.tryon" and view.count == 3
    assert (view.card.name, view.card.sizes, view.card.stock) == ("Shirt", "S · M · L", 5)


def test_the_garment_waits_for_a_shopper_who_leaves_and_comes_back_and_the_basket_does_not(before):
    before.stand("next", "add")
    assert screen(before.show(EMPTY, step_s=6.0)) == "mirror.attract"
    view = before.show(before.somebody, step_s=3.0)
    assert (screen(view), view.index, view.basket_count) == ("mirror.tryon", 1, 0)
    before.show(EMPTY, step_s=21.0)
    assert before.stand().index == 0


def test_the_nearest_central_person_is_dressed_and_the_other_stays_as_he_is(networks):
    crowd = person(networks, 62.0, 250.0)
    crowd = person(networks, 215.0, 520.0, crowd)
    body = BodyFinder(networks.models).find(crowd, None)
    assert body is not None and abs(body.landmarks[NOSE, 0] - 215) < 40


def test_the_picture_is_the_newest_frame_though_the_body_was_seen_before(before):
    before.stand()
    before.stand()
    marked = before.somebody
    marked[:20, :20] = (255, 0, 255)
    device = before.device
    device.sight.eyes.look(None)
    device.sight.eyes.frame = Frame(marked, device.clock.monotonic() + 0.03, 10_000, "mirror")  # no look at it yet
    view = before.flow.tick([])
    assert tuple(view.picture[5, 5]) == (255, 0, 255)
    assert np.abs(view.picture[265:320, 150:210].astype(int) - marked[265:320, 150:210]).mean() > 25


def test_where_the_display_draws_garments_it_gets_the_frame_as_it_is_and_what_to_draw(device, networks):
    before = Before(device, networks, Senses(HeldUp(), meshed=True))
    before.flow.tick([])
    somebody = before.somebody
    view = before.show(somebody)
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
