"""Receipts on paper, without anybody waiting for them: a printer that is lost or out of paper is drawn, and the sale stands."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.design.amounts import when
from kiosk.design.offers import offer_name
from kiosk.design.paper import Paper, Sheet, receipt, refund_slip
from kiosk.domain.events import SaleCompleted, SaleRefunded, Seal
from kiosk.domain.receipt import excerpt, token
from kiosk.errors import DeviceError
from kiosk.flows.cashier import in_training
from kiosk.flows.parts import Parts, Shop
from kiosk.storage.store import Unit

if TYPE_CHECKING:
    from kiosk.devices.printer import Printer
    from kiosk.flows.staff_desk import Desk

log = logging.getLogger(__name__)

_WAITING = 20
"""More receipts than this never wait: a printer that is so far behind prints for nobody."""


class Press:
    """A printer in a thread of its own. printer: None on a device without one: then nothing is printed and nothing is wrong."""

    def __init__(self, parts: Parts, shop: Shop, printer: Printer | None = None) -> None:
        self._parts, self._shop, self._printer = parts, shop, printer
        self._jobs: queue.Queue[Paper | None] = queue.Queue(_WAITING)
        self.lost = False
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)
        if printer is not None:
            self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether this device has a printer."""
        return self._printer is not None

    def first(self, sale: SaleCompleted, language: str) -> None:
        """Print the receipt of a sale that has just been made."""
        if self._printer is not None:
            with self._parts.store.unit(use_reserve=True) as unit:  # somebody has paid
                unit.prints.count(sale.sale_id)
                sheet = self._sheet(unit, sale, language)
            self._print(receipt(sale, sheet))

    def again(self, sale: SaleCompleted, desk: Desk) -> int:
        """Print a receipt once more, marked as a duplicate; journal who asked for it and return which duplicate it is."""
        with self._parts.store.unit() as unit:
            copy = unit.prints.count(sale.sale_id) - 1
            desk.record(unit, "reprint", {"receipt": sale.receipt, "duplicate": str(copy)})
            sheet = self._sheet(unit, sale, desk.language, copy)
        self._print(receipt(sale, sheet))
        return copy

    def refund(self, given: SaleRefunded, seal: Seal, language: str) -> None:
        """Print the slip of a refund, with the excerpt of the seal that the journal gave it."""
        if self._printer is not None:
            with self._parts.store.snapshot() as unit:
                sheet = self._sheet(unit, None, language)
            self._print(refund_slip(given, replace(sheet, signature=excerpt(seal))))

    def close(self) -> None:
        """Print what waits, then give the printer back."""
        if self._printer is not None:
            self._jobs.put(None)
            self._thread.join(timeout=5.0)
            self._printer.close()

    def _sheet(self, unit: Unit, sale: SaleCompleted | None, language: str, copy: int = 0) -> Sheet:
        parts, shop = self._parts, self._shop
        prices = shop.prices
        offers = {p.id: offer_name(p, language) for p in prices.promotions} if prices else {}

        def name(gtin: str) -> str:
            product = shop.listed(gtin)
            return product.name(language) if product else gtin

        moment = unit.prints.recorded(sale.sale_id) if sale else None
        return Sheet(parts.settings.printer.columns, language, parts.settings.device.store,
                     when(moment or parts.clock.now(), language, shop.zone), name, offers,
                     receipt_address(parts, sale) if sale else "", excerpt(sale.seal if sale else None), copy, in_training(unit))

    def _print(self, paper: Paper) -> None:
        try:
            self._jobs.put_nowait(paper)
        except queue.Full:
            log.warning("the printer is far behind: a receipt is not printed")

    def _work(self) -> None:
        while (paper := self._jobs.get()) is not None:
            if self._printer is None:
                return
            try:
                self._printer.print(paper)
            except DeviceError as error:
                # A receipt that comes minutes later lies there for the next shopper to read: it is given up, and can be printed again.
                if not self.lost:
                    log.warning("%s", error)
                self.lost = True
                continue
            if self.lost:
                log.info("the printer is back")
            self.lost = False


def receipt_address(parts: Parts, sale: SaleCompleted) -> str:
    """Return the address of the page that shows a receipt again, "" when HQ has none."""
    address = parts.settings.hq.receipts
    return f"{address.rstrip('/')}/{token(sale)}" if address else ""
