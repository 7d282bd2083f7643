"""Live garments on a display that draws them itself: what stands over them is drawn only when it changes."""

from __future__ import annotations

import numpy as np
import pygame

from kiosk.devices.display import OffscreenDisplay, Part, Presented
from kiosk.domain.meshes import Worn
from kiosk.flows.stage import Stage
from kiosk.ui import views

SIZE = (360, 640)
FRAME = np.full((640, 360, 3), 90, np.uint8)


class Glass(OffscreenDisplay):
    """Notes what it is given to draw."""

    def __init__(self) -> None:
        super().__init__(SIZE)
        self.drawn: list[tuple[Worn, Part, pygame.Surface | None]] = []

    def present_live(self, worn: Worn, part: Part, page: pygame.Surface | None, presented: Presented) -> None:
        self.drawn.append((worn, part, page))
        self.presented = presented


def view(time_s: float, index: int = 0, frame: np.ndarray = FRAME) -> views.MirrorTryOn:
    return views.MirrorTryOn(views.Status("en"), Worn(frame), False, None, index, 5, 1, time_s)


def test_every_frame_is_drawn_and_the_page_over_it_when_it_changes():
    glass = Glass()
    stage = Stage(glass, None, glass)
    for time_s, index in ((0.0, 0), (0.04, 0), (0.08, 0), (0.12, 0), (0.16, 1)):
        stage.show(view(time_s, index))
    assert [page is not None for _, _, page in glass.drawn] == [True, False, False, True, True]
    assert all(worn.frame is FRAME for worn, _, _ in glass.drawn)


def test_the_page_is_clear_where_the_shopper_is_seen_and_its_buttons_can_be_touched():
    glass = Glass()
    stage = Stage(glass, None, glass)
    stage.show(view(0.0))
    page = glass.drawn[0][2]
    assert page.get_at((180, 200)).a == 0 and page.get_at((180, 4)).a > 200
    left, top, width, height = glass.presented.targets["next"]
    glass.touch(left + width // 2, top + height // 2)
    assert stage.touched() == ["next"]


def test_a_frame_of_another_shape_is_cut_as_the_processor_cuts_it():
    glass = Glass()
    Stage(glass, None, glass).show(view(0.0, frame=np.zeros((480, 640, 3), np.uint8)))
    assert glass.drawn[0][1] == (185, 0, 270, 480)


def test_the_page_is_drawn_anew_after_another_screen():
    glass = Glass()
    stage = Stage(glass, None, glass)
    stage.show(view(0.0))
    stage.show(views.MirrorAttract(views.Status("en"), None, 0.05))
    stage.show(view(0.0))
    assert len(glass.drawn) == 2 and glass.drawn[1][2] is not None
