"""What pages with a list of slots have in common: one line may be chosen and stepped, and the list is shown page by page."""

from __future__ import annotations

from kiosk.flows.staff_desk import Desk


class SlotList:
    """Which line is chosen and which page is shown; the pages themselves say what a step means."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.chosen = ""
        self.page = 0

    def touch(self, target: str) -> int:
        """Take a touch that turns the page or chooses a line; return by how much the chosen line is stepped, 0 for not at all."""
        if target == "more":
            self.page += 1
        elif target.startswith("line:"):
            self.chosen = target.removeprefix("line:")
        return {"plus": 1, "minus": -1}.get(target, 0) if self.chosen else 0

    def name(self, code: str) -> str:
        """Return how staff calls a product."""
        product = self._desk.shop.listed(code)
        return product.name(self._desk.language) if product else code

    def picture(self, code: str) -> str:
        """Return the name of a product's picture."""
        product = self._desk.shop.listed(code)
        return product.picture if product else ""
