"""What a person at the console meets during a day: many tabs, a session that ends, HQ that restarts behind a proxy, forms with files."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from kiosk.domain.money import Money
from kiosk.hq import publish
from kiosk.hq.console.server import WebServer
from kiosk.hq.ledger import catalogue, people
from kiosk.hq.ledger import garments as kept
from tests.hq.conftest import GTIN, sale
from tests.hq.test_console import browser, site, text, until, width  # noqa: F401
from tests.hq.test_garments import photo

TABS = 8
"""More than a browser's six connections to one host."""


@pytest.mark.browser
def test_a_garment_is_uploaded_corrected_and_removed_by_hand(site, browser, tmp_path):  # noqa: F811
    width(browser, 1280)
    (tmp_path / "tee.png").write_bytes(photo())
    browser.get(f"{site.url}/garments?lang=en")
    browser.find_element(By.NAME, "name").send_keys("tee")
    browser.find_element(By.NAME, "file").send_keys(str(tmp_path / "tee.png"))
    browser.find_element(By.ID, "make").click()
    until(browser, lambda: browser.current_url == f"{site.url}/garments/tee")
    mark = browser.find_element(By.CSS_SELECTOR, "[data-mark='left.armpit']")
    ActionChains(browser).drag_and_drop_by_offset(mark, 4, 3).perform()
    browser.find_element(By.ID, "save").click()
    until(browser, lambda: "v2" in text(browser, "#head-side"))
    browser.find_element(By.CSS_SELECTOR, "form[action$='/remove'] button").click()
    until(browser, lambda: browser.current_url == f"{site.url}/garments")
    with site.ledger.read() as db:
        assert kept.rows(db) == []


@pytest.mark.browser
def test_of_two_people_who_change_a_price_the_second_sees_what_the_first_did(site, browser):  # noqa: F811
    def price() -> int:
        with site.ledger.read() as db:
            return catalogue.product(db, GTIN).price.minor

    width(browser, 1280)
    browser.get(f"{site.url}/products?lang=en")
    field = browser.find_element(By.CSS_SELECTOR, f"#product-{GTIN} [name=price]")
    field.clear()
    field.send_keys("1.45")
    with site.ledger.write() as db:
        publish.set_price(db, GTIN, Money(180, "EUR"), site.stamp(), "anna")
    field.send_keys("\n")
    until(browser, lambda: "Somebody has just set €1.80" in text(browser, "#error"))
    assert price() == 180 and field.get_attribute("value") == "1.80"
    field.clear()
    field.send_keys("1.45\n")
    until(browser, lambda: price() == 145)


@pytest.mark.browser
def test_the_menu_shows_where_the_keyboard_is_and_nothing_stands_on_anything(site, browser):  # noqa: F811
    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"[0-9]+", colour)[:3]]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    width(browser, 1280)
    browser.get(f"{site.url}/replenishment?lang=fr")
    ActionChains(browser).send_keys(Keys.TAB, Keys.TAB).perform()
    ring, ground = browser.execute_script("return [getComputedStyle(document.activeElement).outlineColor,"
                                          " getComputedStyle(document.querySelector('.side')).backgroundColor]")
    assert browser.execute_script("return document.activeElement.matches('nav a')")
    assert (light(ring) + 0.05) / (light(ground) + 0.05) >= 3, "WCAG 2.2, 1.4.11"
    close = browser.execute_script("""const at = (css) => document.querySelector(css).getBoundingClientRect();
        const [button, head] = [at("#supplier form button"), at("#supplier > form + h2")];
        const [field, set] = [at("#supplier input[name=limit]"), at("#supplier form:last-of-type button")];
        return [head.top - button.bottom, Math.max(set.top - field.bottom, set.left - field.right)]""")
    assert min(close) >= 8
    browser.get(f"{site.url}/sales?lang=fr")
    assert text(browser, "#days thead").split() == ["Jour", "Magasin", "Ventes", "Total"]


@pytest.mark.browser
def test_nothing_in_a_table_is_cut_off_on_a_phone(site, browser):  # noqa: F811
    site.send(site.pay.send(sale("s2", "i2", 600, "wallet_face", "anna")))
    beyond = """return [...document.querySelectorAll(".card td *")].filter((e) => {
        const inner = e.getBoundingClientRect(), card = e.closest(".card").getBoundingClientRect();
        return inner.width > 1 && (inner.left < card.left || inner.right > card.right + 1);
    }).map((e) => e.innerText)"""
    width(browser, 390)
    for page in ("fleet", "sales", "sales/s2", "wallet", "wallet/members/anna", "members", "users", "products", "devices/pay-1", "alarms"):
        browser.get(f"{site.url}/{page}?lang=fr")
        assert browser.execute_script(beyond) == [], page


@pytest.mark.browser
def test_a_page_opens_in_the_eighth_tab_and_a_tab_that_is_looked_at_again_is_fresh(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.set_page_load_timeout(25)
    first, tabs = browser.current_window_handle, []
    browser.get(f"{site.url}/sales?lang=en")
    try:
        for _ in range(TABS - 1):
            browser.switch_to.new_window("tab")
            tabs.append(browser.current_window_handle)
            browser.get(f"{site.url}/sales?lang=en")
        until(browser, lambda: "on" in browser.find_element(By.ID, "pulse").get_attribute("class").split())
        site.send(site.pay.send(sale("s2", total=998)))
        for tab in (tabs[-1], first):
            browser.switch_to.window(tab)
            until(browser, lambda: "€9.98" in text(browser, "#sales"))
    finally:
        for tab in tabs:
            browser.switch_to.window(tab)
            browser.close()
        browser.switch_to.window(first)


@pytest.mark.browser
def test_a_page_whose_session_has_ended_shows_the_way_in_instead_of_old_figures(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.get(f"{site.url}/sales?lang=en")
    until(browser, lambda: "on" in browser.find_element(By.ID, "pulse").get_attribute("class").split())
    with site.ledger.write() as db:
        people.end_sessions(db, "olga")
    site.send(site.pay.send(sale("s2", total=998)))
    until(browser, lambda: browser.current_url == f"{site.url}/login?next=/sales%3Flang%3Den")


@pytest.mark.browser
def test_a_form_of_a_session_that_has_ended_leads_to_the_way_in(site, browser):  # noqa: F811
    width(browser, 1280)
    browser.get(f"{site.url}/replenishment?lang=fr")
    until(browser, lambda: "on" in browser.find_element(By.ID, "pulse").get_attribute("class").split())
    browser.execute_script("live.close()")  # nothing tells this page before its form does
    until(browser, lambda: not browser.execute_script("return fetching"))
    with site.ledger.write() as db:
        people.end_sessions(db, "olga")
    browser.find_element(By.CSS_SELECTOR, "#ask-r1 [value=approve]").click()
    until(browser, lambda: browser.current_url.startswith(f"{site.url}/login"))
    assert site.requests()["state"] == "open"


class Proxy(BaseHTTPRequestHandler):
    """What stands before HQ and answers 502 while HQ restarts."""

    asked: threading.Event

    def do_GET(self) -> None:
        self.send_error(502)

    def do_POST(self) -> None:
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        self.asked.set()


@pytest.mark.browser
def test_a_page_is_live_again_after_hq_has_restarted_behind_a_proxy(site, browser):  # noqa: F811
    def shown() -> list[str]:
        return browser.find_element(By.ID, "pulse").get_attribute("class").split()

    width(browser, 1280)
    browser.get(f"{site.url}/replenishment?lang=fr")
    until(browser, lambda: "on" in shown())
    port = site.server.port
    site.server.stop()
    Proxy.asked = asked = threading.Event()
    proxy = ThreadingHTTPServer(("127.0.0.1", port), Proxy)
    serving = threading.Thread(target=proxy.serve_forever)
    serving.start()
    try:
        until(browser, lambda: asked.is_set() and "on" not in shown())
        browser.find_element(By.CSS_SELECTOR, "#ask-r1 [value=approve]").click()
        until(browser, lambda: "Le siège ne répond pas" in text(browser, "#error"))
    finally:
        proxy.shutdown()
        serving.join()
        proxy.server_close()
    site.app.state.desk.closing.clear()
    site.server = WebServer(site.app, port, site.app.state.desk.closing)
    site.server.start()
    until(browser, lambda: "on" in shown())
