"""What a person at the console meets during a day: many tabs, a session that ends, HQ that restarts behind a proxy, forms with files."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from kiosk.hq.ledger import garments as kept
from tests.hq.test_console import browser, site, text, until, width  # noqa: F401
from tests.hq.test_garments import photo


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
