"""A file of the first version is taken over: each fact keeps its key, id, time and body."""

from __future__ import annotations

import sqlite3
import zlib
from datetime import UTC, datetime

from sqlite_utils import Database, Migrations

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.storage.schema import m001_first_tables

AT = datetime(2026, 5, 4, 3, 2, 1, 123456, UTC)


def former_file(path, make):
    """What version 1 wrote: two epochs, one of them rebuilt from, the first two sales acknowledged."""
    db = sqlite3.connect(path, isolation_level=None)
    first = Migrations("kiosk.device")
    first()(m001_first_tables)
    first.apply(Database(db))  # as version 1 did
    db.execute("INSERT INTO meta VALUES ('device', 'kiosk-1'), ('epoch', 'now')")
    facts = [wire.Envelope(f"{epoch}-{n}", "kiosk-1", epoch, Lane.MONEY, n, "boot-0", AT, make.sale(n))
             for epoch, numbers in (("before", (4, 5)), ("now", (3, 4, 5))) for n in numbers]
    for fact in facts:
        payload = wire.encode_event(fact)
        db.execute("INSERT INTO outbox (epoch, lane, seq, kind, slot, at, crc, payload) VALUES (?, ?, ?, 'SaleCompleted', '', 1.0, ?, ?)",
                   (fact.epoch, fact.lane, fact.seq, zlib.crc32(payload), payload))
    db.execute("INSERT INTO lanes VALUES ('before', 'money', 6, 3, 2), ('now', 'money', 6, 2, 3), ('now', 'health', 9, 8, 0)")
    db.close()
    return facts


def test_what_was_open_is_open_after_the_update(tmp_path, open_store, make):
    former_file(tmp_path / "kiosk.db", make)
    db = sqlite3.connect(tmp_path / "kiosk.db", isolation_level=None)
    db.execute("INSERT INTO basket VALUES (1, ?)", (b"4006381333931*2",))
    db.execute("INSERT INTO intents (intent_id, sale_id, amount_minor, currency, tender, member_id, state)"
               " VALUES ('i', 's', 100, 'EUR', 'wallet_face', 'm', 'asked')")
    db.close()
    with open_store().snapshot() as unit:
        for role in ("pay", "mirror"):  # a device of that time has one of the two
            assert unit.basket.load(role) == b"4006381333931*2" and [i.intent_id for i in unit.intents.unsettled(role)] == ["i"]


def test_facts_keep_their_keys_and_numbers_go_on(tmp_path, open_store, make):
    facts = former_file(tmp_path / "kiosk.db", make)
    store = open_store()
    with store.unit() as unit:
        assert unit.outbox.waiting() == {Lane.MONEY: 5, Lane.STOCK: 0, Lane.HEALTH: 0}
        kept = [wire.decode_batch("v1/kiosk-1/up/money", payload)[0] for _n, payload in unit.outbox.batch(Lane.MONEY, 0, 99, 1 << 20)]
        assert kept == facts
        assert unit.facts.record(make.sale(6)).seq == 6 and unit.facts.record(make.health(1)).seq == 9
        assert unit.outbox.acknowledge("before", Lane.MONEY, 5) == 2 and unit.outbox.acknowledge("now", Lane.MONEY, 4) == 2
        assert unit.outbox.waiting()[Lane.MONEY] == 2
