"""A store to test in, and terminals as plain as can be: they show the screens of the contract and react within 0.1 s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kiosk.devices.display import Presented
from kiosk.devices.scanner import CameraScanner
from kiosk.devices.simulated.setup import ShelfCell, StoreProduct, StoreShopper, WorldSetup
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
    "mirror.basket": ("pay", "reserve", "deliver", "done"),
    "staff.login": (*KEYS, "ok", "erase", "cancel"), "staff.menu": ("refill", "count", "out_of_order", "close_day", "leave"),
    "staff.slots": ("slot:A1", "slot:A2", "slot:A3", "plus", "minus", "ok", "back"), "staff.report": ("done",),
    "shelf.board": ("staff",), "out_of_order": ("staff",),
}
NEXT = {
    ("pay.basket", "pay"): "pay.tender", ("pay.basket", "cancel"): "pay.attract", ("pay.tender", "face"): "pay.digits",
    ("pay.tender", "qr"): "pay.qr", ("pay.tender", "cash"): "pay.cash", ("pay.tender", "back"): "pay.basket",
    ("pay.confirm", "confirm"): "pay.paid", ("pay.attract", "enrol"): "enrol.consent", ("enrol.consent", "accept"): "enrol.digits",
    ("enrol.digits", "ok"): "enrol.face", ("enrol.done", "done"): "pay.attract", ("pay.refused", "qr"): "pay.qr",
    ("pay.refused", "cash"): "pay.cash", ("mirror.tryon", "pay"): "mirror.basket", ("mirror.basket", "pay"): "pay.tender",
    ("pay.attract", "staff"): "staff.login",
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
        self.phones, self.claimed, self.value = phones, "", 3
        self._scanner, self._last, self._t = CameraScanner(), "", 0.0

    def presented(self) -> Presented:
        """What the screen shows."""
        facts = {"items": str(len(self.items)), "total_minor": str(100 * len(self.items))}
        if self.screen in ("pay.digits", "staff.login", "enrol.digits"):
            facts |= {"entered": str(len(self.typed)), "wanted": str(self.wanted)}
        facts["chosen"] = self.chosen
        if self.screen == "staff.slots":
            facts |= {"value": str(self.value), "mode": "count"}
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
        elif name in ("plus", "minus"):
            self.value += 1 if name == "plus" else -1
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


CELLS = (ShelfCell("A1", "4006381333931", 120.0, 8, 12), ShelfCell("A2", "5901234123457", 60.0, 10, 12),
         ShelfCell("A3", "96385074", 40.0, 6, 10))
PRODUCTS = (StoreProduct("4006381333931", "Pen"), StoreProduct("5901234123457", "Tea"), StoreProduct("96385074", "Gum"),
            StoreProduct("3017620422003", "Spread"))
SHOPPERS = (
    *(StoreShopper(f"member{i}", i, "enrolled", True, f"123456{i:02d}") for i in range(4)),
    StoreShopper("stranger", 4, "stranger", False, "99999999"),
    StoreShopper("phone", 5, "qr", True, "55554444", tuple(f"K1:{i:04d}:qrstuvwxyz0123" for i in range(50))),
    StoreShopper("doubter", 6, "puts_back", True, "55550001"),
    StoreShopper("hoarder", 7, "empties", True, "55550002"),
    StoreShopper("newcomer", 8, "enrols", False, "87654321"),
)


def make_setup(**changes: Any) -> WorldSetup:
    """A store with a pay terminal, a mirror and a shelf of three cells."""
    whole: dict[str, Any] = {
        "seed": 7, "pay_device": "pay-1", "pay_camera": "pay-cam", "mirror_device": "mirror-1", "mirror_camera": "mirror-cam",
        "shelf_device": "shelf-1", "cells": CELLS, "products": PRODUCTS, "shoppers": SHOPPERS, "staff_pin": "2468",
    }
    return WorldSetup(**(whole | changes))


class Store:
    """A world with its three terminals, run in steps of 0.1 s."""

    def __init__(self, setup: WorldSetup, wanted: int = 4) -> None:
        phones = {s.name: s.phone for s in setup.shoppers}
        self.world, self.t = World(setup, None), 0.0
        self.pay = Terminal(self.world, "pay-1", "pay-cam", "pay.attract", phones, wanted)
        self.mirror = Terminal(self.world, "mirror-1", "mirror-cam", "mirror.attract", phones)
        self.shelf = Terminal(self.world, "shelf-1", "", "shelf.board", phones)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.1)):
            self.t = round(self.t + 0.1, 3)
            for terminal in (self.pay, self.mirror, self.shelf):
                terminal.step(self.t)

    def run_until(self, seen: Callable[[], bool], limit_s: float) -> None:
        """Let time pass until `seen`; fail after `limit_s` of it."""
        end = self.t + limit_s
        while not seen():
            assert self.t < end, f"not seen within {limit_s} s: pay {self.pay.log}, shelf {self.shelf.log}, {self.world.truth()}"
            self.run(0.1)


@pytest.fixture
def setup() -> WorldSetup:
    return make_setup()


@pytest.fixture
def make_store_setup() -> Callable[..., WorldSetup]:
    return make_setup


@pytest.fixture
def open_store() -> Callable[..., Store]:
    return lambda wanted=4, **changes: Store(make_setup(**changes), wanted)


@pytest.fixture
def store(setup: WorldSetup) -> Store:
    return Store(setup)
