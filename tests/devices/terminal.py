"""A terminal as plain as can be, for trying out shoppers: it shows the screens of the contract and reacts after 0.1 s."""

from __future__ import annotations

from kiosk.devices.display import Presented
from kiosk.devices.scanner import CameraScanner
from kiosk.devices.simulated.world import World
from kiosk.domain.frame import Frame

KEYS = tuple(f"key:{n}" for n in range(10))
TARGETS = {
    "pay.attract": ("start", "language", "enrol", "staff"), "pay.basket": ("pay", "cancel", "language"),
    "pay.tender": ("face", "qr", "cash", "back"), "pay.digits": (*KEYS, "erase", "cancel", "other_way"),
    "pay.face": ("other_way", "cancel"), "pay.confirm": ("confirm", "not_me", "cancel"), "pay.qr": ("back", "cancel"),
    "pay.waiting": (), "pay.paid": ("done",), "pay.refused": ("retry", "qr", "cash", "cancel"), "pay.cash": ("done",),
    "enrol.consent": ("accept", "decline"), "enrol.digits": (*KEYS, "ok", "erase", "cancel"), "enrol.face": ("cancel",),
    "enrol.done": ("done",), "mirror.attract": ("language", "staff"), "mirror.tryon": ("next", "previous", "add", "pay"),
    "staff.login": (*KEYS, "ok", "erase", "cancel"), "staff.menu": ("refill", "count", "out_of_order", "close_day", "leave"),
    "staff.slots": ("slot:A1", "slot:A2", "slot:A3", "plus", "minus", "ok", "back"), "staff.report": ("done",),
    "shelf.board": ("staff",), "out_of_order": ("staff",),
}
NEXT = {
    ("pay.basket", "pay"): "pay.tender", ("pay.basket", "cancel"): "pay.attract", ("pay.tender", "face"): "pay.digits",
    ("pay.tender", "qr"): "pay.qr", ("pay.tender", "cash"): "pay.cash", ("pay.tender", "back"): "pay.basket",
    ("pay.confirm", "confirm"): "pay.paid", ("pay.attract", "enrol"): "enrol.consent", ("enrol.consent", "accept"): "enrol.digits",
    ("enrol.digits", "ok"): "enrol.face", ("enrol.done", "done"): "pay.attract", ("pay.refused", "qr"): "pay.qr",
    ("pay.refused", "cash"): "pay.cash", ("mirror.tryon", "pay"): "pay.tender", ("pay.attract", "staff"): "staff.login",
    ("mirror.attract", "staff"): "staff.login", ("shelf.board", "staff"): "staff.login", ("staff.menu", "refill"): "staff.slots",
    ("staff.menu", "count"): "staff.slots", ("staff.slots", "back"): "staff.menu", ("staff.slots", "ok"): "staff.slots",
    ("staff.menu", "close_day"): "staff.report", ("staff.report", "done"): "staff.menu",
    ("staff.menu", "out_of_order"): "out_of_order", ("out_of_order", "staff"): "staff.login", ("staff.login", "cancel"): "home",
}


class Terminal:
    """One device. Codes are read from the rendered frames; faces are taken to be right when the digits are those of a present member."""

    def __init__(self, world: World, device: str, camera: str, home: str, phones: dict[str, str], wanted: int = 4) -> None:
        self.world, self.device, self.camera, self.home, self.more = world, device, camera, home, wanted
        self.screen, self.items, self.typed, self.wanted, self.chosen, self.since = home, [], "", 4, "", 0.0
        self.entered_pins: list[str] = []
        self.log: list[str] = []
        self.phones, self.claimed = phones, ""
        self._scanner, self._last, self._t = CameraScanner(), "", 0.0

    def presented(self) -> Presented:
        """What the screen shows."""
        facts = {"items": str(len(self.items)), "total_minor": str(100 * len(self.items))}
        if self.screen in ("pay.digits", "staff.login", "enrol.digits"):
            facts |= {"entered": str(len(self.typed)), "wanted": str(self.wanted)}
        facts["chosen"] = self.chosen
        return Presented(self.screen, {name: (10 + 40 * i, 500, 30, 30) for i, name in enumerate(TARGETS[self.screen])}, facts)

    def step(self, t: float) -> None:
        """One turn of the loop at time `t`."""
        self._t = t
        shown = self.presented()
        for touch in self.world.presented(self.device, shown, t):
            name = next((n for n, (x, y, w, h) in shown.targets.items() if x <= touch.x < x + w and y <= touch.y < y + h), "")
            assert name, f"{touch} hits nothing on {self.screen}"
            self._touched(name)
        if self.screen in ("pay.attract", "pay.basket", "pay.qr") and self.camera == "pay-cam":
            self._scan(t)
        elif self.screen in ("pay.face", "enrol.face") and t - self.since > 0.8:
            self._judge()
        elif self.screen == "mirror.attract" and self.device in self.world.truth()["present"] and t - self.since > 1.0:
            self._go("mirror.tryon")
        if self.screen in ("pay.paid", "pay.cash") and t - self.since > 5:
            self._go("home")

    def _go(self, screen: str) -> None:
        self.screen = self.home if screen == "home" else screen
        self.since, self.typed, self.chosen = self._t, "", ""
        self.log.append(self.screen)
        if self.screen == self.home:
            self.items, self.wanted = [], 4

    def _touched(self, name: str) -> None:
        if name.startswith("key:"):
            self.typed += name[4:]
            self._typed()
        elif name.startswith("slot:"):
            self.chosen = name[5:]
        elif name == "add":
            self.items.append("garment")
        elif (self.screen, name) == ("staff.login", "ok"):
            self.entered_pins.append(self.typed)
            self._go("staff.menu")
        elif name in ("done", "leave", "cancel") and (self.screen, name) not in NEXT:
            self._go("home")
        elif (self.screen, name) in NEXT:
            self._go(NEXT[self.screen, name])

    def _typed(self) -> None:
        if self.screen == "pay.digits" and len(self.typed) == self.wanted:
            if self.wanted < self.more:
                self.wanted += 2
            else:
                self.claimed = self.typed
                self.screen, self.since = "pay.face", self._t

    def _judge(self) -> None:
        if self.screen == "enrol.face":
            self._go("enrol.done")
        else:
            who = self.world.truth()["present"].get(self.device)
            self._go("pay.confirm" if who and self.claimed.startswith(self.phones[who][-4:]) else "pay.refused")

    def _scan(self, t: float) -> None:
        codes = self._scanner.scan(Frame(self.world.frame(self.camera, t), t, 0, self.camera))
        text = codes[0].text if codes else ""
        if text and text != self._last:
            if self.screen == "pay.qr":
                self._go("pay.paid")
            elif codes[0].symbology != "qr":
                self.items.append(text)
                if self.screen == "pay.attract":
                    self.screen = "pay.basket"
        self._last = text
