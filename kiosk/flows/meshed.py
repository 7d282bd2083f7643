"""Which way garments are drawn faster here: by the processor, or as meshes by the renderer behind the screen."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from kiosk.devices.glass import GlassDisplay
from kiosk.domain.meshes import Worn
from kiosk.ui import views
from kiosk.ui.paint import cut
from kiosk.ui.screens import render
from kiosk.vision.mannequin import test_body
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment

log = logging.getLogger(__name__)

_ROUNDS, _FRAMES = 4, 3
"""So many times a body is dressed, and so many frames are drawn with the same garment."""
_ALIKE = 8.0
"""Both ways must draw the same: the mean difference of a colour over the garment, of 255."""


def faster_meshed(glass: GlassDisplay, monotonic: Callable[[], float]) -> bool:
    """Return whether garments are drawn faster as meshes here: both ways are timed on a drawn body, and must show the same."""
    pixels, body = test_body()
    dresser, worn = Dresser(), garment("shirt_white")
    layer, outfit = dresser.layer(pixels, body, worn), dresser.outfit(pixels, body, worn)
    if layer is None or outfit is None:
        return False
    x0, y0, x1, y1 = layer.box
    there = layer.alpha > 0
    seen, meant = (picture[y0:y1, x0:x1][there].astype(np.int16) for picture in (glass.dressed(Worn(pixels, outfit)), layer.on(pixels)))
    apart = float(np.abs(seen - meant).mean())
    if apart > _ALIKE:
        log.warning("the renderer draws garments wrongly (by %.0f of 255 on the average): the processor draws them", apart)
        return False
    view = views.MirrorTryOn(views.Status("en"), Worn(pixels))
    part, page = cut(pixels, glass.size), render(view, glass.size, clear=True)[0]

    def by_processor() -> None:
        made = dresser.layer(pixels, body, worn)
        for _ in range(_FRAMES):
            picture = pixels if made is None else made.on(pixels)
            glass.draw(render(views.MirrorTryOn(views.Status("en"), picture), glass.size)[0])

    def by_renderer() -> None:
        made = dresser.outfit(pixels, body, worn)
        for _ in range(_FRAMES):
            glass.draw_live(Worn(pixels, made), part, None)

    glass.draw_live(Worn(pixels, outfit), part, page)
    times = {way: _timed(way, glass, monotonic) for way in (by_renderer, by_processor)}
    meshed = times[by_renderer] < times[by_processor]
    log.info("garments are drawn by the %s: %.0f ms for %d frames with meshes, %.0f ms without", "renderer" if meshed else "processor",
             1e3 * times[by_renderer], _FRAMES, 1e3 * times[by_processor])
    return meshed


def _timed(way: Callable[[], None], glass: GlassDisplay, monotonic: Callable[[], float]) -> float:
    """Return how many seconds one round takes: the quickest of several."""
    best = float("inf")
    for _ in range(_ROUNDS):
        glass.finish()
        started = monotonic()
        way()
        glass.finish()
        best = min(best, monotonic() - started)
    return best
