"""How the parts of a simulated store come to know each other: an authority, a TLS broker, and kiosks that claim as real ones do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kiosk.errors import WorldError
from kiosk.hq import certificates, claims
from kiosk.hq.ledger.store import open_ledger
from kiosk.hq.stamp import stamp
from kiosk.hq.trust.authority import CLAIM, Purpose, Subject
from kiosk.hq.trust.folder import CA_FILE, Authority, write_file
from kiosk.runtime import SystemClock, new_id
from kiosk.sim.broker import Broker
from kiosk.sync.claim import claim
from kiosk.sync.mqtt import BrokerAddress
from kiosk.sync.trust.identity import Identity, believed_by_claim

HOST = "127.0.0.1"
PATIENCE_S = 60.0
HQ_FILE = "hq.pem"


def hq_arguments(hq: Path) -> tuple[str, ...]:
    """Return what `kiosk hq serve` needs to reach the broker: HQ's own certificate, and the roots."""
    return ("--broker-ca", str(Authority(hq).broker / CA_FILE), "--broker-certificate", str(hq / HQ_FILE))


class Admission:
    """The authority of one simulated HQ, and what it hands out."""

    def __init__(self, hq: Path) -> None:
        """hq: HQ's folder. The authority, the broker's certificate, HQ's own and a claim file are made where there is no authority yet."""
        self.authority, self._ledger = Authority(hq), open_ledger(hq)
        self.root = hq / "ca" / "root"
        self.hq_file, self.claim_file = hq / HQ_FILE, hq / "claim.pem"
        if not self.authority.exists:
            with self._ledger.write() as db:
                now = stamp(SystemClock().now(), new_id)
                certificates.init(db, self.authority, (self.root, ""), now, "sim")
                certificates.issue(db, self.authority, Subject("broker", Purpose.SERVER, (HOST, "localhost")), now, "sim")
                for subject, path in ((Subject("hq", Purpose.HQ), self.hq_file), (Subject(f"{CLAIM}sim", Purpose.CLAIM), self.claim_file)):
                    made, key = certificates.issue(db, self.authority, subject, now, "sim")
                    write_file(path, key + made.chain + self.authority.roots_text(), 0o600)

    @property
    def broker(self) -> Path:
        """The folder that the broker goes by."""
        return self.authority.broker

    def hq_address(self, port: int) -> BrokerAddress:
        """Return how HQ reaches the broker."""
        return BrokerAddress(HOST, port, ca=str(self.broker / CA_FILE), certificate=str(self.hq_file))

    def codes(self, store: str, count: int, *, automatic: bool = True) -> list[str]:
        """Return one-time store codes."""
        with self._ledger.write() as db:
            return claims.make_codes(db, store, count, stamp(SystemClock().now(), new_id), "sim", automatic=automatic)

    def admit(self, store: str, folders: Mapping[str, Path], broker: Broker) -> None:
        """Have devices (name -> folder) claim a certificate where they have none, each with a store code of its own."""
        for device, code in zip(folders, self.codes(store, len(folders)), strict=True):
            self.provision(device, folders[device], broker.port, code)
        broker.apply_trust()

    def revoke(self, device: str) -> None:
        """Let a device in no more."""
        with self._ledger.write() as db:
            certificates.revoke(db, self.authority, device, stamp(SystemClock().now(), new_id), "sim")

    def close(self) -> None:
        """Close HQ's ledger."""
        self._ledger.close()

    def provision(self, device: str, folder: Path, port: int, code: str) -> Identity:
        """Claim a device's certificate into `folder`, as `kiosk provision` does, where there is none; HQ and broker are running."""
        identity = Identity(folder)
        if identity.certificate() is not None:
            return identity
        address = BrokerAddress(HOST, port, ca=str(self.claim_file), certificate=str(self.claim_file))
        for _step in claim(identity, address, (device, code, believed_by_claim(self.claim_file)), SystemClock(), PATIENCE_S):
            pass
        if identity.certificate() is None:
            raise WorldError(f"{device} has no certificate")
        return identity
