"""A mirror in which rendered people stand: its goods in sizes, and what it sees and shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from kiosk.devices.simulated.figure import Figures, appearance, background
from kiosk.devices.simulated.figure_pose import HANGING, BodyPose
from kiosk.domain.catalog import Cell, Planogram, PriceList, Product, Promotion
from kiosk.domain.frame import Frame
from kiosk.domain.money import Money
from kiosk.flows.held_up import HeldUp
from kiosk.flows.mirror import MirrorFlow, Senses
from kiosk.flows.wardrobe import Wardrobe
from kiosk.vision.body import BodyFinder
from tests.flows.conftest import PLANOGRAM, PRICES, Device, Networks

SHIRT_S, SHIRT_M, SHIRT_L = "9520000000219", "9520000000226", "9520000000233"
COAT, TEE, NOBODYS = "9520000000110", "9520000000127", "9520000000134"
EMPTY = background(360, 640, 5)


def _product(code: str, name: str, garment: str, **more) -> Product:
    return Product(code, {"en": name, "fr": name}, Money(3900, "EUR"), 200, 200.0, garment=garment, **more)


GOODS = (
    *(_product(code, "Shirt", "shirt_white", style="shirt", size=size, origin="PT", matches=(COAT, "nothing"))
      for code, size in ((SHIRT_L, "L"), (SHIRT_S, "S"), (SHIRT_M, "M"))),
    _product(COAT, "Coat", "coat_camel"), _product(TEE, "Tee", "tshirt_red#1f4e8c"), _product(NOBODYS, "Cape", "of_nobody"),
)
LIST = PriceList(4, PRICES.effective_at, "EUR", (*PRICES.products, *GOODS),
                 (*PRICES.promotions, Promotion("shirt-20", "percent", SHIRT_M, {"en": "20 % off shirts"}, percent=20)))
STOCK = {SHIRT_S: 2, SHIRT_M: 3, SHIRT_L: 0, COAT: 1, TEE: 5}


class Before:
    """Somebody before a mirror. frames follow each other by a tenth of a second unless it is said otherwise."""

    def __init__(self, device: Device, networks: Networks, senses: Senses | None = None) -> None:
        self.device, self.networks, self.count = device, networks, 0
        with device.sight.store.unit() as unit:
            unit.prices.put(LIST)
            cells = tuple(Cell(f"G{n}", code, 20, 2, 5) for n, code in enumerate(STOCK))
            unit.planogram.put(Planogram(2, "pay-1", (*PLANOGRAM.cells, *cells)))
            for cell in cells:
                unit.stock.set(cell.slot, cell.gtin, STOCK[cell.gtin])
        device.shop.refresh()
        self.flow = self.open(senses)

    def open(self, senses: Senses | None = None) -> MirrorFlow:
        """Start the mirror's flow, as its service does."""
        self.flow = MirrorFlow(self.device.sight, self.device.shop, BodyFinder(self.networks.models), Wardrobe(Path("/nowhere")),
                               senses or Senses(HeldUp()))
        return self.flow

    def show(self, picture: np.ndarray, touched=(), step_s: float = 0.1):
        """Show a frame and let the mirror run once."""
        self.device.clock.move(step_s)
        self.count += 1
        self.device.sight.eyes.show(Frame(picture, self.device.clock.monotonic(), self.count, "mirror"))
        return self.flow.tick(list(touched))

    def stand(self, *touched: str):
        """Stand there, and touch one thing after the other; return the last screen."""
        view = self.show(self.somebody, step_s=0.2)
        for target in touched:
            self.device.clock.move(0.1)
            view = self.flow.tick([target])
        return view

    @property
    def somebody(self) -> np.ndarray:
        """A picture of somebody."""
        return person(self.networks)


def person(networks: Networks, x: float = 180.0, height: float = 500.0, on=None, pose: BodyPose = BodyPose(HANGING, HANGING)) -> np.ndarray:
    """A rendered person before the mirror's camera: (640, 360, 3) uint8 RGB."""
    picture = EMPTY.copy() if on is None else on
    Figures(networks.models.path("astronaut")).draw_body(picture, replace(appearance(0, 20), height_m=1.72), pose, (x, 600.0), height)
    return picture
