"""Orders that shoppers placed at mirrors: booked once, their address kept with the order alone and only until it is done; stores' stock."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By

from kiosk.domain.catalog import Product
from kiosk.domain.events import StockChanged
from kiosk.domain.money import Money
from kiosk.domain.online import Address, OrderLine, OrderPlaced
from kiosk.errors import InvalidValueError
from kiosk.hq import publish
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger import catalogue, fleet, home
from kiosk.hq.stamp import Stamp
from tests.hq.conftest import Device
from tests.hq.test_console import Site, until, width
from tests.hq.test_console import browser as browser  # noqa: PLC0414 - the fixture

SHIRT, TEA = "4006381333931", "9520000000073"
HOME = Address("Anna Petit", "3 rue des Lilas", "75011", "Paris")


def stamp() -> Stamp:
    ids = iter(f"id-{n}" for n in range(1000))
    return Stamp(1_700_000_000_000, lambda: next(ids))


def order(kind="deliver", address=HOME, order_id="o1") -> OrderPlaced:
    return OrderPlaced(order_id, "M-1042", kind, (OrderLine(SHIRT, 2, 2980),), 2980, "EUR", 7, address)


@pytest.fixture
def hq(ledger):
    with ledger.write() as db:
        for code, garment in ((SHIRT, "shirt_white"), (TEA, "")):
            catalogue.save_product(db, Product(code, {"en": code}, Money(1490, "EUR"), 200, 100.0, garment=garment, style="shirt", size="M",
                                               origin="PT", matches=("jeans",)))
        for device, store in (("mirror-1", "Paris 11"), ("mirror-2", "Lyon")):
            fleet.assign(db, device, store, 0)
    return Ingest(ledger, Money(0, "EUR"))


def test_an_order_is_booked_once_and_its_address_lives_as_long_as_the_order_is_open(hq, ledger):
    device = Device("mirror-1")
    hq.commit([device.send(order()), device.send(order())], stamp())
    with ledger.read() as db:
        (row,) = home.orders(db)
        assert home.address_of(row) == HOME and home.lines_of(row) == (OrderLine(SHIRT, 2, 2980),)
        dump = "\n".join(line for line in db.iterdump())
        facts = [bytes(row[0]) for row in db.execute("SELECT body FROM facts UNION ALL SELECT payload FROM quarantine")]
    assert dump.count("rue des Lilas") == 1 and len(facts) == 2
    assert not any(b"rue des Lilas" in body for body in facts), "the fact that HQ keeps holds no address"
    with ledger.write() as db:
        assert home.finish(db, "o1", "lea") and not home.finish(db, "o1", "lea")
    with ledger.read() as db:
        assert home.orders(db)[0]["state"] == "done" and home.address_of(home.orders(db)[0]) is None
        assert "rue des Lilas" not in "\n".join(db.iterdump())


@pytest.mark.parametrize("wrong", [order("deliver", None), order("reserve"), order("sell", None)])
def test_an_order_that_cannot_be_is_set_aside_and_alarmed_without_its_address(hq, ledger, wrong):
    hq.commit([Device("mirror-1").send(wrong)], stamp())
    with ledger.read() as db:
        assert home.orders(db) == []
        assert "rue des Lilas" not in "\n".join(db.iterdump())


def test_an_address_is_never_printed_and_each_field_is_looked_at():
    assert "Anna" not in repr(HOME) and "Lilas" not in str(order())
    for fields in ({"name": " "}, {"street": "x" * 121}, {"city": "a\nb"}):
        with pytest.raises(InvalidValueError):
            Address(**{"name": "A", "street": "B", "postcode": "C", "city": "D"} | fields)


def test_devices_are_told_what_stores_have_of_garments_and_only_when_it_changed(hq, ledger):
    lyon = Device("mirror-2")
    refills = [StockChanged(slot, code, n, n, "stocking", "refill", 1.0) for slot, code, n in (("G1", SHIRT, 3), ("G2", TEA, 9))]
    hq.commit([lyon.send(*refills)], stamp())
    with ledger.write() as db:
        told = home.count_again(db, catalogue.products(db))
        assert told is not None and told.version == 1 and told.of(SHIRT, but="Paris 11") == (("Lyon", 3),)
        assert told.of(SHIRT, but="Lyon") == () and told.of(TEA) == ()
        assert home.count_again(db, catalogue.products(db)) is None
        assert publish.body(db, "stock", 1) is not None and publish.body(db, "stock", 2) is None
        topics = [topic for topic, _ in publish.manifests(db, "all", lambda _b: b"s", "https://hq")]
    assert topics == ["v1/fleet/all/stock"]


def test_a_product_keeps_its_style_size_origin_and_matches(hq, ledger):
    with ledger.read() as db:
        kept = catalogue.product(db, SHIRT)
    assert kept is not None and (kept.style, kept.size, kept.origin, kept.matches) == ("shirt", "M", "PT", ("jeans",))


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.send(made.pay.send(order()))
    yield made
    made.server.stop()
    made.ledger.close()


@pytest.mark.browser
def test_a_merchant_sees_where_an_order_goes_and_hands_it_over_in_one_click(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/sales?lang=en")
    shown = until(browser, lambda: browser.find_element(By.ID, "placed"))
    assert "M-1042" in shown.text and "3 rue des Lilas" in shown.text and "to be delivered" in shown.text
    shown.find_element(By.TAG_NAME, "button").click()
    until(browser, lambda: "done" in browser.find_element(By.ID, "placed").text)
    assert "Lilas" not in browser.find_element(By.ID, "placed").text
