"""Scanners: codes seen since the last look, from a camera's frames or a keyboard-wedge device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.frame import Frame


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read. symbology: ean13 | ean8 | upca | qr | other."""

    symbology: str
    text: str


class Scanner(Protocol):
    """Reads codes out of frames."""

    def scan(self, frame: Frame) -> list[Code]:
        """Return the codes in this frame."""
