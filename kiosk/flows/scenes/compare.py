"""Compare: two looks side by side, both live; the right one can be changed."""

from __future__ import annotations

from kiosk.flows.scene import Booth
from kiosk.ui import views

NAME = "compare"


class Compare:
    """The look that is worn beside the one before it, a favourite, or the next."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._keys = ("", "")

    def enter(self) -> None:
        """Choose the two, and wear both."""
        booth = self._booth
        style = booth.style
        left = style.key if style is not None else ""
        wearable = {known.key for known in booth.rack.styles()}
        others = [key for key in (booth.stay.before, *booth.stay.likes) if key and key != left and key in wearable]
        self._keys = left, others[0] if others else booth.step(left, 1)
        booth.dress(*self._keys)

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        booth = self._booth
        for target in targets:
            if target in ("done", "tryon") or not self._keys[0]:
                return "tryon"
            if target in ("take:0", "take:1"):
                booth.stay.wear(self._keys[int(target[-1])])
                return "tryon"
            if target in ("next", "previous"):
                by = 1 if target == "next" else -1
                right = booth.step(self._keys[1], by)
                self._keys = self._keys[0], right if right != self._keys[0] else booth.step(right, by)
                booth.dress(*self._keys)
        return NAME if self._keys[0] else "tryon"

    def view(self) -> views.View:
        """Return what to show."""
        booth = self._booth
        styles = [booth.rack.style(key) for key in self._keys]
        tiles = [booth.rack.tile(style, booth.stay.language) for style in styles if style is not None]
        if len(tiles) < 2:
            return views.MirrorAttract(booth.status, None, booth.now_s)
        return views.MirrorCompare(booth.status, (tiles[0], tiles[1]), (booth.fitting.picture(0), booth.fitting.picture(1)), booth.held)

    def leave(self) -> None:
        """One outfit is enough again."""
        self._booth.fitting.outfits = self._booth.fitting.outfits[:1]
