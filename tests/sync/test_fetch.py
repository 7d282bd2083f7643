"""Manifests too large for a message: fetched from a real web server, believed only when they are what HQ signed."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kiosk import wire
from kiosk.domain.catalog import PriceList, Product, check_digit
from kiosk.domain.money import Money
from kiosk.errors import SyncError, WireError
from kiosk.sync.fetch import Fetcher, fetch


def large_list(version: int = 1) -> PriceList:
    codes = [f"95211{n:07d}" for n in range(900)]
    names = {"en": "A product with a name of some length", "fr": "Un produit dont le nom est assez long"}
    products = tuple(Product(code + check_digit(code), names, Money(100, "EUR"), 200, 50.0) for code in codes)
    return PriceList(version, datetime(2026, 1, 1, tzinfo=UTC), "EUR", products)


class Site:
    """A web server on this machine: path -> body; what is not there is answered 404."""

    def __init__(self) -> None:
        site = self
        self.bodies: dict[str, bytes] = {}
        self.asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                body = site.bodies.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def test_what_is_fetched_is_what_was_signed(site: Site) -> None:
    prices = large_list()
    link = wire.link_to(prices, f"{site.address}/pricelist/1")
    site.bodies["/pricelist/1"] = wire.encode_value(prices)
    assert link.size > wire.INLINE_BYTES
    assert wire.open_body(link, fetch(link)) == prices


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b.replace(b"100", b"001", 1)])
def test_another_body_is_not_believed(change) -> None:
    prices = large_list()
    link = wire.link_to(prices, "http://127.0.0.1/x")
    with pytest.raises(WireError, match="is not the pricelist 1 that HQ signed"):
        wire.open_body(link, change(wire.encode_value(prices)))


def test_more_than_promised_is_not_read(site: Site) -> None:
    link = wire.link_to(large_list(), f"{site.address}/long")
    site.bodies["/long"] = b"x" * (link.size + 1)
    with pytest.raises(SyncError, match="longer than"):
        fetch(link)


@pytest.mark.parametrize("url", ["http://shop.example/p", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:1/closed", "https://[bad"])
def test_what_must_not_or_cannot_be_fetched_is_said_so(url: str) -> None:
    with pytest.raises((SyncError, ValueError)):
        fetch(wire.ManifestLink("pricelist", 1, 10, "0" * 64, url))


def test_the_fetcher_goes_on_asking_until_it_is_there(site: Site) -> None:
    fetcher = Fetcher(first_pause_s=0.02)
    prices = large_list()
    link = wire.link_to(prices, f"{site.address}/late")
    fetcher.ask(link)
    deadline = time.monotonic() + 10
    while len(site.asked) < 2 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    site.bodies["/late"] = wire.encode_value(prices)
    came: list[tuple[wire.ManifestLink, bytes]] = []
    while not came and time.monotonic() < deadline:
        came = fetcher.take()
        threading.Event().wait(0.01)
    fetcher.close()
    assert [(found, wire.open_body(found, body)) for found, body in came] == [(link, prices)]
    assert len(site.asked) >= 3


def test_a_link_is_signed_for_its_group() -> None:
    link = wire.link_to(large_list(), "https://hq.example/manifests/pricelist/1")
    message = wire.encode_link("shop", link, lambda body: b"signed:" + body[:4])
    assert wire.decode_manifest(message, "shop", lambda body, signature: signature == b"signed:" + body[:4]) == link
    with pytest.raises(WireError, match="not for group"):
        wire.decode_manifest(message, "other", lambda *_: True)
    with pytest.raises(WireError, match="not HQ's"):
        wire.decode_manifest(message, "shop", lambda *_: False)
