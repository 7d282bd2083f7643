"""A whole day in the store in a box: shoppers pay, staff takes a return and closes the day, and a browser at HQ sees it to the cent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from kiosk.sim.demo import Options, StoreInABox
from tests.hq.test_console import CHROMIUM, DRIVER, FLAGS

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    if not CHROMIUM.exists() or not DRIVER.exists():
        pytest.skip("Debian's chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,800"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, Service(str(DRIVER)))
        yield driver
        driver.quit()


def test_a_day_that_staff_closed_is_at_hq_to_the_cent(tmp_path: Path, browser: webdriver.Chrome) -> None:
    store = StoreInABox(Options(seconds=15.0, folder=tmp_path / "store"), lambda _text: None)
    try:
        store.open()
        store.run(lambda: False)
        evening = store.end_day()
        assert evening.differences() == []
        assert evening.tills["pay-1"].refunds_minor > 0, "no return was taken"
        browser.get(f"{store.address}days?lang=en")
        browser.find_element(By.NAME, "name").send_keys("demo")
        browser.find_element(By.NAME, "password").send_keys(store.console_password() + "\n")
        WebDriverWait(browser, 30).until(lambda b: "/account" in b.current_url)
        browser.get(f"{store.address}days?lang=en")
        for device, till in evening.tills.items():
            row = f"tr[id^='closure-{device}-day-']"
            WebDriverWait(browser, 60).until(lambda b, row=row: b.find_elements(By.CSS_SELECTOR, f"{row} .chip.good"))
            shown = browser.find_element(By.CSS_SELECTOR, row)
            assert int(shown.get_attribute("data-sales")) == till.sales
            assert int(shown.get_attribute("data-net")) == till.sales_minor - till.refunds_minor
            assert int(shown.get_attribute("data-perpetual")) == till.sales_minor
            assert "the same" in shown.text and f"{(till.sales_minor - till.refunds_minor) / 100:,.2f}" in shown.text
        browser.find_element(By.CSS_SELECTOR, "nav a[href='/sales']").click()
        WebDriverWait(browser, 30).until(lambda b: b.find_elements(By.CSS_SELECTOR, "#sales tbody tr"))
    finally:
        made = store.close()
    assert made is not None and made["differences"] == [], made
    assert made["offline_sales"] == made["offline_posted_once"] >= 1
    assert made["evening"]["refunds_minor"] == evening.tills["pay-1"].refunds_minor
