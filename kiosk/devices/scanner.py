"""Scanners: codes seen since the last look, read out of a camera's frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import zxingcpp

from kiosk.domain.frame import Frame, Picture


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read. symbology: ean13 | ean8 | upca | qr | other.

    text: digits of the GTIN (12 for upca) or the text of the QR code. Not trusted: whoever holds it may have made it.
    """

    symbology: str
    text: str


class Scanner(Protocol):
    """Reads codes out of frames."""

    def scan(self, frame: Frame) -> list[Code]:
        """Return the codes in this frame."""


class Reader(Protocol):
    """A hand-held scanner: reads codes by itself, without a camera of ours."""

    def read(self) -> list[str]:
        """Return the codes since the last call, oldest first; never waits long."""

    def close(self) -> None:
        """Give the device back."""


_SYMBOLOGIES = {
    zxingcpp.BarcodeFormat.EAN13: "ean13", zxingcpp.BarcodeFormat.EAN8: "ean8", zxingcpp.BarcodeFormat.UPCA: "upca",
    zxingcpp.BarcodeFormat.QRCode: "qr",
}
_FORMATS = (zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.EAN8, zxingcpp.BarcodeFormat.UPCA, zxingcpp.BarcodeFormat.QRCode)


class CameraScanner:
    """Reads EAN-13, EAN-8, UPC-A and QR codes with zxing-cpp. Keeps nothing: the same code in the next frame is read again."""

    def scan(self, frame: Frame) -> list[Code]:
        """Return the codes in this frame, each once."""
        return list(dict.fromkeys(_code(found) for found in self._read(frame.pixels) if found.text))

    def _read(self, pixels: Picture) -> list[zxingcpp.Barcode]:
        # Green carries most of a print's contrast and saves a colour conversion; one plane is what zxing wants.
        found: list[zxingcpp.Barcode] = zxingcpp.read_barcodes(pixels[:, :, 1].copy(), formats=_FORMATS, try_invert=False)
        return found


def _code(found: zxingcpp.Barcode) -> Code:
    symbology, text = _SYMBOLOGIES.get(found.format, "other"), found.text
    # A UPC-A is an EAN-13 that begins with 0, bar for bar; which of the two names zxing gives it depends on its version.
    if symbology in ("ean13", "upca") and text[:-12] in ("", "0"):
        return Code("upca", text[-12:])
    return Code(symbology, text)
