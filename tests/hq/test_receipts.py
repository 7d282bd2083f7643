"""The page behind a receipt's code, and closures of the kiosks beside HQ's own books."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils import Database

from kiosk.domain import journal
from kiosk.domain.events import JournalHead, PeriodClosed, PeriodTotals, SaleCompleted, SaleLine, Seal
from kiosk.domain.receipt import token
from kiosk.hq import journals
from kiosk.hq.dayend import DayEnds
from kiosk.hq.ledger import facts, receipts
from kiosk.hq.ledger.schema import migrations
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import stamp
from kiosk.runtime import new_id
from kiosk.storage.seal import JournalKey
from kiosk.wire import Envelope, encode_event, encode_value
from tests.hq.conftest import GTIN, Device, sale
from tests.hq.test_console import Site

KEY, OTHER = (JournalKey(Ed25519PrivateKey.generate()) for _ in range(2))
BEFORE = bytes(range(32))

@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    while journals.check_due(made.ledger, 0):
        pass
    yield made
    made.server.stop()
    made.ledger.close()


def offered():
    line = SaleLine(GTIN, 2, 300, 100, 500, 200, "two", "goods", 0, 0, {"two": 100})
    bottle = SaleLine(GTIN, 2, 25, 0, 50, 0, "", "deposit")
    return replace(sale("s9", total=550), lines=(line, bottle), vat={"0": 0, "200": 83})


def signature(key: JournalKey, number: int, kind: str, body: bytes) -> str:
    return base64.b64encode(key.sign(journal.signed(journal.link(BEFORE, number, kind, body)))).decode()


def closure(net: int, perpetual: int, last: int = 9, key: JournalKey = KEY) -> PeriodClosed:
    bare = PeriodClosed("day", "2026-03-02", "journal-1", "EUR", 1, last, BEFORE.hex(),
                        PeriodTotals(2, net, 0, 0, {"200": net}, {"200": net // 6}),
                        PeriodTotals(2, perpetual, 0, 0, {"200": perpetual}, {"200": 1}))
    return replace(bare, key=key.public, signature=signature(key, last + 1, "day", encode_value(bare)))


def sealed(device: Device, sale_: SaleCompleted, key: JournalKey = KEY) -> Envelope:
    """The fact of a sale as a kiosk sends it: the journal's record holds the fact without its seal."""
    fact = device.fact(sale_)
    return replace(fact, event=replace(sale_, seal=Seal(7, BEFORE.hex(), key.public, signature(key, 7, "sale", encode_event(fact)))))


def alarms(site) -> list[str]:
    with site.ledger.read() as db:
        return [row["kind"] for row in facts.alarms(db)]


def test_a_receipt_is_shown_to_whoever_has_its_word_and_to_nobody_else(site):
    made = offered()
    site.send(site.pay.send(made))
    word = token(made)
    page = httpx.get(f"{site.url}/r/{word}?lang=en", headers={"host": "shop.example"})
    assert page.status_code == 200
    for told in ("R-s9", "2 × Water", "€6.00", "−€1.00", "Bottle deposit Water", "€0.50", "€5.50", "20%", "4.17", "0.83", "5.00"):
        assert told in page.text, told
    assert "R-s1" not in page.text and "set-cookie" not in page.headers
    assert (page.headers["referrer-policy"], page.headers["x-robots-tag"]) == ("no-referrer", "noindex")
    for other in (word[:-1] + ("a" if word[-1] != "a" else "b"), word[:-1], made.sale_id, word.upper()):
        lost = httpx.get(f"{site.url}/r/{other}", headers={"host": "shop.example"}, follow_redirects=False)
        assert lost.status_code == 404 and "R-s9" not in lost.text, other
    assert httpx.get(f"{site.url}/sales", headers={"host": "shop.example"}).status_code == 403
    assert httpx.post(f"{site.url}/r/{word}", headers={"host": "shop.example"}).status_code in (403, 405)


def test_a_receipt_shows_the_excerpt_of_the_signature_that_hq_has_checked(site):
    made = sealed(site.pay, offered())
    site.send(site.pay.message(made))
    text = made.event.seal.signature
    page = httpx.get(f"{site.url}/r/{token(made.event)}?lang=en").text
    assert journals.check_due(site.ledger, 0) == 1
    assert re.search(rf"Signature +{re.escape(html.escape(text[2] + text[6] + text[12] + text[18]))}<", page) and alarms(site) == []


@pytest.mark.parametrize("spoil", [
    lambda fact: replace(fact, event=replace(fact.event, total_minor=551)),
    lambda fact: replace(fact, event=replace(fact.event, seal=replace(fact.event.seal, number=8))),
    lambda fact: replace(fact, event=replace(fact.event, seal=replace(fact.event.seal, before="00" * 32))),
    lambda fact: replace(fact, event=replace(fact.event, seal=replace(fact.event.seal, key=OTHER.public))),
    lambda fact: replace(fact, event=replace(fact.event, seal=replace(fact.event.seal, signature="ä", before="x", number=-1))),
], ids=["amount", "number", "predecessor", "key", "nonsense"])
def test_a_sale_whose_signature_does_not_hold_is_booked_alarmed_and_shown_without_one(site, spoil):
    made = spoil(sealed(site.pay, offered()))
    site.send(site.pay.message(made))
    page = httpx.get(f"{site.url}/r/{token(made.event)}?lang=en").text
    assert "R-s9" in page and "Signature" not in page, "shown before anybody looked at it"
    assert "1" in site.client().get("/days?lang=en").text.partition('id="unchecked"')[2].partition("</p>")[0]
    assert journals.check_due(site.ledger, 0) == 1 and "sale_signature" in alarms(site)
    assert journals.check_due(site.ledger, 0) == 0 and 'id="unchecked"' not in site.client().get("/days?lang=en").text
    with site.ledger.read() as db:
        assert db.execute("SELECT count(*) FROM sales WHERE sale_id = 's9'").fetchone()[0] == 1


def test_signatures_are_checked_some_at_a_time_and_the_days_report_waits_for_them(site):
    made = [sealed(site.pay, sale(f"d{n}")) for n in range(5)]
    made[3] = replace(made[3], event=replace(made[3].event, total_minor=499))
    site.send(site.pay.message(*made))
    ends, night = DayEnds(site.ledger, UTC), stamp(datetime(2026, 3, 4, 5, 0, tzinfo=UTC), new_id)
    assert ends.look(night) is None
    assert [journals.check_due(site.ledger, 0, 2) for _turn in range(4)] == [2, 2, 1, 0]
    with site.ledger.read() as db:
        (alarm,) = [row["detail"] for row in facts.alarms(db) if row["kind"] == "sale_signature"]
    assert alarm == "R-d3" and ends.look(night) is not None and ends.look(night) is None


def test_another_key_than_the_one_that_hq_knows_is_alarmed(site):
    digest = journal.link(BEFORE, 3, "sale", b"")
    known = base64.b64encode(KEY.sign(journal.signed(digest))).decode()
    site.send(site.pay.send(JournalHead("sales", "j", 3, digest.hex(), KEY.public, known)))
    site.send(site.pay.message(sealed(site.pay, offered())))
    assert alarms(site) == []
    site.send(site.pay.message(sealed(site.pay, sale("s10"), OTHER)), site.pay.send(closure(500, 500, key=OTHER)))
    assert alarms(site) == ["journal_key"]


@pytest.mark.parametrize("spoil", [
    {"totals": PeriodTotals(2, 400, 0, 0, {"200": 400}, {"200": 83})}, {"perpetual": PeriodTotals()}, {"name": "2026-03-03"}, {"last": 8},
    {"head": "ab" * 32}, {"head": "no"}, {"key": OTHER.public}, {"key": ""}, {"signature": ""}, {"currency": "USD"},
], ids=str)
def test_a_closure_that_the_device_did_not_sign_is_refused(site, spoil):
    site.send(site.pay.send(replace(closure(500, 500), **spoil)))
    with site.ledger.read() as db:
        assert receipts.closures(db) == []
    assert alarms(site) == ["refused"]


def test_receipts_of_before_are_shown_as_they_were_checked_then(tmp_path):
    old = Database(sqlite3.connect(tmp_path / "hq.db", isolation_level=None))
    migrations.apply(old, stop_before="m_checks")
    old.execute("INSERT INTO receipts VALUES (?, 's1', ?)", (token(sale("s1")), encode_value(sale("s1"))))
    old.close()
    with closing(Ledger(tmp_path / "hq.db")) as ledger, ledger.read() as db:
        assert journals.shown(receipts.find(db, token(sale("s1")))) == sale("s1")
        assert receipts.count_unchecked(db) == 0 and receipts.find(db, token(sale("s2"))) is None


def test_words_of_two_receipts_have_nothing_in_common():
    first, second = token(sale("s1")), token(sale("s2"))
    digest = hashlib.sha256(b"kiosk receipt 1\0s1\0").digest()
    assert first == base64.b32encode(digest).decode().lower()[:26], "codes on paper are never made anew"
    assert len({first, second, token(sale("s1", intent="i"))}) == 3
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 8


@pytest.mark.parametrize("language", ["fr", "en", "zh"])
def test_a_receipt_that_is_not_there_says_what_to_do(site, language):
    page = httpx.get(f"{site.url}/r/{'a' * 26}?lang={language}")
    assert page.status_code == 404
    assert {"fr": "en magasin", "en": "in the store", "zh": "到店"}[language] in page.text


def test_a_closed_day_stands_beside_hqs_own_books(site):
    site.send(site.pay.send(closure(500, 500)), site.pay.send(closure(500, 500)))
    page = site.client().get("/days?lang=en").text
    assert page.count("2026-03-02") == 2 and "€5.00" in page and "the same" in page and "on their way" not in page
    with site.ledger.read() as db:
        assert len(receipts.closures(db)) == 1, "the same closure twice is one"
        assert receipts.books_of(db, "pay-1", "EUR") == (500, 0)
    site.send(site.pay.send(closure(700, 1200, 20)))
    assert "sales on their way" in site.client().get("/days?lang=en").text
