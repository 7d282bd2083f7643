"""A display as flows see it: views go up, names of what was touched come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.devices.display import Display, LiveDisplay, Presented, Touch, write_picture
from kiosk.devices.voice import Silence, Voice
from kiosk.domain.frame import Picture
from kiosk.domain.meshes import Worn
from kiosk.ui.paint import cut
from kiosk.ui.screens import render
from kiosk.ui.spoken import spoken
from kiosk.ui.views import View

NOBODY_THERE = ("pay.attract", "mirror.attract", "shelf.board", "out_of_order")
"""The screens on which nobody is served."""
PAD = "pad"
"""The one target on which a finger draws."""


class Stage:
    """Draws a view when it changed, and names the targets that were touched."""

    def __init__(self, display: Display, voice: Voice | None = None, glass: LiveDisplay | None = None) -> None:
        """glass: the display, where it shall draw live garments itself."""
        self._display, self._voice, self._glass = display, voice or Silence(), glass
        self._page: View | None = None
        self._said = ("", "")
        self._shown: View | None = None
        self._presented: Presented | None = None

    def show(self, view: View) -> None:
        """Draw and present `view`, unless it equals what is shown and holds no moving picture."""
        live = getattr(view, "picture", None)
        if isinstance(live, Worn) and self._glass is not None:
            self._show_live(view, live, self._glass)
            return
        moving = getattr(view, "preview", None) is not None or live is not None
        if view == self._shown and not moving:
            return
        picture, presented = render(view, self._display.size)
        self._display.present(picture, presented)
        self._shown, self._presented, self._page = view, presented, None
        self._speak(view)

    def _show_live(self, view: View, live: Worn, glass: LiveDisplay) -> None:
        """Let the renderer draw frame and garments; what stands over them is drawn anew only when it changes, and moves at 10 Hz."""
        time_s: float | None = getattr(view, "time_s", None)
        moment: dict[str, Any] = {} if time_s is None else {"time_s": int(10 * time_s) / 10}
        page: View = replace(view, **moment)
        drawn = None
        if page != self._page:
            drawn, self._presented = render(page, self._display.size, clear=True)
        glass.present_live(live, cut(live.frame, self._display.size), drawn, self._presented or Presented(view.screen, {}, {}))
        self._shown, self._page = view, page
        self._speak(view)

    def _speak(self, view: View) -> None:
        """Say what a screen has to say, once: again only when the screen or its words are others than before."""
        text = spoken(view)
        if (view.screen, text) != self._said:
            self._said = (view.screen, text)
            if text:
                self._voice.say(text, view.status.language)

    def photograph(self, path: Path) -> bool:
        """Write what is on the screen to a file, without the camera's picture; False while somebody may be using it: then nothing is."""
        view = self._shown
        if view is None or view.screen not in NOBODY_THERE:
            return False
        moving: dict[str, Any] = {name: None for name in ("preview", "picture") if getattr(view, name, None) is not None}
        still: View = replace(view, **moving)
        write_picture(render(still, self._display.size)[0], path)
        return True

    def touched(self) -> list[str]:
        """Return the names of the targets touched since the last call, oldest first, as the screen that is shown has them.

        Flows ignore a target that their state does not know: a second finger on what is gone presses nothing. On the target `pad` a finger
        draws: "pad:x:y" where it came down and "pad+:x:y" where it moved, in thousandths of the pad; elsewhere moving presses nothing.
        """
        return [name for touch in self._display.touches() if (name := self._hit(touch))]

    def _hit(self, touch: Touch) -> str:
        if self._presented is None:
            return ""
        for name, (left, top, width, height) in self._presented.targets.items():
            x, y = touch.x - left, touch.y - top
            if 0 <= x < width and 0 <= y < height:
                if name == PAD:
                    return f"{PAD}{'+' if touch.moved else ''}:{1000 * x // width}:{1000 * y // height}"
                return "" if touch.moved else name
        return ""

    def under(self, point: tuple[float, float], picture: Picture) -> str:
        """Return the hot-spot under a point of the camera's picture, (x, y) in its pixels, "" for none.

        The picture fills the screen and is turned left to right, as screens show it.
        """
        shown = self._presented
        if shown is None or not shown.facts.get("hot"):
            return ""
        x, y = (share * side for share, side in zip(self.place(point, picture), self._display.size, strict=True))
        for name in shown.facts["hot"].split():
            box = shown.targets.get(name)
            if box is not None and box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]:
                return name
        return ""

    def place(self, point: tuple[float, float], picture: Picture) -> tuple[float, float]:
        """Return where a point of the camera's picture is on the screen: (x, y), 0..1 from its left and top."""
        left, top, width, height = cut(picture, self._display.size)
        return 1 - (point[0] - left) / width, (point[1] - top) / height

    def close(self) -> None:
        """Give display and voice back."""
        self._display.close()
        self._voice.close()
