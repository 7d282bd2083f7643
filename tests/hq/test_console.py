"""The console in a real Chromium: what people do, seen in the page and in the ledger."""

import json
import tempfile
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import httpx
import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from kiosk.design.words import table
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.events import DeviceHealth, MemberEnrolled, MemberErased, ReplenishmentRequested, StockChanged
from kiosk.domain.money import Money
from kiosk.domain.staff import Role
from kiosk.evaluation.shelf import our_shelf
from kiosk.evaluation.shelf_replay import replay
from kiosk.hq import imports
from kiosk.hq.api import make_api
from kiosk.hq.console import sessions
from kiosk.hq.console.app import make_app
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.console.render import Desk
from kiosk.hq.console.server import WebServer
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger import catalogue, people, trade
from kiosk.hq.ledger.store import Ledger
from kiosk.runtime import SystemClock, new_id
from tests.hq.conftest import GTIN, Device, sale
from tests.hq.test_imports import GOOD, HEADER, PLAN

PAGES = ("fleet", "sales", "stock", "replenishment", "products", "wallet", "members", "alarms", "screens")
CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")


class Site:
    """A running console over a ledger with a little in it."""

    def __init__(self, folder, secure=False, clock=None, zone=UTC):
        self.ledger, web, watch = (Ledger(folder / "hq.db") for _ in range(3))
        (folder / "screens").mkdir()
        (folder / "screens" / "pay-1.jpg").write_bytes(b"jpeg")
        (folder / "assets").mkdir()
        (folder / "assets" / "water.png").write_bytes(b"png")
        (folder / "secret.jpg").write_bytes(b"secret")
        self.tenders, self.folder = {}, folder
        desk = Desk(web, watch, clock or SystemClock(), new_id, zone, "EUR", folder / "screens", folder / "assets", self.tenders,
                    folder / "replays", secure=secure)
        self.stamp = desk.stamp
        self.word = self.log_in(*Role)
        self.app = make_app(desk, make_api(web, desk.stamp, "token"))
        self.server = WebServer(self.app, 0, desk.closing)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.ingest = Ingest(self.ledger, Money(2000, "EUR"))
        self.shelf, self.pay = Device("shelf-1"), Device("pay-1")
        self._fill()
        self.server.start()

    def _fill(self):
        for name, text in (("products", GOOD), ("planogram", PLAN)):
            with self.ledger.write() as db:
                imports.apply(db, imports.read(db, name, text.encode(), "EUR"), self.stamp(), "test")
        self.ingest.states([self.shelf.birth(), self.pay.birth()], self.stamp())
        self.send(self.shelf.send(StockChanged("A1", GTIN, -1, 3, "retail_selling", "pick", 0.9),
                                  ReplenishmentRequested("r1", "A1", GTIN, 6, 3, 4)),
                  self.pay.send(MemberEnrolled("anna", "v1", "fr", 3), sale("s1")),
                  self.pay.send(DeviceHealth("0.1.0", 900, {"money": 2}, 90, {"camera": "lost"})), ("v1/pay-1/up/money", b"{"))

    def log_in(self, *roles, name="olga"):
        """Return the word of a session for somebody with these roles."""
        with self.ledger.write() as db:
            people.put(db, (name, roles, "no digest: nobody logs in with it", False, self.stamp().at_ms))
            return sessions.open_session(db, name, self.stamp())

    def client(self, word=None, **headers):
        """Return a browser without a window that is logged in; its `token` is what its forms carry."""
        made = httpx.Client(base_url=self.url, headers={"origin": self.url, **headers}, timeout=30)
        made.cookies.set(SESSION_COOKIE, word or self.word)
        return made

    def token(self, word=None):
        """Return what the forms of a session carry."""
        with self.ledger.read() as db:
            return sessions.who_is(db, word or self.word, self.stamp().at_ms)[0].form_token

    def send(self, *messages):
        self.ingest.commit(messages, self.stamp())

    def record(self):
        """Leave an hour of a shelf for the console."""
        trace = lane(LaneScenario(60.0, 5.0, 901, hours=0.4))
        (self.folder / "replays").mkdir(exist_ok=True)
        (self.folder / "replays" / "hour.json").write_text(json.dumps(replay(trace, our_shelf(trace))))

    def requests(self):
        with self.ledger.read() as db:
            return dict(trade.request(db, "r1"))


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.server.stop()
    made.ledger.close()


@pytest.fixture(scope="module")
def browser():
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


def until(browser, condition):
    """Wait until it holds; a page that is being replaced by the next one is looked at again."""
    between = (StaleElementReferenceException, NoSuchElementException)
    return WebDriverWait(browser, 20, ignored_exceptions=between).until(lambda _: condition())


def width(browser, pixels):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": pixels, "height": 844, "deviceScaleFactor": 1, "mobile": pixels < 500})


def text(browser, selector):
    return browser.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)


@pytest.mark.browser
def test_a_request_is_approved_with_one_click_and_taken_back(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/replenishment?lang=en")
    field = browser.find_element(By.CSS_SELECTOR, "#ask-r1 [name=quantity]")
    field.clear()
    field.send_keys("12")
    browser.find_element(By.CSS_SELECTOR, "#ask-r1 [value=approve]").click()
    until(browser, lambda: "12 × Water" in text(browser, "#answered"))
    row = site.requests()
    assert (row["state"], row["answer"], row["who"]) == ("approved", 12, "olga") and row["send_ms"] > row["decided_ms"]
    assert text(browser, "#ask-r1") == ""
    browser.find_element(By.CSS_SELECTOR, "#answered [value=undo]").click()
    until(browser, lambda: text(browser, "#ask-r1") != "")
    assert site.requests()["state"] == "open"


@pytest.mark.browser
def test_a_price_is_edited_in_place_and_mistakes_are_told(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/products?lang=en")
    for typed in ("1.999", "1,45"):
        field = browser.find_element(By.CSS_SELECTOR, f"#product-{GTIN} [name=price]")
        field.clear()
        field.send_keys(typed, "\n")
        if typed == "1.999":
            until(browser, lambda: "more than the 2 decimals" in text(browser, "#error"))
    until(browser, lambda: "Price list 2" in text(browser, "#head-side"))
    assert text(browser, "#error") == "" and "1.20 → 1.45" in text(browser, "#changes")
    with site.ledger.read() as db:
        assert catalogue.pricelist(db).product(GTIN).price == Money(145, "EUR")
        assert ("price", "olga", "120", "145") in [(r["act"], r["who"], r["before"], r["after"]) for r in catalogue.audit(db)]


@pytest.mark.browser
def test_an_import_shows_all_mistakes_then_a_preview_then_happens(site, browser, tmp_path):
    width(browser, 1280)
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(HEADER + "4006381333932,a,b,c,1,20,1,,\n4006381333931,a,b,c,x,20,1,,\n")
    good.write_text(HEADER + "4006381333931,Eau,Still water,水,1.30,5.5,500,,\n96385074,Thé,Tea,茶,2,5.5,50,,\n")
    for path in (bad, good):
        browser.get(f"{site.url}/products?lang=en")
        Select(browser.find_element(By.ID, "table")).select_by_value("products")
        browser.find_element(By.ID, "file").send_keys(str(path))
        browser.find_element(By.CSS_SELECTOR, "form.import button").click()
        if path is bad:
            mistakes = until(browser, lambda: text(browser, "#mistakes"))
            assert "2 lines to correct" in mistakes and "its check digit is 1" in mistakes and not browser.find_elements(By.ID, "apply")
    preview = until(browser, lambda: text(browser, "#preview"))
    assert "name_en: Water → Still water" in preview and "1 new" in preview
    with site.ledger.read() as db:
        assert catalogue.product(db, "96385074") is None
    browser.find_element(By.ID, "apply").click()
    until(browser, lambda: "Still water" in text(browser, "#products"))
    with site.ledger.read() as db:
        assert catalogue.product(db, "96385074").price == Money(200, "EUR") and catalogue.pricelist(db).version == 2


@pytest.mark.browser
def test_pages_fit_wide_and_narrow_in_every_language_and_keep_silent(site, browser):
    browser.get_log("browser")  # what former tests left
    for pixels in (1280, 390):
        width(browser, pixels)
        for language in ("fr", "en", "zh"):
            for page in PAGES:
                browser.get(f"{site.url}/{page}?lang={language}")
                assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), (page, pixels, language)
                assert text(browser, "h1") == table()[f"console.nav.{page}"][language]
    assert browser.get_log("browser") == []


@pytest.mark.browser
def test_a_face_is_erased_with_two_clicks_and_the_devices_word_appears_with_its_time(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/members?lang=en")
    assert "known to 1 kiosk(s)" in text(browser, "#member-anna")
    browser.find_element(By.CSS_SELECTOR, "#member-anna summary").click()
    browser.execute_async_script("refresh().then(arguments[0])")  # something changes meanwhile: what was unfolded stays so
    browser.find_element(By.CSS_SELECTOR, "#member-anna [value=erase]").click()
    until(browser, lambda: "2 kiosk(s) to confirm" in text(browser, "#member-anna"))
    assert "waiting" in text(browser, "#member-anna tbody")
    with site.ledger.read() as db:
        assert ("erase", "olga", "anna") in [(r["act"], r["who"], r["subject"]) for r in catalogue.audit(db)]
        orders = db.execute("SELECT body FROM downbox WHERE kind = 'erasure'").fetchall()
        assert [bytes(order["body"]) for order in orders] == [b'{"member_id":"anna"}'] * 2
    site.send(site.pay.send(MemberErased("anna", "hq")), site.shelf.send(MemberErased("anna", "hq")))
    until(browser, lambda: "erased everywhere" in text(browser, "#member-anna"))
    assert browser.find_element(By.CSS_SELECTOR, "#member-anna tbody td:nth-child(4) time").get_attribute("title")


@pytest.mark.browser
def test_a_sale_appears_by_itself(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/sales?lang=en")
    until(browser, lambda: "on" in browser.find_element(By.ID, "pulse").get_attribute("class").split())
    site.send(site.pay.send(sale("s2", total=998)))
    until(browser, lambda: "€9.98" in text(browser, "#sales"))


def test_strangers_and_other_sites_are_refused(site):
    with site.client() as client:
        del client.headers["origin"]
        form = {"token": site.token(), "act": "approve", "quantity": "6"}
        ours, path = {"origin": site.url}, "/replenishment/r1"
        assert client.get("/fleet", headers={"host": "evil.example"}).status_code == 403
        assert client.post(path, data=form).status_code == 403
        assert client.post(path, data=form, headers={"origin": "http://evil.example"}).status_code == 403
        assert client.post(path, data=form, headers=ours | {"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post(path, data=form | {"token": "guess"}, headers=ours).status_code == 403
        assert site.requests()["state"] == "open"
        assert client.post(path, data=form | {"quantity": "many"}, headers=ours).status_code == 409
        assert client.post(path, data=form, headers=ours).status_code == 303
        assert client.post(path, data=form, headers=ours).status_code == 409
        for hidden in ("/screens/..%2Fsecret.jpg", "/screens/%2e%2e/secret.jpg", "/assets/..%2Fhq.db", "/screens/shelf-1.jpg"):
            assert client.get(hidden).status_code == 404
        assert client.get("/screens/pay-1.jpg").content == b"jpeg" and client.get("/assets/water.png").content == b"png"
        assert "/assets/water.png" in client.get("/products").text and "/assets/cola.png" not in client.get("/products").text


def test_the_api_reports_and_approves_with_its_token_alone(site):
    with httpx.Client(base_url=site.url, headers={"authorization": "Bearer token"}) as client:
        report = client.get("/api/report").json()
        assert {k: report[k] for k in ("sales", "total_minor", "gaps", "duplicates", "resent", "quarantined", "even")} == {
            "sales": 1, "total_minor": 500, "gaps": 0, "duplicates": 0, "resent": 0, "quarantined": 1, "even": True}
        assert report["devices"] == {"pay-1": {"sales": 1, "total_minor": 500}}
        assert [r["request_id"] for r in client.get("/api/requests").json()] == ["r1"]
        path = "/api/requests/r1/approve"
        for known in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer"}):
            for get in ("/api/report", "/api/requests"):
                assert httpx.get(site.url + get, headers=known).status_code == 401
            assert httpx.post(site.url + path, headers=known).status_code == 401
        assert client.post(path).status_code == 200
        assert client.post(path).status_code == 409
        assert client.get("/api/requests").json() == []


def drag(browser, grabbed, to_x, to_y):
    ActionChains(browser).move_to_element(grabbed).click_and_hold().move_by_offset(5, 5).perform()
    actions = ActionBuilder(browser)
    actions.pointer_action.move_to_location(round(to_x), round(to_y)).pointer_up()
    actions.perform()


@pytest.mark.browser
def test_a_planogram_is_drawn_by_dragging_and_sent(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/planogram/shelf-1?lang=en")
    plates = browser.find_element(By.CSS_SELECTOR, ".board-plates")
    plates.send_keys(Keys.CONTROL, "a")
    plates.send_keys("3", "\n")
    place = browser.find_element(By.CSS_SELECTOR, ".ground").rect
    product = browser.find_element(By.CSS_SELECTOR, f'.product[data-gtin="{GTIN}"]')
    drag(browser, product, place["x"] + place["width"] * 0.9, place["y"] + 60)
    until(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, ".block")) == 3)
    field = browser.find_element(By.ID, "f-capacity")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("24", "\n")
    browser.find_element(By.ID, "save").click()
    until(browser, lambda: "planogram 2" in text(browser, "#head-side"))
    with site.ledger.read() as db:
        plan = catalogue.planogram(db, "shelf-1")
    new = plan.cell("A3")
    assert (new.gtin, new.capacity, len(plan.plates), plan.version) == (GTIN, 24, 3, 2)
    assert new.plates and set(new.plates) <= {p.cell for p in plan.plates}
    assert new.width_mm > 0 and new.x_mm >= max(c.x_mm + c.width_mm for c in plan.cells[:2])


@pytest.mark.browser
def test_slots_that_overlap_cannot_be_saved_and_a_moved_slot_stands_on_other_plates(site, browser):
    width(browser, 1280)
    browser.get(f"{site.url}/planogram/shelf-1?lang=en")
    first, second = browser.find_elements(By.CSS_SELECTOR, ".block")
    drag(browser, second, first.rect["x"] + first.rect["width"] * 0.6, first.rect["y"] + 40)
    until(browser, lambda: text(browser, "#said") == "Slots overlap")
    assert not browser.find_element(By.ID, "save").is_enabled()
    ActionChains(browser).click(browser.find_element(By.ID, "remove")).perform()
    until(browser, lambda: browser.find_element(By.ID, "save").is_enabled())


def test_a_planogram_that_cannot_be_is_told_and_kept(site):
    with site.client() as client:
        token = site.token()
        slot = {"slot": "A1", "gtin": "4006381333932", "capacity": 5, "reorder_point": 1, "case_pack": 1, "plates": [], "shelf": "A",
                "x_mm": 0, "width_mm": 90}
        form = {"token": token, "plan": json.dumps({"slots": [slot], "plates": [], "version": [{"n": 1}]})}
        answer = client.post("/planogram/shelf-1", data=form)
        assert answer.status_code == 409 and "its check digit is 1" in answer.text and "4006381333932" in answer.text
        stale = form | {"plan": form["plan"].replace("3932", "3931").replace('"n": 1', '"n": 0')}
        assert "load the page again" in client.post("/planogram/shelf-1", data=stale).text
        for nonsense in ("", "[]", "{}", '{"slots": 5}', '{"slots": [5], "plates": [], "version": [{"n": 1}]}'):
            assert client.post("/planogram/shelf-1", data=form | {"plan": nonsense}).status_code == 400
        assert client.get("/planogram/nobody").status_code == 404
    with site.ledger.read() as db:
        assert catalogue.planogram(db, "shelf-1").version == 1


@pytest.mark.browser
def test_an_hour_of_a_shelf_plays_with_the_truth_beside_it(site, browser):
    site.record()
    width(browser, 1280)
    browser.get(f"{site.url}/replay?lang=en")
    until(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "#pairs .pair")) > 5)
    browser.find_element(By.ID, "play").click()
    until(browser, lambda: text(browser, "#clock") not in ("0:00", "5:00"))
    browser.execute_script("const s = document.getElementById('seek'); s.value = s.max; s.dispatchEvent(new Event('input'))")
    until(browser, lambda: "net error, in pieces: 0" in text(browser, "#tally"))
    assert "−1" in text(browser, "#pairs") and not browser.find_elements(By.CSS_SELECTOR, ".pair.later")


def test_sizes_of_one_garment_are_told_apart_on_the_stock_page(site):
    with site.ledger.write() as db:
        plan = catalogue.planogram(db, "shelf-1")
        catalogue.save_product(db, replace(catalogue.product(db, plan.cells[0].gtin), style="shirt", size="XL"))
    with site.client() as client:
        assert f"<small>{plan.cells[0].slot} · XL</small>" in client.get("/stock?lang=en").text


def test_replays_are_files_of_their_folder_alone(site):
    with site.client() as client:
        assert "no recording" in client.get("/replay?lang=en").text and "/replay" not in client.get("/stock").text
        site.record()
        assert client.get("/replay/hour.json").json()["pairs"] and 'href="/replay"' in client.get("/stock").text
        for hidden in ("/replay/..%2Fhq.json", "/replay/nothing.json", "/replay/%2e%2e/secret.json"):
            assert client.get(hidden).status_code == 404
