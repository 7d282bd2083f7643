"""Checkout: the basket, and three ways to have it; paying is the very same flow as at the terminal."""

from __future__ import annotations

from kiosk.domain.money import Money
from kiosk.flows.basket import basket_lines, keep_basket, place_order, quoted
from kiosk.flows.scene import Booth
from kiosk.ui import views

NAME = "checkout"


class Checkout:
    """The basket until a way was chosen; then the payment until it is over."""

    def __init__(self, booth: Booth) -> None:
        self._booth = booth
        self._paying: views.View | None = None

    def enter(self) -> None:
        """Begin with the basket, or with the payment that a restart left open."""
        self._paying = None
        quoted(self._booth)

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed."""
        booth = self._booth
        if not booth.paying():
            lead = next((lead for target in targets if (lead := self._touch(target))), "")
            if lead or not booth.paying():
                quoted(booth)
                return lead or (NAME if booth.stay.basket else "tryon")
            targets = []
        self._paying = booth.pay.tick(targets)
        if not booth.paying():
            self._paying = None
            booth.seen_s = booth.now_s  # who has just paid still stands there
            return "tryon"
        return NAME

    def _touch(self, target: str) -> str:
        booth = self._booth
        if target == "done":
            return "tryon"
        if target == "pay" and self._pays:
            booth.pay.begin(booth.stay.basket, booth.stay.language)
            if booth.paying():
                booth.stay.basket = {}
        elif target == "reserve":
            number = place_order(booth, "reserve", booth.stay.basket)
            if number:
                booth.stay.basket, booth.ordered = {}, ("reserve", number, "")
                return "ordered"
        elif target == "deliver" and booth.visits is not None:
            booth.why = "deliver"
            return "phone"
        elif target.startswith("remove:"):
            self._remove(int(target.removeprefix("remove:")))
        return ""

    @property
    def _pays(self) -> bool:
        return not self._booth.cabin

    def _remove(self, index: int) -> None:
        codes = list(self._booth.stay.basket)
        if 0 <= index < len(codes):
            del self._booth.stay.basket[codes[index]]
            keep_basket(self._booth)

    def view(self) -> views.View:
        """Return what to show."""
        booth = self._booth
        if self._paying is not None:
            return self._paying
        priced = quoted(booth)
        total = priced.total if priced is not None else Money(0, booth.shop.currency)
        saved = priced.saved if priced is not None and priced.saved.minor else None
        return views.MirrorBasket(booth.status, basket_lines(booth), total, saved, self._pays, booth.visits is not None)

    def leave(self) -> None:
        """A payment that goes on keeps the screen: nobody leaves it half way."""
        self._paying = None
