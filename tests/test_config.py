"""kiosk.toml: all mistakes at once, with line and nearest key; secrets stay secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.config import load, parse
from kiosk.errors import ConfigError

GOOD = """
[device]
id = "pay-1"
store = "Paris"
roles = ["pay"]
[hq]
public_key = "abc"
[broker]
password = "hush-hush"
[staff.pins]
lea = "4711"
"""

FIVE_MISTAKES = """[device]
id = "Pay 1"
stroe = "Paris"
store = "Paris"
roles = ["pay", "till"]
language = "fr"
[hq]
public_key = "abc"
[camera]
kind = "usbb"
rate_hz = 500
"""


def test_a_good_file_is_read() -> None:
    settings = parse(GOOD)
    assert settings.device.id == "pay-1"
    assert settings.device.roles == ("pay",)
    assert settings.broker.password.reveal() == "hush-hush"
    assert settings.camera.kind == "none"


def test_five_mistakes_are_five_lines_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(FIVE_MISTAKES)
    assert main(["config", str(path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{path}: 5 mistake(s)"
    assert [line.strip().split(":")[0] for line in said[1:]] == ["line 2", "line 3", "line 5", "line 10", "line 11"]
    assert "did you mean device.store?" in said[2]
    assert "did you mean usb?" in said[4]


def test_secrets_are_masked_wherever_they_are_printed() -> None:
    settings = parse(GOOD)
    for text in (repr(settings), str(settings), f"{settings.broker.password} {settings.broker.password!r} {settings.staff.pins}"):
        assert "hush" not in text
        assert "4711" not in text


def test_a_file_from_windows_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).device.store == "Paris"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"not = [toml", b""])
def test_what_is_no_configuration_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="mistake"):
        load(path)


@pytest.mark.parametrize("text", ["device = 3", "[device]\nid = 7\nstore = 'x'\nroles = 'pay'", "[staff]\npins = ['1']"])
def test_a_wrong_type_is_a_mistake(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)
