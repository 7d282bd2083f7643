"""The pages for shoppers' phones as flows see them: a way in for a member who is known, and the loop that answers what pages ask."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from kiosk.config import Settings
from kiosk.flows.forget import forget
from kiosk.flows.parts import Parts
from kiosk.phone.counter import Counter
from kiosk.phone.tokens import Tokens
from kiosk.runtime import Clock
from kiosk.storage.vault import Vault

if TYPE_CHECKING:
    from kiosk.phone.server import PhoneServer

log = logging.getLogger(__name__)


class Clerk:
    """What the kiosk does for a page, in its own thread."""

    def __init__(self, parts: Parts, vault: Vault) -> None:
        self._parts, self._vault = parts, vault

    def export(self, member_id: str) -> dict[str, Any] | None:
        """Return all that is kept of a member; the face's numbers stay in the vault."""
        return self._vault.export(member_id)

    def erase(self, member_id: str) -> bool:
        """Destroy a member's template and key, and tell HQ, which tells the other kiosks."""
        log.info("a member erased the own face by phone")
        return forget(self._parts, self._vault, member_id, "phone")


class ShoppersPhone:
    """The open pages of one kiosk."""

    def __init__(self, tokens: Tokens, counter: Counter, server: PhoneServer) -> None:
        self.tokens, self._counter, self._server = tokens, counter, server

    def address_for(self, token: str) -> str:
        """Return what the code on the screen says."""
        return f"{self._server.address}/in/{token}"

    def tick(self, parts: Parts, vault: Vault) -> None:
        """Answer what pages ask."""
        self._counter.serve(Clerk(parts, vault))

    def close(self) -> None:
        """Close the socket."""
        self._server.stop()


def open_phone(settings: Settings, clock: Clock) -> ShoppersPhone | None:
    """Open the pages on the address of [phone]; None when its port is 0. The web server is loaded only then."""
    if not settings.phone.port:
        return None
    from kiosk.phone.app import Pages, make_app
    from kiosk.phone.server import PhoneServer

    tokens, counter = Tokens(clock.monotonic), Counter()
    app = make_app(Pages(tokens, counter, settings.device.store, settings.device.language))
    server = PhoneServer(app, settings.phone)
    log.info("pages for shoppers' phones: %s (HTTP on the shop's Wi-Fi, no TLS)", server.address)
    return ShoppersPhone(tokens, counter, server)
