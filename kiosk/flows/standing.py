"""How this device stands with HQ: its certificate renewed in time, the roots that HQ announced believed, all over the durable lanes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from kiosk.config import Settings
from kiosk.domain.orders import CertificateIssued, TrustAnnounced
from kiosk.domain.standing import CertificateRequested, DownlinkRefused
from kiosk.errors import TrustError
from kiosk.flows.parts import Parts
from kiosk.storage.store import Unit
from kiosk.sync.mqtt import BrokerAddress
from kiosk.sync.trust.identity import Identity

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
ASK_AGAIN_S = 24 * 3600.0
ASKED, ROOTS_VERSION, RENEW = "certificate_asked", "roots_version", "certificate_renew"


def open_identity(settings: Settings) -> Identity:
    """Open the folder of this device's key and certificate."""
    folder = Path(settings.broker.identity) if settings.broker.identity else settings.storage.folder / "identity"
    return Identity(folder, os.environ.get("CREDENTIALS_DIRECTORY", ""))


def broker_address(settings: Settings) -> BrokerAddress:
    """Return where the broker is and how it knows this device: by its certificate, or without TLS by a password."""
    given, identity = settings.broker, open_identity(settings)
    if not given.tls:
        return BrokerAddress(given.host, given.port, given.username or settings.device.id, given.password.reveal(), given.version)
    return BrokerAddress(given.host, given.port, version=given.version, ca=str(identity.roots), certificate=str(identity.file),
                         key_password=identity.passphrase)


def hq_key(settings: Settings) -> str:
    """Return HQ's public signing key: of kiosk.toml, or as it was claimed. Raises TrustError when there is none."""
    known = settings.hq.public_key or open_identity(settings).hq_key
    if not known:
        raise TrustError(f"device {settings.device.id} knows no key of HQ's: `kiosk provision`, or hq.public_key in kiosk.toml")
    return known


class Standing:
    """Looks after the certificate of a device, in the sync process."""

    def __init__(self, parts: Parts, identity: Identity, reconnect: Callable[[], None]) -> None:
        """reconnect: has the link to the broker come back with the new certificate."""
        self._parts, self._identity, self._reconnect = parts, identity, reconnect
        self._looked_s = float("-inf")
        self._version = -1

    def tick(self) -> None:
        """Look now and then, and at once when somebody wrote; does nothing on a device without a certificate."""
        now, version = self._parts.clock.monotonic(), self._parts.store.data_version()
        if version == self._version and now - self._looked_s < LOOK_EVERY_S:
            return
        self._version, self._looked_s = version, now
        if self._identity.file.exists():
            self._obey()
            self._renew()

    def _obey(self) -> None:
        with self._parts.store.snapshot() as unit:
            orders = unit.device_orders.queued()
        for number, order in orders:
            if not isinstance(order, CertificateIssued | TrustAnnounced):
                continue
            try:
                changed = self._install(order) if isinstance(order, CertificateIssued) else self._believe(order)
            except TrustError as error:
                log.error("%s: %s", self._parts.settings.device.id, error)
                changed = False
            with self._parts.store.unit(use_reserve=True) as unit:
                unit.device_orders.done(number)
            if changed:
                self._reconnect()

    def _install(self, order: CertificateIssued) -> bool:
        device = self._parts.settings.device.id
        self._identity.install(device, order.chain)
        with self._parts.store.unit(use_reserve=True) as unit:
            unit.settings.put(RENEW, "")
        held = self._identity.certificate()
        log.info("%s: has a new certificate%s", device, f" until {held.ends:%Y-%m-%d}" if held else "")
        return True

    def _believe(self, order: TrustAnnounced) -> bool:
        with self._parts.store.snapshot() as unit:
            known = int(unit.settings.get(ROOTS_VERSION) or "0")
        if order.version == known:
            return False  # a rebuilt store begins another downbox, and each begins with the roots
        if order.version < known:
            with self._parts.store.unit(use_reserve=True) as unit:
                unit.facts.record(DownlinkRefused("rollback", "trust", f"version {order.version} came after {known}"))
            return False
        before = self._identity.roots.read_text()
        self._identity.believe(order.roots)
        with self._parts.store.unit(use_reserve=True) as unit:
            unit.settings.put(ROOTS_VERSION, str(order.version))
            if order.renew:
                unit.settings.put(RENEW, "wanted")
        log.info("%s: goes by HQ's roots, version %d", self._parts.settings.device.id, order.version)
        return self._identity.roots.read_text() != before

    def _renew(self) -> None:
        clock, device = self._parts.clock, self._parts.settings.device.id
        with self._parts.store.snapshot() as unit:
            wanted = unit.settings.get(RENEW) == "wanted"
            if not wanted and not self._identity.due(clock.now()):
                return
            if self._has_asked(unit):
                return
        request = self._identity.request(device)
        with self._parts.store.unit(use_reserve=True) as unit:
            unit.facts.record(CertificateRequested(request))
            unit.settings.put(ASKED, f"{self._identity.waiting_key()}@{clock.now().timestamp():.0f}")
        log.info("%s: asks for its next certificate", device)

    def _has_asked(self, unit: Unit) -> bool:
        """Whether HQ was asked with the key that waits, less than a day ago."""
        key, _at, moment = (unit.settings.get(ASKED) or "").partition("@")
        waiting = self._identity.waiting_key()
        return bool(waiting) and key == waiting and abs(self._parts.clock.now().timestamp() - float(moment or 0)) < ASK_AGAIN_S
