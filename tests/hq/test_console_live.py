"""What a person at the console meets during a day: many tabs, a session that ends, HQ that restarts behind a proxy, forms with files."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from kiosk.hq.console.server import WebServer
from kiosk.hq.ledger import garments as kept
from kiosk.hq.ledger import people
from tests.hq.conftest import sale
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
    browser.execute_script("live.close()")  # nothing tells this page before its form does
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
