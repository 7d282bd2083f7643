"""Who gets into the console, as whom, and for how long: over HTTP and in a real Chromium."""

import re

import httpx
import pytest
from selenium.webdriver.common.by import By
from starlette.routing import Route

from kiosk.cli import main
from kiosk.domain.staff import Role
from kiosk.errors import HqError
from kiosk.hq.console import sessions
from kiosk.hq.console.forms import SESSION_COOKIE
from kiosk.hq.console.guard import ANYBODY
from kiosk.hq.ledger import catalogue, people
from kiosk.hq.stamp import Stamp
from tests.hq.conftest import Ids
from tests.hq.test_console import Site, browser, site, until  # noqa: F401

MINUTE_MS = 60_000
NEW = "three lime kettles"


def typed(client, **fields):
    """Post the log-in form as a browser does."""
    token = client.get("/login").cookies.get("kiosk_token") or client.cookies["kiosk_token"]
    return client.post("/login", data={"token": token, **fields})


def stranger(site, **headers):  # noqa: F811
    return httpx.Client(base_url=site.url, headers={"origin": site.url, **headers}, timeout=30)


def app_routes(site):  # noqa: F811
    return [r for r in site.app.routes if isinstance(r, Route)]


def test_every_page_wants_a_log_in_and_every_act_a_role(site):  # noqa: F811
    with stranger(site) as client:
        for route in app_routes(site):
            path = route.path.replace("{version:int}", "1").replace("{alarm_id:int}", "1")
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", "x")
            if path.startswith(ANYBODY):
                continue
            if "POST" in route.methods:
                assert route.endpoint.role in Role, path
                assert client.post(path).status_code == 401, path
            else:
                answer = client.get(path)
                assert answer.status_code == 303 and answer.headers["location"].startswith("/login"), path
        assert client.get("/fleet", headers={"sec-fetch-mode": "cors"}).status_code == 401
        assert client.get("/sales?day=2").headers["location"] == "/login?next=/sales%3Fday%3D2"


def test_roles_decide_what_one_may_do_and_see(site):  # noqa: F811
    viewer, privacy = site.log_in(Role.VIEWER, name="vera"), site.log_in(Role.PRIVACY, name="paul")
    with site.client(viewer) as client:
        assert client.get("/fleet").status_code == 200
        for hidden in ("/members", "/screens", "/users", "/wallet/members/anna", "/wallet/members/anna/statement.csv"):
            assert client.get(hidden).status_code == 403, hidden
        assert 'href="/members"' not in client.get("/fleet").text
        assert client.post("/replenishment/r1", data={"token": site.token(viewer), "act": "approve"}).status_code == 403
        assert site.requests()["state"] == "open"
    with site.client(privacy) as client:
        assert client.get("/members").status_code == 200
        assert client.post("/products/4006381333931/price", data={"token": site.token(privacy), "price": "1"}).status_code == 403
    with site.client() as client:
        assert client.post("/replenishment/r1", data={"token": site.token(), "act": "approve", "quantity": "6"}).status_code == 303
    assert site.requests()["who"] == "olga"


def test_a_form_of_one_session_is_worth_nothing_in_another(site):  # noqa: F811
    other = site.log_in(*Role, name="otto")
    with site.client() as client:
        assert client.post("/replenishment/r1", data={"token": site.token(other), "act": "approve"}).status_code == 403
    assert site.requests()["state"] == "open"


def test_a_one_time_password_opens_once_and_then_one_chooses(site):  # noqa: F811
    once = sessions.add_user(site.ledger, "lena", [Role.MERCHANT], "test", site.stamp())
    with stranger(site) as client:
        assert typed(client, name="lena", password="wrong").status_code == 401
        answer = typed(client, name="lena", password=once, next="//evil.example")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and once not in cookie
        with stranger(site) as second:
            assert typed(second, name="lena", password=once).status_code == 401, "a password that holds once held twice"
        token = site.token(client.cookies[SESSION_COOKIE])
        same = "a" * 16
        for new, again in (("short", "short"), (NEW, "other words"), (same, same), ("my name is lena", "my name is lena")):
            assert client.post("/account", data={"token": token, "new": new, "again": again}).status_code == 409
        assert client.post("/account", data={"token": token, "new": NEW, "again": NEW}).headers["location"] == "/login"
        assert client.get("/fleet").status_code == 303, "a change of the password ends the sessions of before"
        assert typed(client, name="lena", password=NEW, next="/sales").headers["location"] == "/sales"
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "/login", ""):
            with stranger(site) as third:
                assert typed(third, name="lena", password=NEW, next=elsewhere).headers["location"] == "/fleet"


def test_logging_out_ends_the_session_at_the_server(site):  # noqa: F811
    word = site.log_in(Role.VIEWER, name="vera")
    with site.client(word) as client:
        assert client.post("/logout", data={"token": site.token(word)}).status_code == 303
    with site.client(word) as thief:
        assert thief.get("/fleet").status_code == 303


def test_whoever_is_switched_off_is_out_at_once(site):  # noqa: F811
    word = site.log_in(Role.MERCHANT, name="mia")
    with site.client() as client:
        assert client.post("/users/olga", data={"token": site.token()}).status_code == 409
        assert client.post("/users/mia", data={"token": site.token()}).status_code == 303
    with site.client(word) as client:
        assert client.get("/fleet").status_code == 303


def test_nobody_gives_roles_that_they_lack(site):  # noqa: F811
    word = site.log_in(Role.OPERATOR, name="otto")
    with site.client(word) as client:
        answer = client.post("/users", data={"token": site.token(word), "name": "otto2", "role-privacy": "1"})
        assert answer.status_code == 409
        assert client.post("/users", data={"token": site.token(word), "name": "otto2", "role-operator": "1"}).status_code == 200
    with site.ledger.read() as db:
        assert people.user(db, "otto2")["roles"] == '["operator"]'


def test_guessing_gets_slower_and_a_right_password_is_not_told_apart(ledger):
    at_ms, ids = 1_000_000, Ids()
    once = sessions.add_user(ledger, "ines", [Role.VIEWER], "test", Stamp(at_ms, ids))
    for _ in range(5):
        assert sessions.log_in(ledger, "ines", "guess", "10.0.0.9", Stamp(at_ms, ids)) == ""
    with pytest.raises(HqError, match="wait 5 s"):
        sessions.log_in(ledger, "ines", once, "10.0.0.9", Stamp(at_ms, ids))
    assert sessions.log_in(ledger, "ines", "guess", "10.0.0.9", Stamp(at_ms + 5_000, ids)) == ""
    with pytest.raises(HqError, match="wait 10 s"):
        sessions.log_in(ledger, "ines", once, "10.0.0.9", Stamp(at_ms + 5_000, ids))
    assert sessions.log_in(ledger, "ines", once, "10.0.0.7", Stamp(at_ms + 5_000, ids)), "others' guesses do not lock somebody out"
    assert sessions.log_in(ledger, "nobody", "guess", "10.0.0.7", Stamp(at_ms, ids)) == ""
    with ledger.read() as db:
        acts = [(r["who"], r["act"]) for r in catalogue.audit(db)]
    assert acts.count(("ines", "log_in_failed")) == 6 and ("ines", "log_in") in acts and ("?", "log_in_failed") in acts


def test_sessions_end_when_nobody_is_there_and_after_a_day_s_work(ledger):
    ids = Ids()
    sessions.add_user(ledger, "ines", [Role.VIEWER], "test", Stamp(0, ids))
    with ledger.write() as db:
        idle, busy = (sessions.open_session(db, "ines", Stamp(0, ids)) for _ in range(2))
        for minute in range(0, 12 * 60 + 1, 20):
            sessions.touch(db, busy, minute * MINUTE_MS)
            assert sessions.who_is(db, busy, minute * MINUTE_MS)[0] is not None
        assert sessions.who_is(db, idle, 30 * MINUTE_MS)[0] is not None
        assert sessions.who_is(db, idle, 31 * MINUTE_MS)[0] is None
        assert sessions.who_is(db, busy, (12 * 60 + 5) * MINUTE_MS)[0] is None
        assert sessions.who_is(db, "x" * 43, 0)[0] is None
        kept = [tuple(r) for r in db.execute("SELECT * FROM sessions")]
    assert not any(word in str(kept) for word in (idle, busy)), "the ledger holds words of sessions"


def test_every_answer_carries_the_headers_that_protect(site):  # noqa: F811
    with site.client() as client:
        for path in ("/fleet", "/login", "/static/console.css", "/nothing-here", "/api/report", "/tokens.css", "/r/none"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY", path
            assert "server" not in headers and "access-control-allow-origin" not in headers, path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert headers["referrer-policy"] in ("same-origin", "no-referrer"), path


def test_behind_https_cookies_and_transport_are_strict(tmp_path):
    made = Site(tmp_path, secure=True)
    try:
        once = sessions.add_user(made.ledger, "lena", [Role.MERCHANT], "test", made.stamp())
        with stranger(made) as client:
            token = client.get("/login").headers["set-cookie"]
            assert "secure" in token.lower() and "max-age=31536000" in client.get("/login").headers["strict-transport-security"]
            word = re.search("kiosk_token=([^;]+)", token).group(1)
            form, ours = {"token": word, "name": "lena", "password": once}, {"cookie": f"kiosk_token={word}"}
            answer = client.post("/login", data=form, headers=ours)
            assert answer.status_code == 303 and "secure" in answer.headers["set-cookie"].lower()
    finally:
        made.server.stop()
        made.ledger.close()


def test_the_log_of_a_log_in_holds_no_secret(site, caplog):  # noqa: F811
    caplog.set_level(0)
    once = sessions.add_user(site.ledger, "lena", [Role.MERCHANT], "test", site.stamp())
    with stranger(site) as client:
        typed(client, name="lena", password="a wrong guess")
        typed(client, name="lena", password=once)
        word = client.cookies[SESSION_COOKIE]
        client.get("/fleet")
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("kiosk", "uvicorn", "starlette"))]
    with site.ledger.read() as db:
        told = str(ours) + str([tuple(r) for r in catalogue.audit(db)])
    assert not any(secret in told for secret in (once, word, "a wrong guess"))


def test_pages_are_not_cached_and_forget_nothing_in_addresses(site):  # noqa: F811
    with site.client() as client:
        for path in ("/fleet", "/members", "/users", "/wallet/members/anna", "/wallet/members/anna/statement.csv", "/account"):
            answer = client.get(path)
            assert answer.headers["cache-control"] == "no-store", path
            assert site.word not in answer.text, path
            assert not re.search(r'(href|action)="[^"]*token=', answer.text), path


def test_users_from_the_command_line(tmp_path, capsys):
    folder = ["--folder", str(tmp_path)]
    assert main(["hq", "user", "add", "ada", "--role", "merchant", "--role", "operator", *folder]) == 0
    assert "ada logs in once with " in capsys.readouterr().out
    assert main(["hq", "user", "add", "Ada!", "--role", "viewer", *folder]) == 1
    assert main(["hq", "user", "off", "ada", *folder]) == 0
    capsys.readouterr()
    assert main(["hq", "user", "list", *folder]) == 0
    assert capsys.readouterr().out.split() == ["ada", "merchant,", "operator", "(off)"]


@pytest.mark.browser
def test_a_person_logs_in_chooses_a_password_and_leaves(site, browser):  # noqa: F811
    once = sessions.add_user(site.ledger, "lena", [Role.MERCHANT], "test", site.stamp())
    browser.delete_all_cookies()
    browser.get(f"{site.url}/sales?lang=en")
    assert browser.current_url.startswith(f"{site.url}/login")
    browser.find_element(By.NAME, "name").send_keys("Lena")
    browser.find_element(By.NAME, "password").send_keys("no idea\n")
    until(browser, lambda: "do not belong together" in browser.find_element(By.TAG_NAME, "body").text)
    browser.find_element(By.NAME, "name").send_keys("lena")
    browser.find_element(By.NAME, "password").send_keys(once + "\n")
    until(browser, lambda: browser.current_url == f"{site.url}/account")
    for field in ("new", "again"):
        browser.find_element(By.NAME, field).send_keys(NEW)
    browser.find_element(By.CSS_SELECTOR, "main form button").click()
    until(browser, lambda: browser.current_url == f"{site.url}/login")
    browser.find_element(By.NAME, "name").send_keys("lena")
    browser.find_element(By.NAME, "password").send_keys(NEW + "\n")
    until(browser, lambda: browser.current_url == f"{site.url}/fleet")
    assert "lena" in browser.find_element(By.CSS_SELECTOR, ".me").text
    browser.find_element(By.CSS_SELECTOR, ".me button").click()
    until(browser, lambda: browser.current_url == f"{site.url}/login")
    browser.get(f"{site.url}/fleet")
    assert browser.current_url.startswith(f"{site.url}/login")
