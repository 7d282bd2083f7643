"""What people with bad intentions send to the console and its API: over real sockets, by hand, and made up by machines."""

import json
import select
import socket
from contextlib import suppress
from urllib.parse import quote, urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from kiosk.domain.events import DeviceHealth, MemberEnrolled
from kiosk.domain.staff import Role
from kiosk.hq.api import make_api
from kiosk.hq.console.guard import LARGEST_BODY, SMALL_BODY
from kiosk.hq.ledger import catalogue, facts
from tests.hq.test_console import site  # noqa: F401

SCRIPT = "<script>alert(1)</script>"
TEMPLATE = "{{7*7}}{% raw %}${7*7}"
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
               phases=[Phase.explicit, Phase.reuse, Phase.generate])


def raw(site, text, most=1_000_000):  # noqa: F811
    """Send bytes as they are and return what comes back: a client that corrects paths or lengths would hide the attack."""
    where = urlsplit(site.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.sendall(text)
        got = b""
        while len(got) < most and (part := line.recv(65536)):
            got += part
    return got


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


def alive(site):  # noqa: F811
    with site.client() as client:
        return client.get("/fleet").status_code == 200


@pytest.mark.parametrize("folder", ["assets", "screens", "replay", "static", "manifests", "orders", "api", "r"])
def test_no_path_leads_out_of_its_folder(site, folder):  # noqa: F811
    (site.folder / "hq.key").write_bytes(b"THE KEY")
    for way in ("../hq.key", "..%2fhq.key", "%2e%2e/hq.key", "....//hq.key", "..\\hq.key", "%2e%2e%5chq.key", "/etc/passwd", "%00hq.key",
                "..%252fhq.key", "x/../../hq.key"):
        request = f"GET /{folder}/{way} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: kiosk_session={site.word}\r\nConnection: close\r\n\r\n"
        answer = raw(site, request.encode())
        assert b"THE KEY" not in answer and b"root:" not in answer, (folder, way)
        assert status(answer) in (303, 307, 400, 401, 404, 405), (folder, way, answer[:80])
    assert alive(site)


def test_what_devices_and_people_write_is_text_on_every_page(site):  # noqa: F811
    site.send(site.pay.send(MemberEnrolled(f"m{SCRIPT}", SCRIPT, "fr", 1), DeviceHealth(SCRIPT, 1, {"money": 1}, 1, {SCRIPT: TEMPLATE})))
    with site.ledger.write() as db:
        facts.alarm(db, f"kind{SCRIPT}", "pay-1", TEMPLATE + SCRIPT, site.stamp().at_ms)
        catalogue.note(db, (site.stamp().at_ms, SCRIPT, TEMPLATE, SCRIPT, TEMPLATE, SCRIPT))
    with site.client() as client:
        for path in ("fleet", "sales", "days", "stock", "replenishment", "products", "wallet", "members", "alarms", "users", "account"):
            page = client.get(f"/{path}?lang=en&x={SCRIPT}").text
            assert SCRIPT not in page and "4949" not in page, path
        token = site.token()
        attempts = (("/replenishment/r1", {"act": "approve", "quantity": SCRIPT}), ("/users", {"name": SCRIPT, "role-viewer": "1"}),
                    ("/import", {"table": SCRIPT}), ("/products/4006381333931/price", {"price": SCRIPT + TEMPLATE}))
        for path, fields in attempts:
            answer = client.post(path, data={"token": token, **fields})
            assert answer.status_code in (409, 422) and SCRIPT not in answer.text and "4949" not in answer.text, path


def test_a_body_without_end_is_refused_before_it_is_gathered(site):  # noqa: F811
    for path, most, cookie in (("/login", SMALL_BODY, ""), ("/import", LARGEST_BODY, f"kiosk_session={site.word}")):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            sent, where = 0, urlsplit(site.url)
            with socket.create_connection((where.hostname, where.port), timeout=30) as line:
                line.sendall((f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {site.url}\r\nCookie: {cookie}\r\n"
                              f"Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
                while sent < 4 * LARGEST_BODY and not select.select([line], [], [], 0)[0]:
                    line.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                    sent += 65536
                assert status(line.recv(200)) in (400, 413) and sent < most + 16 * 1024 * 1024, (path, kind, sent)
        assert alive(site)
    with site.client() as client:
        form = {"token": site.token(), "plan": "[" * 200_000}
        assert client.post("/planogram/shelf-1", data=form).status_code == 400, "nested deeper than anybody reads"


def test_a_form_with_very_many_parts_and_a_bad_file_do_no_harm(site):  # noqa: F811
    with site.client() as client:
        many = [("token", site.token())] + [(f"line-{n}", "1") for n in range(5_000)]
        content = "&".join(f"{k}={v}" for k, v in many)
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/sales/s1/refund", content=content, headers=form).status_code in (400, 409)
        for name, data in (("bomb.csv", b"\x00" * 3_000_000), ("x.csv", b"gtin\n" + b"\xff\xfe" * 999), ("y.csv", b'"' * 100_000)):
            answer = client.post("/import", data={"token": site.token(), "table": "products"}, files={"file": (name, data)})
            assert answer.status_code in (409, 422), name
    assert alive(site)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(site, method):  # noqa: F811
    line = f"{method} /fleet HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {site.url}\r\nCookie: kiosk_session={site.word}\r\n"
    answer = raw(site, f"{line}Connection: close\r\n\r\n".encode())
    assert status(answer) in (400, 403, 405) and b"kiosk_session" not in answer


def test_a_session_that_somebody_else_chose_is_not_taken_over(site):  # noqa: F811
    chosen = "A" * 43
    with httpx.Client(base_url=site.url, headers={"origin": site.url}, cookies={"kiosk_session": chosen}) as client:
        assert client.get("/fleet").status_code == 303
    word = site.log_in(Role.VIEWER, name="vera")
    assert word != chosen and len(word) == 43


def test_requests_that_are_no_http_and_headers_without_end(site):  # noqa: F811
    for text in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /fleet HTTP/1.1\r\n\r\n", b"\x00" * 5_000,
                 b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        with suppress(ConnectionError):
            assert status(raw(site, text)) in (0, 303, 307, 400, 403, 431)
    assert alive(site)


@given(data=st.binary(max_size=300), cut=st.integers(0, 200))
@FEW
def test_the_stream_of_changes_survives_whatever_its_listeners_send(site, data, cut):  # noqa: F811
    head = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: kiosk_session={site.word}\r\nLast-Event-ID: ".encode()
    where = urlsplit(site.url)
    with socket.create_connection((where.hostname, where.port), timeout=20) as line:
        line.sendall((head + data + b"\r\n\r\n")[:max(1, len(head) + cut)])
    with site.client() as client:
        assert client.get("/account").status_code == 200


NAMES = ["act", "quantity", "limit", "price", "table", "content", "refund_id", "what", "reason", "line-0", "amount", "source", "lasts",
         "code-alipay", "plan"]
WORDS = ("approve all lines erase products -1 1e999 NaN ٣ " + "9" * 400).split()
FIELDS = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.text(max_size=40), st.sampled_from(WORDS)), max_size=6)


@given(fields=FIELDS, word=st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12))
@FEW
def test_no_form_makes_the_console_fall(site, fields, word):  # noqa: F811
    kept = ("/logout", "/account", "/login")
    acts = [r for r in site.app.routes if isinstance(r, Route) and "POST" in r.methods and r.path not in kept]
    with site.client() as client:
        for route in acts:
            path = route.path.replace("{alarm_id:int}", "1")
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", quote(word, safe=""))
            answer = client.post(path, data={"token": site.token(), **fields})
            assert answer.status_code < 500, (path, fields, answer.text[:200])


def test_the_api_keeps_its_word_under_made_up_requests(ledger, stamp):
    api = make_api(ledger, lambda: stamp, "token")
    schema = schemathesis.openapi.from_dict(api.openapi())
    schema.app = api

    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        def one(case):
            answer = case.call(headers={"authorization": "Bearer token"}, app=api)
            assert answer.status_code < 500, (case, answer.text)
            assert not json.dumps(answer.text).count("Traceback")

        one()
