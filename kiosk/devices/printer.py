"""Receipt printers: one protocol, a file that stands for paper, and ESC/POS printers through python-escpos.

Text of Latin scripts goes out in the printer's own code pages, which python-escpos chooses from its profile. A line that holds characters
no code page has (Chinese) is drawn with Noto Sans CJK and sent as a picture: printers differ in their Chinese code pages, pictures do not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from kiosk.config import PrinterSettings
from kiosk.design.paper import Paper, PaperLine
from kiosk.errors import ConfigError, DeviceLostError, DeviceMissingError

_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SIMPLIFIED_CHINESE = 2
_DOTS = 12
"""Dots a column at 203 dpi: 48 columns are 576 dots of 80 mm paper, 32 are 384 dots of 58 mm."""
_NO_PAPER = 0


class Printer(Protocol):
    """Puts receipts on paper."""

    def print(self, paper: Paper) -> None:
        """Print and cut; raise DeviceLostError when the printer does not answer or has no paper."""

    def close(self) -> None:
        """Give the printer back."""


class FilePrinter:
    """Appends receipts to a text file, as a roll of paper: for demos, tests and technicians."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def print(self, paper: Paper) -> None:
        """Append the receipt; raise DeviceLostError when the file cannot be written."""
        code = [f"[QR {paper.qr}]"] if paper.qr else []
        rows = [*(_typed(line, paper.columns) for line in paper.lines), *code, *(_typed(line, paper.columns) for line in paper.foot)]
        try:
            with self._path.open("a", encoding="utf-8") as roll:
                roll.write("\n".join(rows) + "\n" + "=" * paper.columns + "\n")
        except OSError as error:
            raise DeviceLostError(f"printer file {self._path}: {error.strerror}; check its folder in kiosk.toml") from error

    def close(self) -> None:
        """Nothing is held."""


def _typed(line: PaperLine, columns: int) -> str:
    return line.text.strip().center(columns // 2 if line.big else columns).rstrip() if line.align == "centre" else line.text


class EscposPrinter:
    """An ESC/POS printer. connect: opens a printer of python-escpos; it is opened when it is needed, and again after it was lost."""

    def __init__(self, name: str, connect: Callable[[], Any]) -> None:
        self._name, self._connect = name, connect
        self._device: Any = None

    def print(self, paper: Paper) -> None:
        """Print and cut."""
        from escpos.exceptions import Error

        try:
            device = self._opened()
            if _paper(device) == _NO_PAPER:
                raise DeviceLostError(f"printer {self._name} has no paper: put in a new roll")
            for line in paper.lines:
                _line(device, line, paper.columns)
            if paper.qr:
                device.set(align="center")
                device.qr(paper.qr, size=6, native=False, center=False)
            for line in paper.foot:
                _line(device, line, paper.columns)
            device.cut()
        except (Error, OSError, RuntimeError) as error:
            self.close()
            raise DeviceLostError(f"printer {self._name} does not answer ({error}): check cable, power and lid") from error

    def close(self) -> None:
        """Close the connection."""
        if self._device is not None:
            device, self._device = self._device, None
            device.close()

    def _opened(self) -> Any:
        if self._device is None:
            self._device = self._connect()
        return self._device


def _paper(device: Any) -> int:
    """Return 2 for enough paper, 1 for little, 0 for none; 2 where the connection cannot be read."""
    try:
        return int(device.paper_status())
    except (NotImplementedError, TypeError, IndexError):
        return 2


def _line(device: Any, line: PaperLine, columns: int) -> None:
    align = "center" if line.align == "centre" else "left"
    device.set(align=align, bold=line.bold, double_height=line.big, double_width=line.big, normal_textsize=not line.big)
    if any(ord(c) >= 0x2E80 for c in line.text):
        device.image(_drawn(line, _dots(device, columns)), impl="bitImageRaster", center=False)
    else:
        device.text(line.text.replace("\u2212", "-").replace("×", "x") + "\n")


def _dots(device: Any, columns: int) -> int:
    """Return the width of the paper in dots: by the columns, or less where the printer's profile knows better."""
    known = device.profile.profile_data.get("media", {}).get("width", {}).get("pixels")
    return min(columns * _DOTS, known) if isinstance(known, int) else columns * _DOTS


def _drawn(line: PaperLine, dots: int) -> Any:
    """Return a line as a picture `dots` wide, black on white."""
    from PIL import Image, ImageDraw, ImageFont

    if not _FONT.exists():
        raise DeviceMissingError(f"the font {_FONT} is not there: install Debian's fonts-noto-cjk")
    size = 2 * _DOTS * (2 if line.big else 1)
    font = ImageFont.truetype(str(_FONT), size, index=_SIMPLIFIED_CHINESE)
    picture = Image.new("1", (dots, round(size * 1.4)), 1)
    pen = ImageDraw.Draw(picture)
    left, _, right = line.text.partition("  ")
    while size > _DOTS and pen.textlength(line.text.strip(), font) > dots:
        size -= 1
        font = ImageFont.truetype(str(_FONT), size, index=_SIMPLIFIED_CHINESE)
    x = (picture.width - pen.textlength(line.text.strip(), font)) / 2 if line.align == "centre" else 0
    pen.text((x, 0), line.text.strip() if line.align == "centre" else left, 0, font)
    if right.strip() and line.align == "left":
        pen.text((picture.width - pen.textlength(right.strip(), font), 0), right.strip(), 0, font)
    return picture


def make_printer(given: PrinterSettings) -> Printer | None:
    """Return the printer that [printer] describes, None when there is none; raise ConfigError for an address that cannot be."""
    if given.kind == "none":
        return None
    if not given.address:
        raise ConfigError("kiosk.toml", (f"printer.address is missing: a printer of kind {given.kind} needs one",))
    if given.kind == "file":
        return FilePrinter(Path(given.address))
    return EscposPrinter(given.address, _connection(given))


def _connection(given: PrinterSettings) -> Callable[[], Any]:
    try:
        from escpos import printer
    except ImportError as error:
        raise DeviceMissingError("python-escpos is not installed: install the extra [pi], or set printer.kind = \"none\"") from error
    if given.kind == "usb":
        try:
            vendor, product = (int(part, 16) for part in given.address.split(":"))
        except ValueError as error:
            raise ConfigError("kiosk.toml", (f"printer.address = {given.address!r}: vendor:product in hex, e.g. 04b8:0e15",)) from error
        return lambda: printer.Usb(vendor, product, profile=given.profile)
    if given.kind == "network":
        host, _, port = given.address.partition(":")
        return lambda: printer.Network(host, int(port or 9100), timeout=5, profile=given.profile)
    return lambda: printer.Serial(given.address, profile=given.profile)
