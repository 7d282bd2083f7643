"""One contract for every printer: a file as paper, and ESC/POS by python-escpos' own dummy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from escpos.printer import Dummy

from kiosk.config import PrinterSettings
from kiosk.design.paper import Paper, PaperLine, Sheet, receipt, refund_slip, width
from kiosk.devices.printer import EscposPrinter, FilePrinter, Printer, make_printer
from kiosk.domain.events import SaleCompleted, SaleLine, SaleRefunded
from kiosk.domain.money import share
from kiosk.errors import ConfigError, DeviceLostError

TEA = "9520000000073"
LINES = (SaleLine(TEA, 3, 320, 320, 640, 55, "tea", "goods", 0, 0, {"tea": 320}),
         SaleLine("2100012000000", 1, 1200, 0, 1200, 55, "", "goods", 482, 2490), SaleLine(TEA, 3, 25, 0, 75, 0, "", "deposit"))
SALE = SaleCompleted("sale-1", "pay-1-000042", "i", LINES, 1915, "EUR", {"55": 96, "0": 0}, "wallet_face", "", True, 3)
REFUND = SaleRefunded("r", "sale-1", "pay-1-R-000001", (LINES[2],), 75, "EUR", {"0": 0}, "wallet_face", "", "returned", "lea")
NAMES = {"fr": "Thé vert à la menthe de la montagne, boîte de 40 g", "en": "Green tea 40 g", "zh": "绿茶 40克 高山特级茶叶礼盒装"}


def sheet(language: str, columns: int, **more: object) -> Sheet:
    return Sheet(columns, language, "Lumière · Paris 11", "22/11/2026 14:05", lambda _gtin: NAMES[language], {"tea": "3 pour 2"},
                 "https://shop.example/r/abcdefghijklmnopqrstuvwxyz", "aB3+", **more)


@pytest.mark.parametrize("columns", [32, 48])
@pytest.mark.parametrize("language", ["fr", "en", "zh"])
def test_no_line_is_wider_than_the_paper_and_all_figures_stand_on_it(language: str, columns: int) -> None:
    paper = receipt(SALE, sheet(language, columns, copy=2, training=True))
    for line in (*paper.lines, *paper.foot, *refund_slip(REFUND, sheet(language, columns)).lines):
        assert width(line.text) <= (columns // 2 if line.big else columns), line.text
    text = "\n".join(line.text for line in paper.lines).replace(",", ".")
    for figure in ("19.15", "9.60", "3.20", "12.00", "0.482", "24.90", "0.75", "5.5%", "0%", "0.96", "18.40", "17.44", "aB3+",
                   "pay-1-000042"):
        assert figure in text, figure
    assert any("2" in line.text and line.bold for line in paper.lines[:4])
    assert any("aB3+" in line.text for line in refund_slip(REFUND, sheet(language, columns)).lines)


@pytest.mark.parametrize("columns", [32, 48])
@pytest.mark.parametrize("language", ["fr", "en", "zh"])
@pytest.mark.parametrize(("currency", "minor", "figures"), [
    ("EUR", 9_999_999, {"83333.32", "16666.67", "99999.99"}), ("KWD", 1_060_396_287, {"883663.572", "176732.715", "1060396.287"}),
    ("VND", 124_900_000, {"104083333", "20816667", "124900000"})])
def test_large_amounts_do_not_run_into_each_other_nor_over_the_paper(
        language: str, columns: int, currency: str, minor: int, figures: set[str]) -> None:
    sale = replace(SALE, lines=(SaleLine(TEA, 1, minor, 0, minor, 200, ""),), total_minor=minor, currency=currency,
                   vat={"200": share(minor, 200, 1200)})
    paper = receipt(sale, sheet(language, columns))
    assert all(width(line.text) <= (columns // 2 if line.big else columns) for line in paper.lines)
    assert figures <= {word for line in paper.lines for word in line.text.replace(",", ".").split()}


class Roll:
    """What came out of a printer."""

    def __init__(self, make: Callable[[], Printer], read: Callable[[], bytes]) -> None:
        self.printer, self.read = make(), read


@pytest.fixture(params=["file", "escpos", "network"])
def roll(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Roll]:
    if request.param == "file":
        path = tmp_path / "roll.txt"
        yield Roll(lambda: FilePrinter(path), path.read_bytes)
        return
    if request.param == "escpos":
        dummy = Dummy(profile="TM-T88V")
        dummy.paper_status = lambda: 2
        yield Roll(lambda: EscposPrinter("dummy", lambda: dummy), lambda: dummy.output)
        return
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def listen() -> None:
            peer, _ = server.accept()
            with peer:
                while data := peer.recv(65536):
                    heard.extend(data)
                    if b"\x10\x04\x04" in data:
                        peer.sendall(b"\x12")
            ended.set()

        threading.Thread(target=listen, daemon=True).start()
        made = make_printer(PrinterSettings("network", f"127.0.0.1:{server.getsockname()[1]}"))

        def read() -> bytes:
            made.close()
            assert ended.wait(20)
            return bytes(heard)

        yield Roll(lambda: made, read)


def test_a_receipt_comes_out_whole_and_in_order(roll: Roll) -> None:
    roll.printer.print(receipt(SALE, sheet("en", 48)))
    roll.printer.print(Paper(48, (PaperLine("second"),)))
    printed = roll.read()
    assert printed.index(b"pay-1-000042") < printed.index(b"Green tea") < printed.index(b"TOTAL") < printed.rindex(b"second")


def test_chinese_goes_out_as_a_picture_and_euros_in_a_code_page() -> None:
    dummy = Dummy(profile="TM-T88V")
    dummy.paper_status = lambda: 2
    printer = EscposPrinter("dummy", lambda: dummy)
    printer.print(Paper(48, (PaperLine("茶叶  3.20", bold=True),)))
    assert b"\x1dv0" in dummy.output and "茶".encode() not in dummy.output
    dummy.clear()
    printer.print(Paper(48, (PaperLine("Thé  3,20 €"),)))
    assert b"\x1dv0" not in dummy.output and b"?" not in dummy.output and b"Th" in dummy.output


def test_no_paper_and_no_printer_are_told_apart_and_come_back() -> None:
    state = {"paper": 0, "answers": True}

    def connect() -> Dummy:
        if not state["answers"]:
            raise OSError("no route to host")
        dummy = Dummy()
        dummy.paper_status = lambda: state["paper"]
        return dummy

    printer = EscposPrinter("counter", connect)
    with pytest.raises(DeviceLostError, match="counter has no paper"):
        printer.print(Paper(48, (PaperLine("x"),)))
    state["paper"] = 2
    printer.print(Paper(48, (PaperLine("x"),)))
    printer.close()
    state["answers"] = False
    with pytest.raises(DeviceLostError, match="check cable"):
        printer.print(Paper(48, (PaperLine("x"),)))


@pytest.mark.parametrize(("kind", "address", "reason"), [("network", "", "is missing"), ("usb", "xyz", "vendor:product")])
def test_an_address_that_cannot_be_is_told(kind: str, address: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make_printer(PrinterSettings(kind, address))


def test_a_device_without_a_printer_has_none(tmp_path: Path) -> None:
    assert make_printer(PrinterSettings()) is None
    with pytest.raises(DeviceLostError, match="check its folder"):
        FilePrinter(tmp_path / "nowhere" / "roll.txt").print(Paper(48, ()))
