"""A journal that is cut, written anew or signed by somebody else is found out by what HQ was told before."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.domain import journal
from kiosk.domain.events import DeviceHealth, JournalHead, SaleCompleted
from kiosk.hq.ledger import facts, journals
from kiosk.storage.seal import JournalKey
from tests.hq.conftest import Device, sale

KEY, OTHER = (JournalKey(Ed25519PrivateKey.generate()) for _ in range(2))


def head(number, text=b"", key=KEY, name="j1"):
    digest = journal.link(journal.START, number, "sale", text)
    return JournalHead("sales", name, number, digest.hex(), key.public, base64.b64encode(key.sign(journal.signed(digest))).decode())


def alarms(ledger):
    with ledger.read() as db:
        return [row["kind"] for row in facts.alarms(db)]


def test_a_journal_that_grows_is_kept(ledger, ingest, stamp):
    device = Device()
    ingest.commit([device.send(head(5), head(9), head(9), head(3, name="j2"))], stamp)
    with ledger.read() as db:
        assert [(row["journal"], row["number"], row["key"]) for row in journals.heads(db)] == [("j1", 9, KEY.public), ("j2", 3, KEY.public)]
    assert alarms(ledger) == []


@pytest.mark.parametrize(("told", "alarm"), [
    (head(8), "journal_cut"), (head(9, b"other"), "journal_rewritten"), (head(10, key=OTHER), "journal_key"),
    (replace(head(10), number=11), ""), (replace(head(12), signature="AAAA"), "refused"), (replace(head(12), hash="zz"), "refused"),
    (replace(head(12), key=OTHER.public), "refused"),
])
def test_another_past_than_the_one_that_was_told_is_an_alarm(ledger, ingest, stamp, told, alarm):
    device = Device()
    ingest.commit([device.send(head(9))], stamp)
    ingest.commit([device.send(told)], stamp)
    assert alarms(ledger) == ([alarm] if alarm else [])


def test_a_head_that_only_comes_late_is_no_alarm(ledger, ingest, stamp):
    device = Device()
    early, later = device.fact(head(5)), device.fact(head(9))
    ingest.commit([device.message(later)], stamp)
    ingest.commit([device.message(early)], stamp)
    assert alarms(ledger) == []


def test_what_was_sold_offline_and_what_it_cost_is_told(ledger, ingest, stamp):
    device = Device()
    poor = replace(sale("s1", "i1", 900, "wallet_face", "nobody"), offline=True)
    online = replace(sale("s2", "i2", 700, "wallet_face", "nobody"))
    assert isinstance(poor, SaleCompleted)
    ingest.commit([device.send(DeviceHealth("1", 9, {}, 0, {}, offline_minor=900)), device.send(poor, online)], stamp)
    with ledger.read() as db:
        assert (journals.sold_offline(db), journals.offline_loss(db)) == (900, 900)
    ingest.commit([device.send(DeviceHealth("1", 9, {}, 0, {}))], stamp)
    with ledger.read() as db:
        assert journals.sold_offline(db) == 0
