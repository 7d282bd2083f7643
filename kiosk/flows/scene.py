"""The small protocol behind which every mirror scene stands, and what scenes work with. The table is in `flows.scenes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from kiosk.domain.checkout import State
from kiosk.domain.frame import Picture
from kiosk.flows.parts import Shop, status
from kiosk.flows.pay import PayFlow
from kiosk.flows.rack import Rack, Style
from kiosk.flows.sight import Sight
from kiosk.flows.stay import Stay
from kiosk.flows.tryon import Fitting
from kiosk.phone.visits import Visits
from kiosk.ui import views


class Scene(Protocol):
    """What a mirror shows and does at a time. `enter` and `leave` frame it; `tick` and `view` are called with each frame and never wait."""

    def enter(self) -> None:
        """The scene begins."""

    def tick(self, targets: list[str]) -> str:
        """Take what was pressed, by finger, hand or phone; return the name of the scene that is shown now: its own to stay."""

    def view(self) -> views.View:
        """Return what to show."""

    def leave(self) -> None:
        """The scene ends: give back what it held."""


@dataclass(slots=True)
class Booth:
    """What scenes work with. stay: of whoever stands there; held: the hand on a hot-spot; cabin: there is no camera.

    why: for the scene of the phone: photo, deliver or phone; ordered: what the scene of that name tells; photo: the one that was
    taken, while its code is shown.
    """

    parts: Sight
    shop: Shop
    rack: Rack
    fitting: Fitting
    stay: Stay
    pay: PayFlow
    visits: Visits | None = None
    address_for: Callable[[str], str] = lambda _token: ""
    held: views.Held = field(default_factory=views.Held)
    cabin: bool = False
    here: bool = False
    seen_s: float = float("-inf")
    why: str = "phone"
    ordered: tuple[str, str, str] = ("reserve", "", "")
    photo: Picture | None = None

    @property
    def now_s(self) -> float:
        """Monotonic seconds."""
        return self.parts.clock.monotonic()

    def paying(self) -> bool:
        """Whether a payment has the screen."""
        return self.pay.state is not State.IDLE

    @property
    def status(self) -> views.Status:
        """What every screen says; in a cabin a missing camera is no fault."""
        return status(self.parts, self.shop, self.stay.language)

    @property
    def style(self) -> Style | None:
        """The look that is worn or held up; the first that there is when none was chosen yet."""
        found = self.rack.style(self.stay.style)
        if found is not None:
            return found
        styles = self.rack.styles()
        return styles[0] if styles else None

    def dress(self, *keys: str) -> None:
        """Put on looks, each with what is in the basket in its other layers."""
        below = [found[0].garment for gtin in list(self.stay.basket) if (found := self.rack.find(gtin)) is not None]
        styles = [self.rack.style(key) for key in keys]
        self.fitting.outfits = tuple(tuple(name for name in (*below, style.garment) if name) for style in styles if style is not None)

    def step(self, key: str, by: int) -> str:
        """Return the look that comes after another among those that can be worn."""
        styles = [style.key for style in self.rack.styles()]
        if not styles:
            return key
        return styles[(styles.index(key) + by) % len(styles)] if key in styles else styles[0]
