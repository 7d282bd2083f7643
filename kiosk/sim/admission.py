"""How the parts of a simulated store come to know each other: an authority, a TLS broker, and kiosks that claim as real ones do."""

from __future__ import annotations

from pathlib import Path

from kiosk.errors import WorldError
from kiosk.hq import certificates, claims
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import stamp
from kiosk.hq.trust.authority import CLAIM, Purpose, Subject
from kiosk.hq.trust.folder import Authority, write_file
from kiosk.runtime import SystemClock, new_id
from kiosk.sync.claim import claim
from kiosk.sync.mqtt import BrokerAddress
from kiosk.sync.trust.identity import Identity, believed_by_claim

HOST = "127.0.0.1"
PATIENCE_S = 60.0


class Admission:
    """The authority of one simulated HQ, and what it hands out."""

    def __init__(self, hq: Path, ledger: Ledger) -> None:
        """hq: HQ's folder. The authority, the broker's certificate, HQ's own and a claim file are made where there is no authority yet."""
        self.authority, self._ledger, self._hq = Authority(hq), ledger, hq
        self.root = hq / "ca" / "root"
        self.hq_file, self.claim_file = hq / "hq.pem", hq / "claim.pem"
        if not self.authority.exists:
            with ledger.write() as db:
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

    @property
    def hq_arguments(self) -> tuple[str, ...]:
        """What `kiosk hq serve` needs to reach the broker."""
        return ("--broker-ca", str(self.broker / "ca.pem"), "--broker-certificate", str(self.hq_file))

    def hq_address(self, port: int) -> BrokerAddress:
        """Return how HQ reaches the broker."""
        return BrokerAddress(HOST, port, ca=str(self.broker / "ca.pem"), certificate=str(self.hq_file))

    def codes(self, store: str, count: int, *, automatic: bool = True) -> list[str]:
        """Return one-time store codes."""
        with self._ledger.write() as db:
            return claims.make_codes(db, store, count, stamp(SystemClock().now(), new_id), "sim", automatic=automatic)

    def provision(self, device: str, folder: Path, port: int, code: str) -> Identity:
        """Claim a device's certificate into `folder`, as `kiosk provision` does; HQ and broker are running."""
        identity = Identity(folder)
        address = BrokerAddress(HOST, port, ca=str(self.claim_file), certificate=str(self.claim_file))
        for _step in claim(identity, address, (device, code, believed_by_claim(self.claim_file)), SystemClock(), PATIENCE_S):
            pass
        if identity.certificate() is None:
            raise WorldError(f"{device} has no certificate")
        return identity
