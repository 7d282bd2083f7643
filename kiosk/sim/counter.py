"""The money side of a store in a box: payment services for the shoppers' phones, and one refund that somebody at HQ gives."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.domain.catalog import CODE_TENDERS, TenderPolicy
from kiosk.errors import WorldError
from kiosk.hq import publish, refunds
from kiosk.hq.ledger import accounts, charges, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.refunds import HQ_DEVICE, Giving
from kiosk.hq.stamp import stamp
from kiosk.hq.tenders.setup import open_tenders
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.sim.payments.service import PaymentServices

log = logging.getLogger(__name__)

SERVICE: Final = {"stripe": "stripe", "alipay": "alipay", "wechat": "wechat", "emv_qr": "acquirer"}
"""Tender at HQ -> the service that takes its money."""
REFUND_AFTER_S = 15.0
CODE_LASTS_S = 60
_LEFT = 2
"""Of so many sales of the terminal one is given back here: another is left for its staff to take back in the evening."""


@dataclass(frozen=True, slots=True)
class MoneyBook:
    """What HQ's books and the payment services say of the same money, by tender in minor units; and what was given back."""

    owed: dict[str, int]
    taken: dict[str, int]
    codes: int
    refunds: int
    refunded_minor: int
    open: int

    @property
    def agrees(self) -> bool:
        """Whether HQ's books hold exactly what the services took, and no refund is under way."""
        return self.owed == self.taken and not self.open


class Counter:
    """Start it before HQ; it pays what phones read, and gives one sale back."""

    def __init__(self, hq: Path, currency: str) -> None:
        self._hq, self._currency = hq, currency
        self._services = PaymentServices()
        self._paid = 0
        self.phones_paid = 0
        self._refunded = ""

    @property
    def config(self) -> Path:
        """The file that HQ reads its payment services from."""
        return self._hq / "tenders.toml"

    def start(self) -> None:
        """Start the services, write HQ's file, and publish the codes that they can make in the store's currency."""
        self._services.start()
        self._hq.mkdir(parents=True, exist_ok=True)
        self._services.write_config(self.config, self._currency)
        tenders = open_tenders(self.config, "")
        codes = tuple(code for code in CODE_TENDERS if code in tenders and tenders[code].takes(self._currency))
        ledger = Ledger(self._hq / "hq.db")
        with ledger.write() as db:
            publish.publish_tenders(db, TenderPolicy(0, self._currency, codes, CODE_LASTS_S), stamp(SystemClock().now(), new_id), "demo")
        ledger.close()

    def close(self) -> None:
        """End the services."""
        self._services.close()

    def pay(self, codes: list[str]) -> None:
        """Pay the codes that phones have read since the last call; one that ran out is left."""
        for code in codes[self._paid:]:
            self._paid += 1
            try:
                self._services.bank.pay(code)
                self.phones_paid += 1
            except WorldError as error:
                log.info("a phone could not pay: %s", error)

    def sold_by_code(self) -> bool:
        """Return whether HQ has booked a sale that a phone has paid: until then its terminal may still wait for HQ's word."""
        if not self.phones_paid:
            return False
        ledger = Ledger(self._hq / "hq.db")
        with ledger.read() as db:
            sold = any(sale["tender"] in CODE_TENDERS for sale in trade.sales(db))
        ledger.close()
        return sold

    def give_back(self, open_for_s: float) -> str:
        """Give the newest sale back, once, when the store has been open for a while; prefer one that a phone paid. Return its receipt."""
        if self._refunded or open_for_s < REFUND_AFTER_S:
            return ""
        ledger = Ledger(self._hq / "hq.db")
        try:
            with ledger.write() as db:
                sales = trade.sales(db)
                if sum(sale["device"] == shop.PAY for sale in sales) < _LEFT:
                    return ""
                by_code = [sale for sale in sales if sale["tender"] in CODE_TENDERS]
                if not by_code and open_for_s < 2 * REFUND_AFTER_S:
                    return ""
                sale = (by_code or sales)[0]
                lines, amount = refunds.rest_of(db, sale)
                giving = Giving(new_id(), sale["sale_id"], lines, amount, sale["currency"], "returned", "demo", HQ_DEVICE)
                refunds.give_back(db, giving, stamp(SystemClock().now(), new_id))
                self._refunded = str(sale["receipt"])
        finally:
            ledger.close()
        return self._refunded

    def book(self) -> MoneyBook:
        """Return what the books and the services say."""
        ledger = Ledger(self._hq / "hq.db")
        with ledger.read() as db:
            rows = charges.recent_refunds(db, 1000)
            balances = {tender: accounts.balance(db, accounts.service(tender), self._currency) for tender in SERVICE}
        ledger.close()
        return MoneyBook(
            {tender: -found[0] if found else 0 for tender, found in balances.items()},
            {tender: self._services.bank.taken_minor(service) for tender, service in SERVICE.items()}, self.phones_paid, len(rows),
            sum(row["amount_minor"] for row in rows), sum(row["status"] == "asked" for row in rows))
