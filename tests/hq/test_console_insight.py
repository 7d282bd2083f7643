"""The pages for whoever decides what stands where, in a real Chromium: a product's stock and cost of service, sizes of packs."""

from datetime import UTC

import httpx
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from kiosk.design.words import table
from kiosk.domain.staff import Role
from kiosk.hq.api import make_api
from kiosk.hq.console import sessions
from kiosk.hq.console.app import make_app
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.console.render import Desk
from kiosk.hq.console.server import WebServer
from kiosk.hq.ledger import assortment, people, supply
from kiosk.hq.ledger.store import Ledger
from kiosk.runtime import ManualClock, new_id
from tests.hq.test_console import CUT, browser, text, until, width  # noqa: F401 - the browser is a fixture
from tests.hq.test_insight import TODAY, fill, shelf

NOW_S = TODAY * 86_400.0 + 36_000


class Site:
    """A running console over a chain and a shelf with their pasts, and the word of somebody who is logged in."""

    def __init__(self, folder):
        self.ledger, watch = Ledger(folder / "hq.db"), Ledger(folder / "hq.db")
        clock = ManualClock()
        clock.move(NOW_S - clock.now().timestamp())
        desk = Desk(self.ledger, watch, clock, new_id, UTC, "EUR", None, None)
        with self.ledger.write() as db:
            fill(db)
            shelf(db)
            people.put(db, ("mia", (Role.MERCHANT,), "no digest: nobody logs in with it", False, desk.stamp().at_ms))
            self.word = sessions.open_session(db, "mia", desk.stamp())
        self.server = WebServer(make_app(desk, make_api(self.ledger, desk.stamp, "token")), 0, desk.closing)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.server.start()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("insight"))
    yield made
    made.server.stop()
    made.ledger.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["fr", "en", "zh"])
def test_sizes_of_packs_are_not_cut_off_on_a_small_laptop(site, browser, language):  # noqa: F811
    width(browser, 1024)
    browser.get(f"{site.url}/packs?lang={language}")
    assert "%" in text(browser, "#packs table") and browser.execute_script(CUT) == []


@pytest.mark.browser
def test_a_product_is_two_clicks_away_and_answers_what_98_percent_would_cost(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.get(f"{site.url}/fleet?lang=en")
    browser.find_element(By.CSS_SELECTOR, "nav a[href='/stock']").click()
    browser.find_element(By.LINK_TEXT, "Apple A1").click()
    until(browser, lambda: text(browser, "h1") == "Apple A1")
    assert "Empty around" in text(browser, "#runs-out") and "order at" in text(browser, "#fan")
    assert browser.execute_script("return document.querySelectorAll('#fan polygon').length") == 2
    first = text(browser, "#cost")
    assert "More pieces on the shelf: " in first and ", worth €" in first
    assert "95 % of the demand served with" in first and "98 % of the demand served" in first
    field = browser.find_element(By.NAME, "compared")
    field.clear()
    field.send_keys("90", "\n")
    until(browser, lambda: "90 % of the demand served" in text(browser, "#cost"))
    assert "90 % served" in text(browser, "#curve") and "What would 90 % cost me?" in text(browser, "#item")


@pytest.mark.browser
def test_advice_names_the_store_its_interval_and_the_lines_behind_it(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.get(f"{site.url}/fleet?lang=en")
    browser.find_element(By.CSS_SELECTOR, "nav a[href='/packs']").click()
    until(browser, lambda: "More small packs" in text(browser, "#advice-1"))
    assert "120 stores" in text(browser, "#packs") and "was expected, from" in text(browser, "#advice-1")
    assert "Crisps p" not in text(browser, "#advice-1")
    browser.find_element(By.CSS_SELECTOR, "#advice-1 summary").click()
    assert "Crisps p" in text(browser, "#advice-1") and "days on the shelf" in text(browser, "#advice-1")
    Select(browser.find_element(By.ID, "clusters")).select_by_value("3")
    browser.find_element(By.CSS_SELECTOR, ".head-side button").click()
    until(browser, lambda: "group 3, 40 stores" in text(browser, "#packs"))


@pytest.mark.browser
def test_insight_fits_wide_and_narrow_in_every_language_and_keeps_silent(site, browser):  # noqa: F811
    browser.get_log("browser")
    for pixels in (1280, 390):
        width(browser, pixels)
        for language in ("fr", "en", "zh"):
            for page, title in (("packs", table()["console.nav.packs"][language]),
                                ("stock/shelf-1/A1", {"fr": "Pomme A1", "en": "Apple A1", "zh": "苹果A1"}[language])):
                browser.get(f"{site.url}/{page}?lang={language}")
                assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), (page, pixels, language)
                assert text(browser, "h1") == title
    assert browser.get_log("browser") == []


@pytest.mark.browser
def test_what_is_not_there_and_what_cannot_be_asked(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.get(f"{site.url}/stock/shelf-1/Z9")
    assert "there is no such slot" in text(browser, "body")
    browser.get(f"{site.url}/stock/shelf-1/A1?lang=en&service=999&lead=x&review=0")
    assert [browser.find_element(By.NAME, name).get_attribute("value") for name in ("service", "lead", "review")] == ["99", "1", "1"]


def test_a_past_that_is_made_up_is_called_so(site):
    pages = ("packs", "stock/shelf-1/A1")

    def told():
        got = [httpx.get(f"{site.url}/{page}?lang=en", cookies={SESSION_COOKIE: site.word}).text for page in pages]
        return ["Sales before 4 Oct are simulated" in text for text in got]

    assert told() == [False, False]
    with site.ledger.write() as db:
        supply.put_setting(db, assortment.SIMULATED, str(TODAY))
    assert told() == [True, True]
