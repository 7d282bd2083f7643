"""A device put together from real parts: SQLite, vault, networks, scanner; time stands still and frames come when a test shows them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from kiosk.config import Settings, parse
from kiosk.devices.scanner import CameraScanner
from kiosk.devices.simulated.figure import Figures, HeadPose, appearance
from kiosk.domain.catalog import Cell, OfflinePolicy, Planogram, PriceList, Product, Promotion
from kiosk.domain.frame import Frame, Picture
from kiosk.domain.identity import Policy, Template, template
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered, RefundGiven, ReplenishmentAnswered
from kiosk.flows.eyes import StillEyes
from kiosk.flows.health import remember_hq
from kiosk.flows.parts import Shop
from kiosk.flows.pay import PayFlow
from kiosk.flows.sight import Sight
from kiosk.runtime import ManualClock
from kiosk.storage.store import Store
from kiosk.storage.vault import Consent, Vault
from kiosk.ui import views
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore
from kiosk.wire import OrderMessage

WATER, TEA = "9520000000028", "9520000000073"
PRICES = PriceList(3, datetime(2026, 1, 1, tzinfo=UTC), "EUR", (
    Product(WATER, {"en": "Water", "fr": "Eau"}, Money(95, "EUR"), 55, 515.0),
    Product(TEA, {"en": "Tea", "fr": "Thé"}, Money(320, "EUR"), 55, 60.0),
), (Promotion("tea-10", "percent", TEA, {"en": "10 % off"}, percent=10),))
PLANOGRAM = Planogram(1, "pay-1", (Cell("P1", WATER, 24, 4, 6), Cell("P2", TEA, 24, 4, 6)))
POLICY = OfflinePolicy(1, "EUR", per_sale_minor=2000, per_member_minor=5000, per_kiosk_minor=9000, max_age_s=3600)

TOML = """
[device]
id = "pay-1"
store = "Test"
roles = ["pay"]
language = "en"
[hq]
public_key = "unused"
[storage]
folder = "{folder}"
reserve_mb = 1
[staff.pins]
lea = "2468"
nina = "1357"
theo = "9753"
[staff.badges]
max = "KS1.badge-of-max"
[staff.roles]
lea = "merchant"
max = "clerk"
theo = "operator"
"""


@dataclass
class Device:
    """A device under test. `frames` counts the frames that were shown to it; dancer: what was asked lately, and how the head stands."""

    sight: Sight
    eyes: StillEyes
    clock: ManualClock
    shop: Shop
    figures: Figures
    frames: Iterator[int] = field(default_factory=lambda: count(1))
    orders: Iterator[int] = field(default_factory=lambda: count(1))
    dancer: tuple[tuple[str, ...], float, float, int] = ("", "", ""), 0.0, 0.0, 0

    def show(self, pixels: Picture, late_s: float = 0.0) -> None:
        """Hold a picture before the camera, a tenth of a second after the last; late_s: so long ago it was taken."""
        self.clock.move(0.1)
        self.eyes.show(Frame(pixels, self.clock.monotonic() - late_s, next(self.frames), "test"))

    def show_code(self, text: str, symbology: str = "EAN13") -> None:
        """Hold a code before the camera."""
        code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology)).to_image(scale=4)
        picture = np.full((480, 640, 3), 255, np.uint8)
        small = np.asarray(code)[:440, :600]
        picture[20:20 + small.shape[0], 20:20 + small.shape[1]] = small[..., None]
        self.show(picture)

    def show_face(self, identity: int, yaw: float = 0.0) -> None:
        """Let a rendered person look into the camera."""
        self.show(face_picture(self.figures, identity, yaw))

    def follow(self, pay: PayFlow, identity: int, frames: int = 90, printed: bool = False, late: int = 0) -> views.View:
        """Do what the screen asks, a moment late, until it shows another one. printed: with a flat picture in the place of a head.

        late: the device sees what was so many frames ago.
        """
        view, taken = pay.tick([]), list[Picture]()
        asked, turn, near, shut = self.dancer
        for _ in range(frames):
            asked = (*asked[1:], view.asked if isinstance(view, views.PayFace) else "")
            turn += 0.45 * ({"left": 1.0, "right": -1.0}.get(asked[0], 0.0) - turn)
            near += 0.45 * ((asked[0] == "closer") - near)
            shut = shut + 1 if asked[0] == "blink" else 0
            blink = 1.0 if 0 < shut <= 5 else 0.0
            picture = np.full((480, 640, 3), 190, np.uint8)
            head = HeadPose(yaw_deg=0.0 if printed else 24 * turn, blink=0.0 if printed else blink)
            self.figures.draw_bust(picture, appearance(identity, 7), head, (320.0, 210.0), 190.0 * (1 + 0.3 * near))
            taken.append(tilted(picture, 38 * turn) if printed else picture)
            self.show(taken[max(0, len(taken) - 1 - late)], 0.1 * min(late, len(taken) - 1))
            view = pay.tick([])
            self.dancer = asked, turn, near, shut
            if screen(view) != "pay.face":
                break
        return view

    def answer(self, intent_id: str, outcome: str, reason: str = "") -> None:
        """Let HQ's word on a payment come in."""
        self.receive(PaymentAnswered(intent_id, outcome, reason, "member-of-code" if outcome == "authorised" else ""))

    def receive(self, order: PaymentAnswered | RefundGiven | ReplenishmentAnswered) -> None:
        """Let an order of HQ come in through the inbox."""
        number = next(self.orders)
        with self.sight.store.unit() as unit:
            assert unit.inbox.commit(OrderMessage(f"order-{number}", "pay-1", "box", number, 0, order))


def tilted(picture: Picture, degrees: float) -> Picture:
    """A picture as a sheet of paper that is turned about its upright middle."""
    angle = math.radians(degrees)
    corners = np.array([[-220, -210], [220, -210], [220, 270], [-220, 270]], np.float32)
    depth = 1200 / (1200 + corners[:, 0] * math.sin(angle))
    seen = np.stack([corners[:, 0] * math.cos(angle) * depth, corners[:, 1] * depth], axis=1)
    matrix = cv2.getPerspectiveTransform(corners + np.array([320, 210], np.float32), np.float32(seen + np.array([320, 210])))
    return cv2.warpPerspective(picture, matrix, (640, 480), borderMode=cv2.BORDER_CONSTANT, borderValue=(120, 110, 100))


def face_picture(figures: Figures, identity: int, yaw: float) -> Picture:
    """A rendered person before a terminal's camera: (480, 640, 3) uint8 RGB."""
    picture = np.full((480, 640, 3), 190, np.uint8)
    figures.draw_bust(picture, appearance(identity, 7), HeadPose(yaw_deg=yaw), (320.0, 210.0), 190.0)
    return picture


@dataclass(frozen=True)
class Networks:
    """The networks, loaded once."""

    models: ModelStore
    finder: FaceFinder
    embedder: object
    figures: Figures


@pytest.fixture(scope="session")
def networks() -> Networks:
    models = ModelStore()
    return Networks(models, FaceFinder(models), make_embedder("onnx", models), Figures(models.path("astronaut")))


@pytest.fixture(scope="session")
def member_template(networks: Networks) -> Callable[[int], Template]:
    """identity -> template of three enrolment shots."""
    known: dict[int, Template] = {}

    def of(identity: int) -> Template:
        if identity not in known:
            pictures = [face_picture(networks.figures, identity, yaw) for yaw in (0.0, 6.0, -6.0)]
            known[identity] = template([networks.embedder.embed(p, networks.finder.find(p)[0]) for p in pictures])
        return known[identity]

    return of


def settings(folder: Path) -> Settings:
    return parse(TOML.format(folder=folder))


def open_device(folder: Path, networks: Networks, clock: ManualClock) -> Device:
    """Open the device whose state lies in `folder`, as its service does after a start."""
    ids = count(1)
    made = f"{clock.monotonic():.0f}-{len(list(folder.iterdir())) if folder.exists() else 0}"

    def new_id() -> str:
        return f"id-{made}-{next(ids):04d}"

    store = Store.open(folder / "kiosk.db", "pay-1", clock, new_id, reserve_mb=1)
    eyes = StillEyes()
    vault = Vault.open(folder / "vault" / "vault.db", folder / "vault" / "vault.key")
    sight = Sight(settings(folder), store, clock, new_id, vault, eyes, CameraScanner(), networks.finder, networks.embedder, Policy())
    return Device(sight, eyes, clock, Shop(store, clock), networks.figures)


@pytest.fixture
def device(tmp_path: Path, networks: Networks) -> Iterator[Device]:
    made = open_device(tmp_path / "state", networks, ManualClock())
    with made.sight.store.unit() as unit:
        unit.prices.put(PRICES)
        unit.planogram.put(PLANOGRAM)
        unit.policy.put(POLICY)
        unit.stock.set("P1", WATER, 20)
        unit.stock.set("P2", TEA, 6)
        remember_hq(unit, made.clock.boot_id, 0.0)
    made.shop.refresh()
    yield made
    made.sight.close()


def enrol(device: Device, member_id: str, digits: str, shots: Template) -> None:
    """Put a member into the device's vault."""
    device.sight.vault.enrol(member_id, digits, shots, Consent("2026-11", "en", "2026-01-01T00:00:00+00:00"))


def screen(view: views.View | None) -> str:
    """The name of the screen that is shown."""
    return view.screen if view is not None else ""
