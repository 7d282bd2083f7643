"""try-on: the shopper wears a garment, changes it, keeps it, puts it into the basket."""

from __future__ import annotations

import math

from kiosk.flows.basket import keep_basket
from kiosk.flows.scene import Booth
from kiosk.ui import views
from kiosk.vision.replay import jpeg

NAME = "tryon"
_GUIDE_AFTER_S = 0.8
"""How to stand is shown when no body was found for this long."""
_COUNT_S = 3.0
_LEADS = {"card": "card", "compare": "compare", "back_view": "back", "likes": "likes", "pay": "checkout", "phone": "phone"}


class TryOn:
    """The scene to which all others return."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._photo_at_s: float | None = None

    def enter(self) -> None:
        """Wear what was chosen."""
        self._photo_at_s = None
        self._dress()

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        booth = self._booth
        if self._photo_at_s is not None:
            return self._count(targets)
        for target in targets:
            if target in _LEADS and (target != "pay" or booth.stay.basket):
                booth.why = "phone"
                return _LEADS[target]
            if target == "photo" and booth.fitting.picture() is not None:
                self._photo_at_s = booth.now_s + _COUNT_S
            elif self._touch(target):
                return "card"
        self._dress()
        return NAME

    def _touch(self, target: str) -> bool:
        """Do what was touched; True when a size has to be chosen on the card first."""
        booth, style = self._booth, self._booth.style
        if style is None:
            return False
        if target in ("next", "previous"):
            booth.stay.wear(booth.step(style.key, 1 if target == "next" else -1))
        elif target == "like":
            booth.stay.like(style.key)
        elif target == "add":
            product = booth.stay.product(style)
            if product is None:
                return True
            if booth.rack.left(product.gtin, booth.stay) > 0 and booth.stay.put(product.gtin):
                keep_basket(booth)
        return False

    def _count(self, targets: list[str]) -> str:
        """Count down to the photo; any other touch calls it off."""
        booth = self._booth
        if targets or not booth.here:
            self._photo_at_s = None
        elif self._photo_at_s is not None and booth.now_s >= self._photo_at_s:
            picture = booth.fitting.picture()
            self._photo_at_s = None
            if picture is not None:
                if booth.visits is not None:
                    booth.visits.put_photo(booth.stay.number, jpeg(picture, turned=True))
                booth.why, booth.photo = "photo", picture
                return "phone"
        return NAME

    def _dress(self) -> None:
        style = self._booth.style
        if style is not None and not self._booth.stay.style:
            self._booth.stay.wear(style.key)
        self._booth.dress(*([style.key] if style is not None else []))

    def view(self) -> views.View:
        """Return what to show."""
        booth, style = self._booth, self._booth.style
        styles = [known.key for known in booth.rack.styles()]
        index = styles.index(style.key) if style is not None and style.key in styles else 0
        guide = booth.now_s - booth.seen_s > _GUIDE_AFTER_S
        card = booth.rack.garment_card(style, booth.stay) if style is not None else None
        left_s = self._photo_at_s - booth.now_s if self._photo_at_s is not None else 0.0
        return views.MirrorTryOn(booth.status, booth.fitting.live(), guide, card, index, len(styles), sum(booth.stay.basket.values()),
                                 booth.now_s, style is not None and style.key in booth.stay.likes, len(booth.stay.likes), booth.held,
                                 max(0, math.ceil(left_s)))

    def leave(self) -> None:
        """No photo is taken of who is not asked."""
        self._photo_at_s = None
