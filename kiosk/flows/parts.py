"""What flows are built from, handed in by the service that owns it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kiosk.config import Settings
from kiosk.domain.catalog import LANGUAGES, PriceList, Product, TenderPolicy
from kiosk.domain.pricing import Quote, quote
from kiosk.domain.promotion import occasion
from kiosk.flows.health import time_now
from kiosk.runtime import Clock
from kiosk.storage.store import Store

if TYPE_CHECKING:  # the sync process has parts and no screen
    from kiosk.ui.views import Status


@dataclass(frozen=True, slots=True)
class Parts:
    """What every device has."""

    settings: Settings
    store: Store
    clock: Clock
    new_id: Callable[[], str]

    @property
    def camera_lost(self) -> bool:
        """Whether this device has a camera that does not answer."""
        return False


class Shop:
    """The price list and the state of the link as the device knows them; read again only when another process wrote."""

    def __init__(self, store: Store, clock: Clock, zone: tzinfo = UTC) -> None:
        """zone: the store's; offers with hours follow the clock on its wall."""
        self._store, self._clock, self.zone = store, clock, zone
        self._quoted: tuple[object, Quote] | None = None
        self._version = -1
        self._prices: PriceList | None = None
        self._offline = False
        self.training = False
        self._tenders: TenderPolicy | None = None

    def refresh(self) -> None:
        """Read what changed."""
        version = self._store.data_version()
        if version == self._version:
            return
        self._version = version
        with self._store.snapshot() as unit:
            self._prices = unit.prices.current(time_now(unit, self._clock))
            self._offline = unit.settings.get("link") == "down"
            self.training = unit.settings.get("training") == "on"
            self._tenders = unit.tenders.get()

    @property
    def prices(self) -> PriceList | None:
        """The price list in force, None before the first one came."""
        return self._prices

    @property
    def offline(self) -> bool:
        """Whether HQ does not answer at present."""
        return self._offline

    @property
    def codes(self) -> tuple[str, ...]:
        """The payment codes that may be offered now: HQ has to answer, and they are for the price list's currency alone."""
        policy = self._tenders
        return policy.codes if policy is not None and not self._offline and policy.currency == self.currency else ()

    @property
    def currency(self) -> str:
        """The price list's currency; "XXX" (ISO 4217: none) before the first one came."""
        return self._prices.currency if self._prices else "XXX"

    def product(self, code: str) -> Product | None:
        """Return the product behind a scanned code, None when it is not sold here."""
        return self._prices.product(code) if self._prices else None

    def listed(self, gtin: str) -> Product | None:
        """Return the product with this GTIN, however it is sold; None when the price list does not know it."""
        return self._prices.listed(gtin) if self._prices else None

    def takes(self, code: str) -> bool:
        """Return whether a scanned code may lie in a basket: goods, or a coupon of an offer."""
        return self._prices is not None and (self._prices.product(code) is not None or self._prices.coupon(code))

    def quote(self, basket: Mapping[str, int], member: bool = False) -> Quote | None:
        """Return what a basket costs now, None before the first price list came; raise InvalidValueError for what is not sold here."""
        if self._prices is None:
            return None
        when = occasion(self._clock.now(), self.zone, member)
        key = (tuple(basket.items()), self._prices.version, when)
        if self._quoted is None or self._quoted[0] != key:
            # A screen asks again with every tick; the answer changes with the basket, the list and the minute.
            self._quoted = (key, quote(basket, self._prices, when))
        return self._quoted[1]


def calibration_file(settings: Settings) -> Path:
    """Return where the calibration of this device's cells is kept."""
    return Path(settings.scale.calibration) if settings.scale.calibration else settings.storage.folder / "scale.json"


def zone_of(settings: Settings) -> tzinfo:
    """Return the store's time zone."""
    return ZoneInfo(settings.device.timezone)


def status(parts: Parts, shop: Shop, language: str) -> Status:
    """Return what every screen of this device says."""
    from kiosk.ui.views import Status

    return Status(language, offline=shop.offline, camera_lost=parts.camera_lost, stale_price=shop.prices is None,
                  store=parts.settings.device.store)


def next_language(language: str) -> str:
    """Return the language that the language button turns to."""
    return LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
