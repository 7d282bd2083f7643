"""A hand-held scanner on a serial line (USB CDC or RS-232): it sends each code as a line of text."""

from __future__ import annotations

import logging
from typing import Any

from kiosk.errors import DeviceMissingError

log = logging.getLogger(__name__)

BAUD = 9600
LONGEST = 128
"""Bytes of a code; what is longer is none."""


class SerialScanner:
    """Reads codes as they come; never waits. A scanner that was unplugged reads nothing until it is opened again."""

    def __init__(self, port: str) -> None:
        """Open the device file; raise DeviceMissingError when it is not there or its driver is not installed."""
        try:
            import serial
        except ImportError as error:
            raise DeviceMissingError(f"scanner {port}: pyserial is not installed; install the extra [pi]") from error
        try:
            self._line: Any = serial.Serial(port, BAUD, timeout=0)
        except serial.SerialException as error:
            raise DeviceMissingError(f"scanner {port}: {error}; plug it in, and set it to USB serial") from error
        self._broken: type[Exception] = serial.SerialException
        self._port, self._kept, self._lost = port, b"", False

    def read(self) -> list[str]:
        """Return the codes since the last call, oldest first."""
        try:
            self._kept += self._line.read(4096)
        except self._broken as error:
            if not self._lost:
                log.warning("scanner %s is lost: %s; plug it in again and start the service anew", self._port, error)
            self._lost = True
            return []
        *lines, self._kept = self._kept.replace(b"\r", b"\n").split(b"\n")
        self._kept = self._kept[-LONGEST:]
        return [line.decode("ascii") for line in lines if 0 < len(line) <= LONGEST and line.isascii()]

    def close(self) -> None:
        """Give the device back."""
        self._line.close()
