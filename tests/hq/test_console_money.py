"""The money pages in a real Chromium: a refund, a top-up, the codes that kiosks offer; and what their forms refuse."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from kiosk.domain.events import DeviceHealth, MemberEnrolled
from kiosk.domain.money import Money
from kiosk.hq import wallet
from kiosk.hq.ledger import accounts, catalogue, charges
from kiosk.hq.tenders.setup import open_tenders
from kiosk.sim.payments.service import PaymentServices
from tests.hq.conftest import sale
from tests.hq.test_console import Site, text, until, width
from tests.hq.test_console import browser as browser  # noqa: PLC0414 - the fixture

TILES = ("#exposure b", "#sold-offline b", "#offline-loss b")


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.send(made.pay.send(MemberEnrolled("bruno", "v1", "en", 3), sale("s2", "i2", 600, "wallet_face", "anna")))
    yield made
    made.server.stop()
    made.ledger.close()


def balance(site, account):
    with site.ledger.read() as db:
        assert wallet.balance_check(db).zero
        found = accounts.balance(db, account, "EUR")
    return found[0] if found else 0


@pytest.mark.browser
def test_a_sale_is_given_back_by_piece_then_wholly_and_stands_on_the_statement(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/sales?lang=en")
    browser.find_element(By.LINK_TEXT, "R-s2").click()
    field = until(browser, lambda: browser.find_element(By.NAME, "line-0"))
    field.clear()
    field.send_keys("1")
    browser.find_element(By.ID, "refund-lines").click()
    until(browser, lambda: "€3.00" in text(browser, "#given"))
    assert balance(site, "member:anna") == 1700
    until(browser, lambda: "Refund €3.00" in text(browser, "#refund-all"))
    Select(browser.find_element(By.ID, "reason")).select_by_value("damaged")
    browser.find_element(By.ID, "refund-all").click()
    until(browser, lambda: "All of it was given back" in text(browser, "#lines"))
    assert balance(site, "member:anna") == 2000
    with site.ledger.read() as db:
        assert [(r.amount_minor, r.reason, r.who, r.status) for r in charges.refunds_of(db, "s2")] == [
            (300, "returned", "olga", "done"), (300, "damaged", "olga", "done")]
    browser.get(f"{site.url}/wallet/members/anna?lang=en")
    assert text(browser, "#statement").count("refund") == 2 and "purchase" in text(browser, "#statement")


@pytest.mark.browser
def test_a_wallet_is_topped_up_in_cash_and_mistakes_are_told(site, browser):
    width(browser, 390)
    browser.get(f"{site.url}/wallet?lang=en")
    browser.find_element(By.LINK_TEXT, "bruno").click()
    for typed in ("1.999", "15"):
        field = until(browser, lambda: browser.find_element(By.ID, "amount"))
        field.clear()
        field.send_keys(typed)
        browser.find_element(By.ID, "topup").click()
        if typed == "1.999":
            until(browser, lambda: "more than the 2 decimals" in text(browser, "#error"))
    until(browser, lambda: "€35.00" in text(browser, "#sums"))
    assert browser.find_element(By.ID, "amount").get_attribute("value") == "", "a second touch of the button takes no money"
    assert (balance(site, "member:bruno"), balance(site, "till:store-1")) == (3500, -2000)


@pytest.mark.browser
@pytest.mark.parametrize("at", [1280, 390])
def test_what_is_owed_for_selling_without_hq_and_what_it_cost_is_shown(site, browser, at):
    width(browser, at)
    browser.get(f"{site.url}/wallet?lang=en")
    assert [text(browser, tile) for tile in TILES] == ["€0.00", "€0.00", "€0.00"]
    site.send(site.pay.send(DeviceHealth("1", 9, {}, 0, {}, offline_minor=900)))
    until(browser, lambda: [text(browser, tile) for tile in TILES] == ["€0.00", "€9.00", "€0.00"])
    poor = replace(sale("s3", "i3", 4500, "wallet_face", "bruno"), offline=True)
    site.send(site.pay.send(DeviceHealth("1", 9, {}, 0, {})), site.pay.send(poor))
    until(browser, lambda: [text(browser, tile) for tile in TILES] == ["€25.00", "€0.00", "€25.00"])
    assert [bool(browser.find_elements(By.CSS_SELECTOR, f"{tile.split()[0]}.warm")) for tile in TILES] == [True, False, True]


@pytest.mark.browser
def test_money_pages_fit_wide_and_narrow_in_every_language_and_keep_silent(site, browser):
    browser.get_log("browser")
    for pixels in (1280, 390):
        width(browser, pixels)
        for language in ("fr", "en", "zh"):
            for path in ("wallet", "wallet/members/anna", "sales/s2"):
                browser.get(f"{site.url}/{path}?lang={language}")
                assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), (path, pixels, language)
    assert browser.get_log("browser") == []


def posted(site, path, **fields):
    with site.client() as client:
        return client.post(path, data={"token": site.token(), **fields})


def test_a_form_that_is_sent_twice_gives_back_once_and_never_too_much(site):
    for _ in range(2):
        assert posted(site, "/sales/s1/refund", refund_id="f1", what="all", reason="returned").status_code == 303
    assert balance(site, "till:store-1") == 0
    for fields in ({"what": "all", "refund_id": "f2"}, {"what": "lines", "refund_id": "f3", "line-0": "1"},
                   {"what": "lines", "refund_id": "f4", "line-0": "x"}, {"what": "lines", "refund_id": "f5", "line-7": "1"},
                   {"what": "lines", "refund_id": "f6"}):
        assert posted(site, "/sales/s1/refund", reason="returned", **fields).status_code == 409
    assert posted(site, "/sales/s2/refund", refund_id="f7", what="all", reason="because").status_code == 409
    assert posted(site, "/sales/s-none/refund", refund_id="f8", what="all", reason="returned").status_code == 404
    assert (balance(site, "till:store-1"), balance(site, "member:anna")) == (0, 1400)


def test_a_top_up_that_is_sent_twice_is_put_in_once(site):
    for source in ("funding", "till:store-1"):
        for _ in range(2):
            assert posted(site, "/wallet/members/anna/topup", amount="5", source=source, topup_id=f"form-{source}").status_code == 303
    assert (balance(site, "member:anna"), balance(site, "till:store-1")) == (2400, -1000)
    with site.ledger.write() as db:
        assert [row["act"] for row in catalogue.audit(db)].count("topup") == 2
        charges.set_mandate(db, "anna", "stripe", "cus_1/pm_1", 1)
    for _ in range(2):
        assert posted(site, "/wallet/members/anna/topup", amount="5", source="stripe", topup_id="form-3").status_code == 303
    with site.ledger.read() as db:
        assert [row["intent_id"] for row in charges.recent(db, 9)] == ["topup-form-3"]


def test_only_codes_with_an_account_are_published(site, tmp_path):
    assert posted(site, "/wallet/codes", **{"code-alipay": "1", "lasts": "90"}).status_code == 409
    services = PaymentServices()
    services.write_config(tmp_path / "tenders.toml", "EUR")
    site.tenders.update(open_tenders(tmp_path / "tenders.toml", site.url))
    for lasts, status in (("9", 409), ("x", 409), ("90", 303)):
        assert posted(site, "/wallet/codes", **{"code-alipay": "1", "lasts": lasts}).status_code == status
    with site.ledger.read() as db:
        policy = catalogue.tender_policy(db)
    assert (policy.version, policy.codes, policy.currency, policy.code_lasts_s) == (1, ("alipay",), "EUR", 90)


def test_a_statement_is_a_file_that_a_spreadsheet_reads(site):
    with site.client() as client:
        answer = client.get("/wallet/members/anna/statement.csv")
        assert client.get("/wallet/members/nobody/statement.csv").status_code == 404
        assert client.get("/wallet/members/nobody").status_code == 404
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(r["kind"], r["amount"], r["balance"], r["receipt"]) for r in rows] == [
        ("welcome", "20.00", "20.00", ""), ("capture", "-6.00", "14.00", "R-s2")]


def test_a_top_up_from_nowhere_is_refused(site):
    for amount, source in (("5", "stripe"), ("0", "funding"), ("-1", "funding"), ("x", "till:store-1"), ("5", "till:nowhere"),
                           ("5", "sales:s")):
        assert posted(site, "/wallet/members/anna/topup", amount=amount, source=source).status_code == 409, source
    assert balance(site, "member:anna") == 1400
    with site.ledger.write() as db:
        wallet.top_up(db, "t", "anna", Money(1, "EUR"), 1)
