"""The demo's verdict: whatever HQ holds otherwise than the kiosks recorded is named."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.sim.counter import MoneyBook
from kiosk.sim.outage import CUT_AFTER_S, PATIENCE_S, WAIT_S, Outage
from kiosk.sim.processes import Child, Usage
from kiosk.sim.report import HqBook, KioskBook, differences, report


def hq(sales: dict[str, int], gaps: int = 0, duplicates: int = 0, balanced: bool = True) -> HqBook:
    return HqBook(sales, gaps, duplicates, 0, balanced)


def money(owed: int = 0, taken: int = 0, still_open: int = 0) -> MoneyBook:
    return MoneyBook({"alipay": owed}, {"alipay": taken}, 1, 1, 250, still_open)


BOOKS = {
    "pay-1": KioskBook({"a": 100, "b": 250}, {"recognised": 2, "requests_approved": 1}),
    "mirror-1": KioskBook({"c": 50}, {"recognised": 1}),
}


def test_equal_books_have_no_difference() -> None:
    made = report(BOOKS, hq({"a": 100, "b": 250, "c": 50}), [Usage("hq", 50.0, 1.5)], 4.2, money(150, 150))
    assert made["differences"] == []
    assert (made["kiosk_sales"], made["hq_sales"], made["kiosk_total_minor"], made["hq_total_minor"]) == (3, 3, 400, 400)
    assert (made["recognised"], made["replenishments"], made["kiosks"]["pay-1"]["sales"]) == (3, 1, 2)
    assert (made["codes_paid"], made["refunds"], made["refunded_minor"], made["services_minor"]) == (1, 1, 250, {"alipay": 150})
    assert made["processes"] == [{"name": "hq", "peak_mb": 50.0, "cpu_s": 1.5}]


@pytest.mark.parametrize(("book", "said"), [
    (hq({"a": 100, "b": 250}), "HQ does not hold sale c"),
    (hq({"a": 100, "b": 250, "c": 50, "d": 1}), "no kiosk recorded sale d"),
    (hq({"a": 100, "b": 251, "c": 50}), "sale b: 250 at the kiosk, 251 at HQ"),
    (hq({"a": 100, "b": 250, "c": 50}, gaps=2), "2 numbers are missing"),
    (hq({"a": 100, "b": 250, "c": 50}, duplicates=1), "applied 1 facts more than once"),
    (hq({"a": 100, "b": 250, "c": 50}, balanced=False), "does not add up"),
])
def test_every_difference_is_named(book: HqBook, said: str) -> None:
    (found,) = differences(BOOKS, book, money())
    assert said in found


@pytest.mark.parametrize(("posted", "said"), [({"a": 1}, []), ({}, ["offline sale a is posted 0 times at HQ"]),
                                              ({"a": 2}, ["offline sale a is posted 2 times at HQ"])])
def test_an_offline_sale_is_posted_once_or_named(posted: dict[str, int], said: list[str]) -> None:
    books = {"pay-1": KioskBook({"a": 100}, offline={"a"})}
    made = report(books, replace(hq({"a": 100}), postings=posted), [], 1.0, money())
    assert made["differences"] == said and (made["offline_sales"], made["offline_posted_once"]) == (1, int(not said))


def test_the_line_is_cut_until_something_is_sold(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        outage = Outage(broker.getsockname()[1])
        assert outage.look(1.0, lambda: 0, lambda: True) == "" and not outage.running
        assert outage.look(CUT_AFTER_S, lambda: 3, lambda: True) != "" and outage.running
        assert outage.look(CUT_AFTER_S + 5, lambda: 3, lambda: True) == "" and outage.running
        assert "is back" in outage.look(CUT_AFTER_S + 6, lambda: 4, lambda: True) and not outage.running and not outage.in_vain
        assert outage.look(CUT_AFTER_S + 99, lambda: 4, lambda: True) == "", "once is enough"
        outage.close()
        idle = Outage(broker.getsockname()[1])
        assert idle.look(CUT_AFTER_S + 1, lambda: 0, lambda: False) == "" and not idle.running, "a phone is let pay first"
        assert idle.look(CUT_AFTER_S + WAIT_S, lambda: 0, lambda: False) != "" and idle.running and not idle.over
        assert idle.look(CUT_AFTER_S + WAIT_S + PATIENCE_S, lambda: 0, lambda: False) != "" and not idle.running
        assert idle.over and idle.in_vain
        idle.close()


@pytest.mark.parametrize(("book", "said"), [(money(100, 150), "alipay: HQ's books say 100, the service took 150"),
                                            (money(still_open=2), "2 refunds are still under way")])
def test_every_difference_to_a_payment_service_is_named(book: MoneyBook, said: str) -> None:
    assert differences(BOOKS, hq({"a": 100, "b": 250, "c": 50}), book) == [said]
    assert not book.agrees and money(5, 5).agrees


def test_what_still_waits_is_a_difference() -> None:
    assert differences({"pay-1": KioskBook(waiting=3)}, hq({}), money()) == ["pay-1: 3 facts still wait"]


def test_a_child_is_measured_over_its_restarts_and_ends_with_its_log(tmp_path: Path) -> None:
    child = Child("version", ("--version",), tmp_path, {})
    for _ in range(2):
        child.start()
        deadline = time.monotonic() + 20
        while child.running and time.monotonic() < deadline:
            child.measure()
        assert child.exit_code == 0
        child.stop()
    assert child.measure().peak_mb > 5
    assert child.log.read_text().count("kiosk ") == 2


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    folder = str(tmp_path)
    script = (f"from kiosk.sim.processes import Child; from pathlib import Path; import time\n"
              f"c = Child('w', ('hq', 'serve', '--folder', {folder!r}, '--broker', '127.0.0.1:1', '--port', '0'), Path({folder!r}), {{}})\n"
              f"c.start(); print(c._process.pid, flush=True); time.sleep(60)\n")
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
