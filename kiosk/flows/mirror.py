"""The mirror: who stands there, what is held up, gestured, touched or pressed on the phone, and which scene has the screen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.design import amounts
from kiosk.devices.presence import Presence
from kiosk.domain.frame import Picture
from kiosk.domain.gestures import Gesture, Gestures, Point
from kiosk.domain.online import Address
from kiosk.domain.timings import Timings
from kiosk.flows.basket import keep_basket, place_order, quoted
from kiosk.flows.held_up import HeldUp
from kiosk.flows.pace import Pace
from kiosk.flows.parts import Shop, next_language, status
from kiosk.flows.pay import BADGE_PREFIX, PayFlow
from kiosk.flows.rack import Rack
from kiosk.flows.scene import Booth, Scene
from kiosk.flows.scenes import SCENES
from kiosk.flows.sight import Sight
from kiosk.flows.stay import Stay
from kiosk.flows.tryon import Fitting, Look
from kiosk.flows.wardrobe import Wardrobe
from kiosk.storage.till import MIRROR
from kiosk.ui import views
from kiosk.vision.body import BodyFinder

log = logging.getLogger(__name__)

NEEDS_CAMERA = ("like", "compare", "photo", "back_view")
"""What a phone cannot press in a cabin, where a look is not worn."""
_GONE_AFTER_S, _FORGET_AFTER_S = 2.5, 20.0
"""Out of sight for longer, a shopper has left and the basket is empty; for as long as the latter, the garment stays chosen all the same."""
_CABIN_S = 90.0
"""In a cabin nobody is seen: whoever touches and scans nothing for so long has left."""
_DIM_S = 4.0
"""So long it takes until the screen is dark."""
_IDLE_PACE_S, _STILL_PACE_S = 0.5, 2.0
"""Pause between two looks while the screen is dimmed; and while a motion sensor feels nobody."""


@dataclass(frozen=True, slots=True)
class Senses:
    """What a mirror has beside its camera.

    meshed: the display draws worn garments itself, as meshes; under, place: the hot-spot under a point of a picture, and where
    on the screen that is, see Stage.
    """

    held_up: HeldUp
    presence: Presence | None = None
    meshed: bool = False
    under: Callable[[Point, Picture], str] = lambda _point, _picture: ""
    place: Callable[[Point, Picture], Point] = lambda _point, _picture: (0.5, 0.5)


class MirrorFlow:
    """What the mirror shows, from the first step of a shopper to the last."""

    def __init__(self, parts: Sight, shop: Shop, finder: BodyFinder, wardrobe: Wardrobe, senses: Senses) -> None:
        """Nothing is taken before the first tick."""
        language = parts.settings.device.language
        self._parts, self._shop, self._senses = parts, shop, senses
        self.pay = PayFlow(parts, shop, language, MIRROR)
        phone = parts.phone
        fitting = Fitting(parts, finder, wardrobe, meshed=senses.meshed)
        self._booth = Booth(parts, shop, Rack(parts, shop, wardrobe), fitting, Stay(language, parts.new_id()), self.pay,
                            phone.visits if phone is not None else None, cabin=parts.settings.mirror.cabin)
        if phone is not None:
            self._booth.address_for = phone.visit_address
            phone.mirror = self
        self._scene_name = "tryon"
        self._scene = self._made("tryon")
        self._gestures = Gestures()
        self._pressed: list[str] = []
        self._pace = Pace(parts, fitting.timings)
        self._idle_since_s = self._booth.now_s

    @property
    def stay(self) -> Stay:
        """The stay of whoever stands there."""
        return self._booth.stay

    @property
    def timings(self) -> Timings:
        """How long the stages from a frame to the screen take."""
        return self._booth.fitting.timings

    @property
    def scene(self) -> str:
        """The name of the scene that has the screen."""
        return self._scene_name

    @property
    def _home(self) -> str:
        """The scene to which all others return: nothing is tried on where no camera is."""
        return "card" if self._booth.cabin else "tryon"

    def _made(self, name: str) -> Scene:
        self._scene_name = name
        return SCENES[name](self._booth)

    def _go(self, name: str) -> None:
        self._scene.leave()
        self._scene = self._made(self._home if name == "tryon" else name)
        self._scene.enter()

    def tick(self, touched: list[str]) -> views.View:
        """Take what was touched and seen since the last tick; return what to show."""
        booth = self._booth
        if booth.paying() and self._scene_name != "checkout":
            self._go("checkout")  # a restart left a payment open
        targets = [*touched, *self._pressed]
        self._pressed = []
        if not booth.paying():
            targets += self._sense(bool(targets))
            if not booth.here:
                return self._alone(targets)
        self._parts.eyes.pace(0.0)
        if "language" in targets and not booth.paying():
            booth.stay.language = next_language(booth.stay.language)
        following = self._scene.tick([target for target in targets if target != "language"])
        if following != self._scene_name:
            self._go(following)
            if following == "checkout" and not booth.paying() and not booth.stay.basket:
                self._go("tryon")
        return self._scene.view()

    def presented(self, view: views.View) -> None:
        """Note that a view has just been presented."""
        self._pace.presented(view)

    # --- who is there -------------------------------------------------------------------------------------------------------------

    def _sense(self, touched: bool) -> list[str]:
        """Look, and return what hands pressed; notes who is there and what was held up."""
        booth, now = self._booth, self._booth.now_s
        look = booth.fitting.take() if not booth.cabin else None
        if touched and booth.cabin:
            booth.seen_s = now
        if look is not None and look.seen:
            booth.seen_s = now
        held_up = self._senses.held_up
        for code in held_up.take(now, look.codes if look is not None else (), look.time_s if look is not None else None):
            self._hold_up(code)
        self._follow_presence(now)
        return self._gestured(look) if look is not None and booth.here else []

    def _follow_presence(self, now: float) -> None:
        booth = self._booth
        away_s = now - booth.seen_s
        here = away_s < (_CABIN_S if booth.cabin else _GONE_AFTER_S)
        if booth.here and not here:
            self._left()
        if not here and away_s >= _FORGET_AFTER_S:
            booth.stay.style = ""
        if here and not booth.here:
            log.info("somebody stands at the mirror")
            self._go("tryon")
        booth.here = here

    def _left(self) -> None:
        """Whoever stood there has gone: nothing is kept but the garment, for a moment, and a photo that was asked for, in memory."""
        booth = self._booth
        log.info("nobody stands at the mirror any more; %.1f frames shown a second; %s", self._pace.shown_hz, self.timings)
        self._pace.keep()
        style, basket = booth.stay.style, booth.stay.basket
        booth.stay = Stay(self._parts.settings.device.language, self._parts.new_id(), style)
        self._gestures.reset()
        booth.held = views.Held()
        self._idle_since_s = booth.now_s
        self._go("tryon")
        if basket:
            keep_basket(booth)

    def _hold_up(self, code: str) -> None:
        """An item was held up: its look and its card; a badge opens staff mode."""
        booth = self._booth
        if code.startswith(BADGE_PREFIX):
            self.pay.on_badge(code)
            return
        found = booth.rack.find(code)
        if found is None or self._scene_name not in ("tryon", "card", "compare", "likes"):
            return
        style, product = found
        booth.stay.wear(style.key)
        booth.stay.choose(style, product.gtin, told=False)
        booth.seen_s = booth.now_s
        if booth.cabin and style.garment:
            booth.rack.wardrobe.get(style.garment)
        booth.here = True
        self._pace.read_s = self._senses.held_up.since_s
        self._go("card")

    def _gestured(self, look: Look) -> list[str]:
        """Return what a hand pressed or swept."""
        booth = self._booth
        if not self._parts.settings.mirror.gestures or (look.seen and look.posture is None):
            return []
        frame = self._parts.eyes.frame
        told: Gesture = self._gestures.feed(look.posture, lambda point: self._senses.under(point, frame.pixels) if frame else "")
        at = self._senses.place(told.hand, frame.pixels) if told.hand is not None and frame is not None else None
        booth.held = views.Held(told.spot, told.progress, at)
        booth.stay.sizer.feed(look.measure)
        return [target for target in (told.pressed, told.swipe) if target]

    def _alone(self, targets: list[str]) -> views.View:
        """Nobody is there: what is shown, and how often the eyes look."""
        booth, now = self._booth, self._booth.now_s
        if targets:
            self._idle_since_s = now
        moves = self._senses.presence.moves() if self._senses.presence is not None else None
        if moves:
            self._idle_since_s = now
        dim = min(1.0, max(0.0, (now - self._idle_since_s - self._parts.settings.mirror.dim_after_s) / _DIM_S))
        self._parts.eyes.pace(0.0 if dim < 1.0 else _IDLE_PACE_S if moves is None else _STILL_PACE_S)
        booth.fitting.wanted = [style.garment for style in booth.rack.styles()]
        if booth.style is not None:
            booth.dress(booth.style.key)  # whoever steps in wears it on the first look
        if "language" in targets:
            booth.stay.language = next_language(booth.stay.language)
        frame = self._parts.eyes.frame if dim < 1.0 else None
        return views.MirrorAttract(status(self._parts, self._shop, booth.stay.language), frame.pixels if frame else None,
                                   now if dim < 1.0 else 0.0, dim, booth.cabin)

    # --- the shopper's phone ------------------------------------------------------------------------------------------------------

    def mirror(self, visit: str, language: str) -> dict[str, Any] | None:
        """Return what is shown to a stay, ready to show; None when it is over."""
        booth, style = self._booth, self._booth.style
        if visit != booth.stay.number or not booth.here or style is None:
            return None
        priced = quoted(booth)
        tiles = [booth.rack.tile(kept, language) for key in booth.stay.likes if (kept := booth.rack.style(key)) is not None]
        return {"name": style.products[0].name(language), "price": amounts.money(booth.rack.price(style.products[0])[0], language),
                "likes": [f"{tile.name} · {amounts.money(tile.price, language)}" for tile in tiles],
                "pieces": priced.pieces if priced is not None else 0,
                "total": amounts.money(priced.total, language) if priced is not None else "", "camera": not booth.cabin}

    def press(self, visit: str, target: str) -> bool:
        """Press a button for a stay, as a finger would."""
        booth = self._booth
        if visit != booth.stay.number or not booth.here or booth.paying():
            return False
        if booth.cabin and target in NEEDS_CAMERA:
            return False
        if self._scene_name != self._home and target not in ("next", "previous"):
            self._go("tryon")
        if target != "tryon":
            self._pressed.append(target)
        return True

    def order(self, visit: str, address: Address) -> str:
        """Have a stay's basket delivered; return the order's number, "" when it cannot be."""
        booth = self._booth
        if visit != booth.stay.number or booth.paying():
            return ""
        number = place_order(booth, "deliver", booth.stay.basket, address)
        if number:
            booth.stay.basket, booth.ordered = {}, ("deliver", number, "")
            self._go("ordered")
        return number

    def close(self) -> None:
        """Give readers and sensor back."""
        self._senses.held_up.close()
        if self._senses.presence is not None:
            self._senses.presence.close()
