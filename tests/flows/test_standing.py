"""Roots that HQ announces: believed once, and the link comes back only where something changed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from kiosk.config import parse
from kiosk.domain.events import Lane
from kiosk.domain.orders import TrustAnnounced
from kiosk.flows.parts import Parts
from kiosk.flows.standing import RENEW, ROOTS_VERSION, Standing, open_identity
from kiosk.hq.trust.authority import Purpose, Subject, read_request
from kiosk.hq.trust.folder import Authority
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.store import Store
from kiosk.wire import decode_batch


class Device:
    """A device with its certificate, and how often its link came back."""

    def __init__(self, folder, parts):
        self.parts, self.reconnects = parts, 0
        self.identity, self.authority = open_identity(parts.settings), Authority(folder / "hq")
        self.root, self.spare = folder / "root", folder / "root-2"
        self.authority.init(self.root, datetime.now(UTC))
        self.roots = self.authority.roots_text()
        _name, public = read_request(self.identity.request("kiosk-1"))
        self.identity.roots.write_text(self.roots)
        self.identity.roots.chmod(0o600)
        self.identity.install("kiosk-1", self.authority.issue(Subject("kiosk-1", Purpose.DEVICE), public, datetime.now(UTC)).chain)
        self.standing = Standing(parts, self.identity, self._reconnect)

    def _reconnect(self):
        self.reconnects += 1

    def hear(self, order):
        """Queue what HQ announced, have the device look, and return the facts that wait for HQ."""
        with self.parts.store.unit() as unit:
            unit.device_orders.add(order)
        self.standing.tick()
        with self.parts.store.snapshot() as unit:
            assert not unit.device_orders.queued(), "it was taken off the queue"
            rows = [(lane, encoded) for lane in Lane for _n, encoded in unit.outbox.batch(lane, 0, 100, 1 << 20)]
        return [fact.event for lane, encoded in rows for fact in decode_batch(f"v1/kiosk-1/up/{lane.value}", encoded)]

    def setting(self, name):
        with self.parts.store.snapshot() as unit:
            return unit.settings.get(name)


@pytest.fixture
def device(tmp_path):
    settings = parse('[device]\nid = "kiosk-1"\nstore = "s"\nroles = ["stock"]\n'
                     f'[storage]\nfolder = "{tmp_path / "state"}"\nreserve_mb = 1\n')
    with closing(Store.open(tmp_path / "state" / "kiosk.db", "kiosk-1", SystemClock(), new_id, 0)) as store:
        yield Device(tmp_path, Parts(settings, store, SystemClock(), new_id))


def another_root(device):
    device.authority.rotate_root(device.root, device.spare, datetime.now(UTC))
    return device.authority.roots_text()


def test_new_roots_are_believed_and_the_link_comes_back_with_them(device):
    both = another_root(device)
    assert device.hear(TrustAnnounced(1, both)) == []
    assert (device.identity.roots.read_text(), device.reconnects, device.setting(ROOTS_VERSION)) == (both, 1, "1")


def test_the_same_version_of_roots_again_is_ignored(device):
    """A rebuilt store begins another downbox, and each begins with the roots: no alarm, no renewal, nothing believed anew."""
    device.hear(TrustAnnounced(3, device.roots))
    assert device.hear(TrustAnnounced(3, another_root(device), renew=True)) == []
    assert (device.identity.roots.read_text(), device.reconnects, device.setting(RENEW)) == (device.roots, 0, None)


def test_the_link_stays_when_a_newer_version_holds_the_same_roots(device):
    assert device.hear(TrustAnnounced(1, device.roots)) == []
    assert device.hear(TrustAnnounced(2, device.roots)) == []
    assert (device.setting(ROOTS_VERSION), device.reconnects) == ("2", 0)


def test_an_older_version_of_roots_is_refused_and_told_to_hq(device):
    device.hear(TrustAnnounced(3, device.roots))
    (refused,) = device.hear(TrustAnnounced(2, another_root(device)))
    assert refused.cause == "rollback" and device.identity.roots.read_text() == device.roots and device.reconnects == 0
