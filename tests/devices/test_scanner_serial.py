"""A hand-held scanner on a serial line: a pseudo-terminal stands in for the cable."""

import os
import time

import pytest

from kiosk.devices.scanner_serial import LONGEST, SerialScanner
from kiosk.errors import DeviceMissingError


def read_until(scanner, count):
    codes, deadline = [], time.monotonic() + 30
    while len(codes) < count and time.monotonic() < deadline:
        codes += scanner.read()
    return codes


def test_codes_come_a_line_each_whatever_the_pieces_they_come_in():
    cable, port = os.openpty()
    scanner = SerialScanner(os.ttyname(port))
    assert scanner.read() == []
    for part in (b"40063", b"81333931\r\n", b"9520000000028\r95200", b"00000073\r\n"):
        os.write(cable, part)
    assert read_until(scanner, 3) == ["4006381333931", "9520000000028", "9520000000073"]
    os.write(cable, b"\xff\xfe\r\n" + b"9" * (LONGEST + 1) + b"\r\n1\r\n")
    assert read_until(scanner, 1) == ["1"]
    scanner.close()
    os.close(cable)
    os.close(port)


def test_a_scanner_that_is_not_there_is_named():
    with pytest.raises(DeviceMissingError, match="/dev/nothing"):
        SerialScanner("/dev/nothing")
