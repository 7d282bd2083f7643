"""The pages for shoppers' phones as flows see them: a way in for a member who is known, and the loop that answers what pages ask."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.config import Settings
from kiosk.domain.online import Address
from kiosk.flows.forget import forget
from kiosk.flows.parts import Parts
from kiosk.phone.counter import Counter
from kiosk.phone.tokens import Tokens
from kiosk.phone.visits import Visits
from kiosk.runtime import Clock
from kiosk.storage.vault import Vault

if TYPE_CHECKING:
    from kiosk.phone.server import PhoneServer

log = logging.getLogger(__name__)


class Counterpart(Protocol):
    """The mirror as its shopper's phone sees it; see phone.counter.Clerk."""

    def mirror(self, visit: str, language: str) -> dict[str, Any] | None:
        """Return what is shown to a stay, None when it is over."""

    def press(self, visit: str, target: str) -> bool:
        """Press a button for a stay."""

    def order(self, visit: str, address: Address) -> str:
        """Have a stay's basket delivered; return the order's number."""


class Clerk:
    """What the kiosk does for a page, in its own thread."""

    def __init__(self, parts: Parts, vault: Vault, mirror: Counterpart | None = None) -> None:
        self._parts, self._vault, self._mirror = parts, vault, mirror

    def mirror(self, visit: str, language: str) -> dict[str, Any] | None:
        """Return what the mirror shows to a stay."""
        return self._mirror.mirror(visit, language) if self._mirror is not None else None

    def press(self, visit: str, target: str) -> bool:
        """Press a button of the mirror."""
        return self._mirror is not None and self._mirror.press(visit, target)

    def order(self, visit: str, address: Address) -> str:
        """Have a stay's basket delivered."""
        return self._mirror.order(visit, address) if self._mirror is not None else ""

    def export(self, member_id: str) -> dict[str, Any] | None:
        """Return all that is kept of a member; the face's numbers stay in the vault."""
        return self._vault.export(member_id)

    def erase(self, member_id: str) -> bool:
        """Destroy a member's template and key, and tell HQ, which tells the other kiosks."""
        log.info("a member erased the own face by phone")
        return forget(self._parts, self._vault, member_id, "phone")


class ShoppersPhone:
    """The open pages of one kiosk."""

    def __init__(self, tokens: Tokens, visits: Visits, counter: Counter, server: PhoneServer) -> None:
        self.tokens, self.visits, self._counter, self._server = tokens, visits, counter, server
        self.mirror: Counterpart | None = None

    def address_for(self, token: str) -> str:
        """Return what the code on the screen says."""
        return f"{self._server.address}/in/{token}"

    def visit_address(self, token: str) -> str:
        """Return what the code says that opens a stay's page."""
        return f"{self._server.address}/v/{token}"

    def tick(self, parts: Parts, vault: Vault) -> None:
        """Answer what pages ask."""
        self.visits.tick()
        self._counter.serve(Clerk(parts, vault, self.mirror))

    def close(self) -> None:
        """Close the socket."""
        self._server.stop()


def open_phone(settings: Settings, clock: Clock) -> ShoppersPhone | None:
    """Open the pages on the address of [phone]; None when its port is 0. The web server is loaded only then."""
    if not settings.phone.port:
        return None
    from kiosk.phone.app import make_app
    from kiosk.phone.page import Pages
    from kiosk.phone.server import PhoneServer

    tokens, visits, counter = Tokens(clock.monotonic), Visits(clock.monotonic), Counter()
    app = make_app(Pages(tokens, counter, settings.device.store, settings.device.language, visits))
    server = PhoneServer(app, settings.phone)
    log.info("pages for shoppers' phones: %s (HTTP on the shop's Wi-Fi, no TLS)", server.address)
    return ShoppersPhone(tokens, visits, counter, server)
