"""The journal: what was changed, removed or cut off is found and named; periods add up; a new journal says which one it follows."""

from __future__ import annotations

import copy
import io
import os
import random
import stat
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import wire
from kiosk.domain import journal
from kiosk.domain.events import PeriodClosed, PeriodTotals, SaleLine, SaleRefunded
from kiosk.domain.journal import KeyChanged, Opening
from kiosk.errors import StorageError
from kiosk.storage import archive
from kiosk.storage.seal import JournalKey

TEA = "4006381333931"
DAY_1, DAY_2 = date(2026, 1, 31), date(2026, 2, 1)


def sell(store, make, n, total=120):
    sale = make.sale(n, total)
    with store.unit() as unit:
        unit.sales.add(sale)
        unit.journal.append("sale", wire.encode_event(unit.facts.record(sale)))


def give_back(store, n, amount):
    refund = SaleRefunded(f"refund-{n}", f"sale-{n}", f"R-{n}", (SaleLine(TEA, 1, amount, 0, amount, 200, ""),), amount, "EUR", {"200": 10},
                          "wallet_face", "m", "damaged", "lea")
    with store.unit() as unit:
        unit.journal.append("refund", wire.encode_event(unit.facts.record(refund)))


@pytest.mark.parametrize(("tampering", "number", "what"), [
    ("UPDATE journal SET body = x'00' WHERE n = 5", 5, "changed"), ("UPDATE journal SET kind = 'other' WHERE n = 5", 5, "changed"),
    ("DELETE FROM journal WHERE n = 5", 5, "missing"), ("UPDATE journal SET hash = zeroblob(32) WHERE n = 5", 5, "changed"),
    ("UPDATE journal SET signature = zeroblob(64) WHERE n = 5", 5, "signature"), ("DELETE FROM journal WHERE n > 7", 8, "up to 10"),
    ("UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), 'kiosk-1', 'kiosk-2') AS BLOB) WHERE n = 1", 1, "changed"),
])
def test_what_was_changed_or_removed_is_named(store, tampering, number, what):
    with store.unit() as unit:
        assert [unit.journal.append("staff", bytes([n])) for n in range(9)] == list(range(2, 11))
        assert unit.journal.verify() is None
    store._book.db.execute(tampering)
    with store.snapshot() as unit:
        fault = unit.journal.verify()
    assert fault.number == number and what in str(fault)


def test_records_that_differ_only_in_where_a_field_ends_have_different_hashes():
    hashes = {journal.link(journal.START, 1, kind, body) for kind, body in [("a", b"bc"), ("ab", b"c"), ("abc", b"")]}
    assert len(hashes) == 3


def test_commands_of_root_sign_with_the_systems_key_and_make_no_other(tmp_path):
    state, system = tmp_path / "state", tmp_path / "journal.key"
    state.mkdir()
    system.write_bytes(bytes(range(32)))
    system.chmod(0o600)
    known = JournalKey.open(state, system).public
    assert known == JournalKey.open(tmp_path, tmp_path / "none").public and not list(state.iterdir())
    own = JournalKey.open(state, tmp_path / "none").public
    assert own != known and JournalKey.open(state, system).public == own, "a key that was there before goes on signing"


def test_who_rewrites_the_whole_chain_without_the_key_is_found(store, make, tmp_path):
    for n in range(3):
        sell(store, make, n)
    (tmp_path / "elsewhere").mkdir()
    other = JournalKey.open(tmp_path / "elsewhere")
    place, db = journal.Place(), store._book.db
    with store.snapshot() as unit:
        records = list(unit.journal.records())
    for record in records:
        body = record.body.replace(b'"total_minor":120', b'"total_minor":100')
        digest = journal.link(place.hash, record.number, record.kind, body)
        db.execute("UPDATE journal SET body = ?, hash = ?, signature = ? WHERE n = ?",
                   (body, digest, other.sign(journal.signed(digest)), record.number))
        place = journal.Place(record.number, digest)
    with store.snapshot() as unit:
        assert str(unit.journal.verify()) == "record 1: its signature is not that of the device"


def test_the_first_record_says_whose_journal_it_is_and_another_key_is_recorded(open_store, make, tmp_path):
    store = open_store()
    sell(store, make, 1)
    key = tmp_path / "journal.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with store.snapshot() as unit:
        opening = unit.journal.opening()
        assert isinstance(opening, Opening) and (opening.device, opening.chain, opening.predecessor) == ("kiosk-1", "sales", None)
    store.close()
    key.unlink()
    store = open_store()
    sell(store, make, 2)
    sell(store, make, 3)
    with store.snapshot() as unit:
        assert [record.kind for record in unit.journal.records()] == ["opened", "sale", "key", "sale", "sale"]
        changed = wire.decode_value(next(unit.journal.records(3)).body, KeyChanged)
        assert changed.key != opening.key and unit.journal.verify() is None


def test_a_key_that_others_read_or_that_is_damaged_is_refused(open_store, tmp_path):
    open_store().close()
    key = tmp_path / "journal.key"
    key.chmod(0o640)
    with pytest.raises(StorageError, match="chmod 600"):
        open_store()
    key.chmod(0o600)
    key.write_bytes(b"short")
    with pytest.raises(StorageError, match="32"):
        open_store()


def test_a_credential_of_systemd_counts_before_the_file(open_store, tmp_path, monkeypatch):
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "journal.key").write_bytes(os.urandom(32))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    open_store()
    assert not (tmp_path / "journal.key").exists()


def close(store, today, by_hand=False):
    with store.unit() as unit:
        return unit.closures.close(today, by_hand)


def test_days_months_and_the_perpetual_total_add_up(store, make):
    assert close(store, DAY_1) == []
    sell(store, make, 1, 120)
    sell(store, make, 2, 240)
    give_back(store, 1, 60)
    by_hand = close(store, DAY_1, by_hand=True)
    assert [(c.period, c.name, c.first, c.last) for c in by_hand] == [("day", "2026-01-31", 1, 4)]
    assert (by_hand[0].totals.sales, by_hand[0].totals.sales_minor, by_hand[0].totals.refunds_minor) == (2, 360, 60)
    assert by_hand[0].totals.vat == {"200": 24}
    sell(store, make, 3, 50)
    closed = close(store, DAY_2)
    assert [(c.period, c.name, c.totals.sales_minor, c.perpetual.sales_minor, c.perpetual.refunds_minor) for c in closed] == [
        ("day", "2026-01-31", 50, 410, 60), ("month", "2026-01", 410, 410, 60)]
    assert close(store, DAY_2) == [], "a day is closed once"
    sell(store, make, 4, 10)
    last = close(store, date(2027, 1, 1))
    assert [(c.period, c.name, c.totals.sales_minor, c.perpetual.sales_minor) for c in last] == [
        ("day", "2026-02-01", 10, 420), ("month", "2026-02", 10, 420), ("year", "2026", 420, 420)]
    with store.snapshot() as unit:
        assert unit.journal.verify() is None
        told = [item for item in (wire.decode_batch("v1/kiosk-1/up/money", body)[0].event
                                  for _n, body in unit.outbox.batch("money", 0, 100, 10**6)) if isinstance(item, PeriodClosed)]
    assert told == by_hand + closed + last


def test_a_day_without_sales_is_closed_all_the_same(store):
    close(store, DAY_1)
    with store.unit() as unit:
        unit.journal.append("staff", b"{}")
    (closed, month) = close(store, DAY_2)
    assert (closed.currency, closed.totals.sales, month.period) == ("XXX", 0, "month")


def test_a_sale_that_cannot_be_read_does_not_stop_the_day_but_is_named(store):
    close(store, DAY_1)
    with store.unit() as unit:
        unit.journal.append("sale", b"{}")
    assert close(store, DAY_1, by_hand=True)[0].totals.sales == 0
    with store.snapshot() as unit:
        assert unit.tallies.all() == {"journal_unreadable": 1}
        assert str(unit.journal.verify()).startswith("record 2: its text cannot be read")


def test_two_currencies_are_never_added(store, make):
    close(store, DAY_1)
    sell(store, make, 1, 120)
    with store.unit() as unit:
        unit.journal.append("sale", wire.encode_event(unit.facts.record(replace(make.sale(2, 900), currency="HUF"))))
    assert [(c.currency, c.totals.sales_minor) for c in close(store, DAY_1, by_hand=True)] == [("EUR", 120), ("HUF", 900)]
    sell(store, make, 3, 30)
    assert [(c.currency, c.totals.sales_minor, c.perpetual.sales_minor) for c in close(store, DAY_1, by_hand=True)] == [
        ("EUR", 30, 150), ("HUF", 0, 900)]


def test_training_has_a_chain_of_its_own_and_is_in_no_total(store, make):
    close(store, DAY_1)
    sell(store, make, 1, 120)
    with store.unit() as unit:
        assert unit.training.append("training_sale", wire.encode_value(make.sale(9, 9999))) == 2
        assert unit.training.verify() is None and unit.training.opening().chain == "training"
    (closed,) = close(store, DAY_1, by_hand=True)
    assert closed.totals.sales_minor == 120


@pytest.mark.parametrize("damaged", ["outbox", "journal", "journal_own"])
def test_a_rebuilt_journal_says_what_it_follows_and_its_total_does_not_go_back(open_store, make, tmp_path, damaged):
    store = open_store()
    close(store, DAY_1)
    for n in range(30):
        sell(store, make, n, 100)
    close(store, DAY_1, by_hand=True)
    for n in range(30, 40):
        sell(store, make, n, 100)
    with store.snapshot() as unit:
        head, former = unit.journal.head(), unit.journal.opening().journal
    store._book.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root = store._book.number("SELECT rootpage FROM sqlite_master WHERE name = ?", damaged)
    store.close()
    with (tmp_path / "kiosk.db").open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(os.urandom(4096))
    store = open_store()
    assert store.rebuilt
    with store.snapshot() as unit:
        followed = unit.journal.opening().predecessor
        assert followed.file == "kiosk.db.damaged-1" and unit.journal.verify() is None
    if damaged == "outbox":
        assert (followed.journal, followed.last, followed.head) == (former, head.number, head.hash.hex())
    sell(store, make, 50, 7)
    (closed,) = close(store, DAY_1, by_hand=True)
    if damaged == "outbox":
        assert (closed.totals.sales_minor, closed.perpetual.sales_minor) == (1007, 4007)


def day_of_sales(store, make, n=40):
    """A day as a shop has it: sales, refunds, staff, a setting, its closure; then the beginning of the next."""
    close(store, DAY_1)
    for number in range(n):
        sell(store, make, number, 100 + number)
    give_back(store, 1, 60)
    with store.unit() as unit:
        unit.journal.append("staff", b'{"act":"opened"}')
        unit.journal.setting("pricelist", "8")
    close(store, DAY_2)
    sell(store, make, 1000)


def exported(store, first=1, last=2**40):
    with store.snapshot() as unit:
        return list(archive.write(unit.journal, first, last))


def test_an_archive_proves_itself_and_a_later_one_begins_in_the_middle(store, make):
    day_of_sales(store, make)
    lines = exported(store)
    reader, fault = archive.check(lines)
    assert fault is None and (reader.records, reader.head.device, reader.head.first) == (47, "kiosk-1", 1)
    reader, fault = archive.check(exported(store, 20, 46), reader.head.key)
    assert fault is None and reader.records == 27
    other = JournalKey(Ed25519PrivateKey.generate()).public
    assert "another key" in str(archive.check(lines, other)[1])


def test_every_byte_of_a_day_counts(store, make):
    """One bit of each byte of the day's archive is flipped; each time the record is named in which it lies."""
    day_of_sales(store, make, 22)
    lines = exported(store)
    rng, readers, named = random.Random(5), [archive.Reader()], set()
    for line in lines:  # where a reader stands before each line, so that not all is read again for each byte
        reader = copy.deepcopy(readers[-1])
        assert reader.take(line) is None
        readers.append(reader)
    rest = [exported(store, 1, 3)[1:] if at == 0 else lines[at + 1:at + 2] for at in range(len(lines))]
    lines[0] = exported(store, 1, 3)[0]  # only the end tells what is wrong with the head: a short archive for its bytes
    for at, line in enumerate(lines):
        for place in range(len(line)):
            spoilt = bytearray(line)
            spoilt[place] ^= 1 << rng.randrange(8)
            reader = copy.deepcopy(readers[at])
            parts = io.BytesIO(b"".join([bytes(spoilt), *rest[at]]))
            fault = next((found for part in parts if (found := reader.take(part))), None) or reader.close()
            assert fault is not None, (at, place, bytes(spoilt))
            assert fault.number in ((0, 1) if at == 0 else (at, 0) if at == len(lines) - 1 else (at,)), (at, place, str(fault))
            named.add(fault.number)
    assert sum(map(len, lines)) > 20_000 and named >= set(range(1, len(lines) - 1))


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda lines: lines[:-1], "the end of the file was cut off"), (lambda lines: lines[:20], "record 20: is missing"),
    (lambda lines: lines[:9] + lines[10:], "record 9: is missing"), (lambda lines: [*lines, lines[5]], "after the end"),
    (lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]], "record 5: is missing"), (lambda lines: lines[1:], "the first line"),
    (lambda lines: [lines[0].replace(b"kiosk-1", b"kiosk-9"), *lines[1:]], "of another journal"),
    (lambda lines: [lines[0].replace(b"2026", b"2025"), *lines[1:]], "the first or the last line was changed"),
])
def test_an_archive_that_was_cut_or_shuffled_is_told(store, make, spoil, told):
    day_of_sales(store, make)
    assert told in str(archive.check(spoil(exported(store)))[1])


def test_a_closure_that_says_something_else_than_its_records_is_told(store, make):
    """Whoever holds the key could sign a wrong closure: it still has to be what its records add up to."""
    day_of_sales(store, make, 5)
    with store.unit() as unit:
        opening, head = unit.journal.opening(), unit.journal.head()
        nine = PeriodTotals(1, 9)
        wrong = PeriodClosed("day", "2026-02-01", opening.journal, "EUR", 12, head.number, head.hash.hex(), nine, nine)
        unit.journal.append("day", wire.encode_value(wrong))
        assert "its records add up to PeriodTotals(sales=1, sales_minor=120" in str(unit.journal.verify())
    with pytest.raises(StorageError, match="does not hold"):
        exported(store)
