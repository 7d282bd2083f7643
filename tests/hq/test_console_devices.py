"""A device's page: commands by role, what came of them, certificates, and devices that ask to be let in."""

import base64

import pytest
from selenium.webdriver.common.by import By

from kiosk.domain.commands import Command
from kiosk.domain.staff import Role
from kiosk.domain.standing import CommandDone
from kiosk.hq import claims, commands
from kiosk.hq.ledger import catalogue, trust
from kiosk.wire.claims import digest
from tests.hq.test_console import browser, site, text, until  # noqa: F401

PNG = b"\x89PNG\r\n\x1a\n0000"


def newest(site):  # noqa: F811
    with site.ledger.read() as db:
        return commands.of_device(db, "pay-1")[0]


def test_commands_go_by_role_and_nothing_else_is_one(site):  # noqa: F811
    merchant, viewer = site.log_in(Role.MERCHANT, name="mia"), site.log_in(Role.VIEWER, name="vera")
    attempts = ((viewer, "doctor", 409), (merchant, "screenshot", 409), (merchant, "format", 409), (merchant, "doctor", 303),
                (site.word, "screenshot", 303))
    for word, command, status in attempts:
        with site.client(word) as client:
            assert client.post("/devices/pay-1/command", data={"token": site.token(word), "command": command}).status_code == status
    with site.ledger.read() as db:
        assert [(r["command"], r["who"], r["role"]) for r in commands.of_device(db, "pay-1")] == [
            ("screenshot", "olga", "operator"), ("doctor", "mia", "merchant")]
        acts = [(r["who"], r["act"], r["after"]) for r in catalogue.audit(db)]
    assert ("vera", "command_refused", "doctor") in acts and ("mia", "command", "doctor") in acts
    with site.client() as client:
        assert client.get("/devices/nobody").status_code == 404


def test_a_result_opens_for_operators_and_never_as_a_page(site):  # noqa: F811
    with site.client() as client:
        client.post("/devices/pay-1/command", data={"token": site.token(), "command": "screenshot"})
        ident = newest(site)["id"]
        for result, kind in ((PNG, "image/png"), (b"<script>alert(1)</script>", "application/octet-stream")):
            with site.ledger.write() as db:
                db.execute("UPDATE commands SET done_ms = NULL")
                done = CommandDone(ident, "screenshot", "done", "", base64.b64encode(result).decode())
                commands.finished(db, "pay-1", done, site.stamp())
            answer = client.get(f"/devices/pay-1/commands/{ident}")
            assert (answer.headers["content-type"], answer.content) == (kind, result)
            assert "attachment" in answer.headers.get("content-disposition", "") or kind == "image/png"
        assert client.get(f"/devices/shelf-1/commands/{ident}").status_code == 404
    with site.client(site.log_in(Role.MERCHANT, name="mia")) as client:
        assert client.get(f"/devices/pay-1/commands/{ident}").status_code == 403


@pytest.mark.browser
def test_an_operator_orders_and_sees_what_came_of_it(site, browser):  # noqa: F811
    with site.ledger.write() as db:
        code = claims.make_codes(db, "store-1", 1, site.stamp(), "test", automatic=False)[0]
        trust.bind_code(db, digest(code), "pay-9", "key", "request")
    browser.get(f"{site.url}/fleet?lang=en")
    assert "asks to be let in" in text(browser, "#claims") and "pay-9" in text(browser, "#claims")
    browser.find_element(By.LINK_TEXT, "pay-1").click()
    until(browser, lambda: browser.current_url.endswith("/devices/pay-1"))
    assert len(browser.find_elements(By.NAME, "command")) == len(Command)
    browser.find_element(By.CSS_SELECTOR, "button[value=doctor]").click()
    until(browser, lambda: "waiting" in text(browser, "#commands"))
    with site.ledger.write() as db:
        ident = commands.of_device(db, "pay-1")[0]["id"]
        commands.finished(db, "pay-1", CommandDone(ident, "doctor", "done", "all is well"), site.stamp())
    until(browser, lambda: "all is well" in text(browser, "#commands"))
