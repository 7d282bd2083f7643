"""The page behind a receipt's code, and closures of the kiosks beside HQ's own books."""

from __future__ import annotations

import base64
from dataclasses import replace

import httpx
import pytest

from kiosk.domain.events import PeriodClosed, PeriodTotals, SaleLine
from kiosk.domain.receipt import token
from kiosk.hq.ledger import receipts
from tests.hq.conftest import GTIN, sale
from tests.hq.test_console import Site


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.server.stop()
    made.ledger.close()


def offered():
    line = SaleLine(GTIN, 2, 300, 100, 500, 200, "two", "goods", 0, 0, {"two": 100})
    bottle = SaleLine(GTIN, 2, 25, 0, 50, 0, "", "deposit")
    return replace(sale("s9", total=550), lines=(line, bottle), vat={"0": 0, "200": 83})


def closure(net: int, perpetual: int, last: int = 9) -> PeriodClosed:
    return PeriodClosed("day", "2026-03-02", "journal-1", "EUR", 1, last, "ab" * 32,
                        PeriodTotals(2, net, 0, 0, {"200": net}, {"200": net // 6}),
                        PeriodTotals(2, perpetual, 0, 0, {"200": perpetual}, {"200": 1}), "key", base64.b64encode(bytes(64)).decode())


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


def test_words_of_two_receipts_have_nothing_in_common():
    first, second = token(sale("s1")), token(sale("s2"))
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
