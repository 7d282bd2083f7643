"""The mirror on a phone: one phone a stay, a photo that lives ten minutes in memory alone, buttons, and an address that goes one way."""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path

import httpx
import pytest

from kiosk.config import PhoneSettings
from kiosk.domain.online import Address
from kiosk.phone.app import make_app
from kiosk.phone.counter import Counter
from kiosk.phone.page import Pages
from kiosk.phone.server import PhoneServer
from kiosk.phone.tokens import LIFE_S, Tokens
from kiosk.phone.visits import AT_ONCE, Visits
from kiosk.runtime import ManualClock

JPEG = b"\xff\xd8a photo\xff\xd9"
HOME = {"name": "Anna <b>Petit</b>", "street": "3 rue des Lilas", "postcode": "75011", "city": "Paris", "phone": ""}


class Mirror:
    """A mirror with its pages; a thread stands for the kiosk's loop."""

    def __init__(self) -> None:
        self.clock, self.counter = ManualClock(), Counter()
        self.visits = Visits(self.clock.monotonic)
        self.pressed: list[str] = []
        self.orders: list[Address] = []
        self.here = self.camera = True
        self.pieces = 2
        self._stop = threading.Event()
        pages = Pages(Tokens(self.clock.monotonic), self.counter, "Lumière", "fr", self.visits)
        self.server = PhoneServer(make_app(pages), PhoneSettings(port=0))
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            self.counter.serve(self)

    def export(self, _member_id):
        return None

    def erase(self, _member_id):
        return False

    def mirror(self, visit, _language):
        told = {"name": "Shirt", "price": "€39.00", "likes": ["Coat · €99.00"], "pieces": self.pieces, "total": "€78.00",
                "camera": self.camera}
        return told if self.here and visit == "stay-1" else None

    def press(self, visit, target):
        self.pressed.append(target)
        return self.here and visit == "stay-1"

    def order(self, _visit, address):
        if not self.pieces:
            return ""
        self.orders.append(address)
        self.pieces = 0
        return "M-1042"

    def phone(self):
        return httpx.Client(base_url=self.server.address, follow_redirects=True, headers={"accept-language": "en"})

    def close(self) -> None:
        self._stop.set()
        self.thread.join(30)
        self.server.stop()


@pytest.fixture
def mirror():
    made = Mirror()
    yield made
    made.close()


def test_the_photo_opens_on_one_phone_for_ten_minutes_and_is_in_no_file(mirror, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mirror.visits.put_photo("stay-1", JPEG)
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as first, mirror.phone() as second:
        page = first.get(f"/v/{token}")
        assert page.status_code == 200 and page.url.path == "/visit" and "/visit/photo.jpg" in page.text
        assert second.get(f"/v/{token}").status_code == 404 and second.get("/visit/photo.jpg").status_code == 404
        answer = first.get("/visit/photo.jpg")
        assert answer.content == JPEG and answer.headers["cache-control"] == "no-store"
        mirror.here = False
        assert "no longer at the mirror" not in first.get("/visit").text and first.get("/visit/photo.jpg").status_code == 200
        mirror.clock.move(LIFE_S + 1)
        mirror.visits.tick()
        assert first.get("/visit/photo.jpg").status_code == 404 and first.get("/visit").status_code == 404
    assert mirror.visits.photo("stay-1") is None and list(Path(tmp_path).rglob("*")) == []


def test_photos_do_not_fill_the_memory_and_a_restart_knows_none(mirror):
    for number in range(AT_ONCE + 3):
        mirror.clock.move(1.0)
        mirror.visits.put_photo(f"stay-{number}", JPEG)
    kept = [number for number in range(AT_ONCE + 3) if mirror.visits.photo(f"stay-{number}") is not None]
    assert kept == list(range(3, AT_ONCE + 3))
    assert Visits(mirror.clock.monotonic).photo("stay-5") is None


def test_a_phone_presses_the_mirrors_buttons_and_no_others(mirror):
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone:
        phone.get(f"/v/{token}")
        page = phone.post("/visit/press", data={"press": "next"})
        assert page.status_code == 200 and "Shirt" in page.text and "Coat" in page.text
        assert phone.post("/visit/press", data={"press": "next"}).url.fragment == "mirror", "who presses again stays with the buttons"
        for data, headers in (({"press": "staff"}, {}), ({"press": "pay"}, {}), ({"press": "next"}, {"sec-fetch-site": "cross-site"})):
            assert phone.post("/visit/press", data=data, headers=headers).status_code == 404
        assert phone.get("/visit/press").status_code == 405
        mirror.here = False
        assert phone.post("/visit/press", data={"press": "next"}).status_code == 404
    assert mirror.pressed == ["next", "next", "next"]
    assert httpx.post(f"{mirror.server.address}/visit/press", data={"press": "next"}).status_code == 404


def test_a_photo_that_was_asked_for_comes_to_the_phone_by_itself(mirror):
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone:
        phone.get(f"/v/{token}")
        waiting = phone.post("/visit/press", data={"press": "photo"}).text
        assert 'http-equiv="refresh" content="5;url=/visit"' in waiting and "Look at the mirror" in waiting
        mirror.visits.put_photo("stay-1", JPEG)
        come = phone.get("/visit").text
        assert "/visit/photo.jpg" in come and "http-equiv" not in come
    assert mirror.pressed == ["photo"]


def test_in_a_cabin_the_phone_offers_nothing_that_takes_a_camera(mirror):
    mirror.camera = False
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone:
        offered = set(re.findall(r'name="press" value="(\w+)"', phone.get(f"/v/{token}").text))
    assert offered == {"previous", "next", "add"}


def test_an_address_goes_into_the_order_and_into_no_log(mirror, caplog):
    caplog.set_level(logging.DEBUG)
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone:
        phone.get(f"/v/{token}")
        assert "€78.00" in phone.get("/visit/order").text
        wrong = phone.post("/visit/order", data=HOME | {"city": " "})
        assert wrong.status_code == 400 and "A field is missing" in wrong.text
        assert "&lt;b&gt;" in wrong.text and "<b>Petit" not in wrong.text
        assert phone.post("/visit/order", content=b"name=" + b"x" * 5000,
                          headers={"content-type": "application/x-www-form-urlencoded"}).status_code == 400
        done = phone.post("/visit/order", data=HOME)
        assert done.status_code == 200 and "M-1042" in done.text and "Lilas" not in done.text
    assert mirror.orders == [Address(**HOME)]
    assert "Lilas" not in caplog.text and "Anna" not in caplog.text and "Lilas" not in repr(mirror.orders)


def test_who_orders_twice_or_changes_the_language_still_sees_the_number(mirror):
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone, mirror.phone() as other:
        phone.get(f"/v/{token}")
        assert phone.get("/visit/ordered").status_code == 404
        for _ in range(2):
            done = phone.post("/visit/order", data=HOME)
            assert done.status_code == 200 and "M-1042" in done.text
        chosen = re.search(r'href="([^"]*lang=zh)"', done.text).group(1)
        assert "M-1042" in phone.get(chosen).text and 'lang="zh"' in phone.get("/visit/ordered").text
        assert other.get("/visit/ordered").status_code == other.post("/visit/order", data=HOME).status_code == 404
        mirror.pieces, mirror.here = 1, False
        assert phone.post("/visit/order", data=HOME).status_code == 404, "an older number is no answer to a newer basket"
        mirror.clock.move(LIFE_S + 1)
        assert phone.get("/visit/ordered").status_code == 404
    assert len(mirror.orders) == 1


def test_a_page_that_answers_a_form_offers_no_address_that_is_none(mirror):
    token = mirror.visits.issue("stay-1")
    with mirror.phone() as phone:
        phone.get(f"/v/{token}")
        closed = phone.post("/visit/press", data={"press": "staff"})
        assert closed.status_code == 404 and "?lang=" not in closed.text and "?lang=" in phone.get("/visit").text
