"""The pages on a real socket: one code, one phone, ten minutes; what is kept is shown in three languages, taken along, and erased."""

from __future__ import annotations

import json
import queue
import threading

import httpx
import numpy as np
import pytest

from kiosk.config import PhoneSettings
from kiosk.errors import DeviceError
from kiosk.phone.app import make_app
from kiosk.phone.counter import Counter
from kiosk.phone.page import Pages
from kiosk.phone.server import PhoneServer
from kiosk.phone.tokens import AT_ONCE, LIFE_S, Tokens
from kiosk.phone.visits import Visits
from kiosk.runtime import ManualClock
from kiosk.storage.vault import Consent, Extras, Vault
from kiosk.storage.vault.pins import hashed

TEMPLATE = np.random.default_rng(1).normal(size=384).astype(np.float32)
CONSENT = Consent("2026-11", "fr", "2026-01-02T09:00:00+00:00", strokes=(((10, 20), (500, 600)),))


class Kiosk:
    """A vault with its pages; a thread stands for the kiosk's loop."""

    def __init__(self, folder):
        self.clock, self.counter = ManualClock(), Counter()
        self.tokens, self.visits = Tokens(self.clock.monotonic), Visits(self.clock.monotonic)
        self.erased, self._stop, self._ready = [], threading.Event(), queue.Queue()
        self.server = PhoneServer(make_app(Pages(self.tokens, self.counter, "Lumière", "fr", self.visits)), PhoneSettings(port=0))
        self.thread = threading.Thread(target=self._run, args=(folder,))
        self.thread.start()
        self._ready.get(timeout=30)

    def _run(self, folder):
        self.vault = Vault.open(folder / "vault.db", folder / "vault.key")
        self.vault.enrol("anna", "81234567", TEMPLATE, CONSENT, Extras(pin=hashed("7294")))
        self._ready.put(True)
        while not self._stop.wait(0.01):
            self.counter.serve(self)
        self.vault.close()

    def export(self, member_id):
        return self.vault.export(member_id)

    def erase(self, member_id):
        self.erased.append(member_id)
        return self.vault.erase(member_id)

    def phone(self, **headers):
        return httpx.Client(base_url=self.server.address, follow_redirects=True, headers=headers)

    def close(self):
        self._stop.set()
        self.thread.join(30)
        self.server.stop()


@pytest.fixture
def kiosk(tmp_path):
    made = Kiosk(tmp_path / "vault")
    yield made
    made.close()


def test_the_first_phone_sees_what_is_kept_and_takes_it_along(kiosk):
    token = kiosk.tokens.issue("anna")
    with kiosk.phone(**{"accept-language": "en-GB,en;q=0.9"}) as phone:
        page = phone.get(f"/in/{token}")
        assert page.status_code == 200 and page.url.path == "/me"
        assert "384 numbers, no photo" in page.text and "•••• ••67" in page.text and "81234567" not in page.text
        assert 'd="M10 8 L500 240"' in page.text, "the signature is drawn"
        assert page.headers["cache-control"] == "no-store" and "default-src 'none'" in page.headers["content-security-policy"]
        told = json.loads(phone.get("/me.json").text)
        assert (told["phone_digits"], told["consent"]["version"], told["pin_set"]) == ("81234567", "2026-11", True)
        assert "argon2" not in str(told) and str(float(TEMPLATE[0]))[:6] not in str(told)
        assert "Text 2026-11 (Français), signed on 2 January 2026" in page.text
        assert page.text.count("2 January 2026") == 2 and "2026年1月2日" in phone.get("/me?lang=zh").text
        assert "我的数据" in phone.get("/me?lang=zh").text and 'lang="zh"' in phone.get("/me").text


def test_a_code_is_for_one_phone_and_ten_minutes(kiosk):
    token = kiosk.tokens.issue("anna")
    assert not kiosk.tokens.is_used(token)
    with kiosk.phone() as first, kiosk.phone() as second:
        assert first.get(f"/in/{token}").status_code == 200 and kiosk.tokens.is_used(token)
        assert second.get(f"/in/{token}").status_code == 404 and second.get("/me").status_code == 404
        assert second.get("/me.json").status_code == 404 and second.post("/me/erase").status_code == 404
        kiosk.clock.move(LIFE_S - 1)
        assert first.get("/me").status_code == 200
        kiosk.clock.move(2)
        assert first.get("/me").status_code == 404 and first.post("/me/erase").status_code == 404
        late = kiosk.tokens.issue("anna")
        kiosk.clock.move(LIFE_S + 1)
        assert second.get(f"/in/{late}").status_code == 404
    assert kiosk.erased == []


def test_erasing_asks_once_destroys_and_closes_every_way_in(kiosk):
    token, other = kiosk.tokens.issue("anna"), kiosk.tokens.issue("anna")
    with kiosk.phone() as phone, kiosk.phone() as second:
        phone.get(f"/in/{token}")
        second.get(f"/in/{other}")
        assert 'method="post"' in phone.get("/me/erase").text and kiosk.erased == []
        assert phone.post("/me/erase", headers={"sec-fetch-site": "cross-site"}).status_code == 404 and kiosk.erased == []
        assert "effacé" in phone.post("/me/erase").text
        assert kiosk.erased == ["anna"]
        assert phone.get("/me").status_code == second.get("/me").status_code == 404


@pytest.mark.parametrize("path", ["/", "/me", "/me.json", "/me/erase", "/in/x", "/in/..%2f..", "/etc/passwd", "/docs", "/openapi.json"])
def test_without_a_session_everything_is_the_same_closed_page(kiosk, path):
    with kiosk.phone() as phone:
        answer = phone.get(path)
        assert answer.status_code == 404 and "Cette page est fermée" in answer.text
        assert kiosk.erased == []


def test_ways_in_are_few_and_end(kiosk):
    tokens = [kiosk.tokens.issue(f"m{n}") for n in range(AT_ONCE + 5)]
    assert kiosk.tokens.enter(tokens[0]) == "" and kiosk.tokens.enter(tokens[-1])
    kiosk.tokens.end(f"m{AT_ONCE + 4}")
    assert kiosk.tokens.member("") == "" and kiosk.tokens.is_used(tokens[-1])


def test_a_taken_port_is_told(kiosk):
    port = int(kiosk.server.address.rpartition(":")[2])
    with pytest.raises(DeviceError, match=f"127.0.0.1:{port}.*another"):
        PhoneServer(make_app(Pages(kiosk.tokens, kiosk.counter, "x", "fr", kiosk.visits)), PhoneSettings(port=port))
