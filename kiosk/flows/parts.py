"""What flows are built from, handed in by the service that owns it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.config import Settings
from kiosk.domain.catalog import LANGUAGES, PriceList, Product, TenderPolicy
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

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._version = -1
        self._prices: PriceList | None = None
        self._offline = False
        self._tenders: TenderPolicy | None = None

    def refresh(self) -> None:
        """Read what changed."""
        version = self._store.data_version()
        if version == self._version:
            return
        self._version = version
        with self._store.snapshot() as unit:
            self._prices = unit.prices.current(self._clock.now())
            self._offline = unit.settings.get("link") == "down"
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
        """Return the product with this GTIN, None when it is not sold here."""
        return self._prices.product(code) if self._prices else None


def status(parts: Parts, shop: Shop, language: str) -> Status:
    """Return what every screen of this device says."""
    from kiosk.ui.views import Status

    return Status(language, offline=shop.offline, camera_lost=parts.camera_lost, stale_price=shop.prices is None,
                  store=parts.settings.device.store)


def next_language(language: str) -> str:
    """Return the language that the language button turns to."""
    return LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
