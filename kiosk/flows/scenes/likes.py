"""Favourites: the looks that were kept during this stay."""

from __future__ import annotations

from kiosk.flows.scene import Booth
from kiosk.ui import views

NAME = "likes"


class Likes:
    """What was kept; a touch wears it, another lets it go."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth

    def enter(self) -> None:
        """Have their pictures made."""
        styles = [self._booth.rack.style(key) for key in self._booth.stay.likes]
        self._booth.fitting.wanted = [style.garment for style in styles if style is not None and style.garment]

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        stay = self._booth.stay
        for target in targets:
            word, _, number = target.partition(":")
            if target == "done":
                return "tryon"
            if number.isdigit() and int(number) < len(stay.likes):
                if word == "wear":
                    stay.wear(stay.likes[int(number)])
                    return "tryon"
                if word == "drop":
                    stay.like(stay.likes[int(number)])
        return NAME

    def view(self) -> views.View:
        """Return what to show."""
        booth = self._booth
        styles = [booth.rack.style(key) for key in booth.stay.likes]
        return views.MirrorLikes(booth.status, tuple(booth.rack.tile(style, booth.stay.language) for style in styles if style is not None))

    def leave(self) -> None:
        """Nothing is held."""
