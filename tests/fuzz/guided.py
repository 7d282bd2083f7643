"""Bytes that look for new paths through the code that reads what the network brings. `python -m tests.fuzz.guided TARGET [OPTIONS]`.

atheris, which `make fuzz` and `make test-slow` install into .fuzz, follows which lines a message reaches and changes it until it reaches
others. OPTIONS are libFuzzer's.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import tempfile
from pathlib import Path

from kiosk.domain.events import Lane

TOPICS = tuple(f"v1/kiosk-1/up/{lane}" for lane in Lane)
METHODS = ("GET", "POST", "PUT", "HEAD", "OPTIONS")
PATHS = ("/report", "/requests", "/requests/r1/approve", "/tenders/alipay", "/tenders/stripe", "/tenders/wechat", "/tenders/x", "/")
TOKEN = "a token"


def wire_target():
    """Everything that a kiosk or HQ decodes."""
    return importlib.import_module("tests.wire.test_fuzz").read_everything


def ingest_target():
    """HQ's own way with it: whatever comes is booked, or set aside and counted, and the books add up."""
    facts, store = (importlib.import_module(f"kiosk.hq.ledger.{name}") for name in ("facts", "store"))
    ingest = importlib.import_module("kiosk.hq.ingest").Ingest
    wire, stamp = importlib.import_module("kiosk.wire"), importlib.import_module("kiosk.hq.stamp")
    money, balance = importlib.import_module("kiosk.domain.money"), importlib.import_module("kiosk.hq.wallet").balance_check
    ledger = store.Ledger(Path(tempfile.mkdtemp(prefix="kiosk-fuzz-")) / "hq.db")
    ledger._db.execute("PRAGMA synchronous=OFF")  # what is looked for is not lost by a power cut
    ids = iter(range(1 << 60))
    now = stamp.Stamp(1_772_445_600_000, lambda: f"id-{next(ids)}")
    taker, turns = ingest(ledger, money.Money(0, "EUR")), [0]

    def take(data: bytes) -> None:
        topic, payload = TOPICS[data[0] % len(TOPICS)] if data else TOPICS[0], data[1:]
        unreadable = any(isinstance(item, wire.Unreadable) and not item.epoch for item in wire.decode_batch(topic, payload))
        with ledger.read() as db:
            before = facts.counter(db, "quarantined")
        taker.commit([(topic, payload)], now)
        taker.states([("v1/kiosk-1/state", payload)], now)
        with ledger.read() as db:
            assert not unreadable or facts.counter(db, "quarantined") > before, "what cannot be read is counted"
            assert db.execute("SELECT count(*) FROM quarantine").fetchone()[0] <= facts.QUARANTINE_ROWS
            turns[0] += 1
            assert turns[0] % 500 or balance(db).even
    return take


def web_target():
    """HQ's HTTP interface for machines: no request makes it fail."""
    store = importlib.import_module("kiosk.hq.ledger.store")
    notices = importlib.import_module("kiosk.hq.notices").Notices
    stamp = importlib.import_module("kiosk.hq.stamp")
    ledger = store.Ledger(Path(tempfile.mkdtemp(prefix="kiosk-fuzz-")) / "hq.db")
    now = stamp.Stamp(1_772_445_600_000, lambda: "id")
    app = importlib.import_module("kiosk.hq.api").make_api(ledger, lambda: now, TOKEN, notices(ledger, {}, lambda: now))
    loop = asyncio.new_event_loop()

    def ask(data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        choice, query = (head[0], head[1:]) if head else (0, b"")
        loop.run_until_complete(_asked(app, (METHODS[choice % len(METHODS)], PATHS[choice // len(METHODS) % len(PATHS)]), query, body))
    return ask


async def _asked(app, what, query, body):
    """Send one request straight into the application; what it raises is found."""
    headers = [(b"authorization", f"Bearer {TOKEN}".encode()), (b"content-length", str(len(body)).encode()), (b"x", query[:100])]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": what[0], "path": what[1], "root_path": "",
             "raw_path": what[1].encode(), "scheme": "http", "query_string": query, "headers": headers, "client": ("127.0.0.1", 1),
             "server": ("127.0.0.1", 2)}
    parts = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    statuses = []

    async def receive():
        return parts.pop(0) if len(parts) > 1 else parts[0]

    async def send(message):
        statuses.append(message.get("status", 0))

    await app(scope, receive, send)
    assert max(statuses) < 500, (what, statuses)


TARGETS = {
    "wire": (wire_target, ["kiosk.wire"]),
    "ingest": (ingest_target, ["kiosk.wire", "kiosk.hq.ingest", "kiosk.hq.posting", "kiosk.hq.wallet"]),
    "web": (web_target, ["kiosk.hq.api", "kiosk.hq.notices"]),
}
"""What is fuzzed: how it is made, and the code in which new paths are looked for."""


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough; exit code 0 when nothing was found."""
    atheris = importlib.import_module("atheris")
    logging.disable(logging.CRITICAL)
    make, rooms = TARGETS[sys.argv[1]]
    with atheris.instrument_imports(include=rooms):
        target = make()
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
