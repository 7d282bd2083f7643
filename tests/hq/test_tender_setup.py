"""The file of payment services: all mistakes at once, no secret in any message, nobody else may read it."""

from __future__ import annotations

import logging
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kiosk.domain import emv
from kiosk.domain.money import Money
from kiosk.errors import ConfigError, HqError, InvalidValueError
from kiosk.hq.tenders.alipay_code import decimal, units
from kiosk.hq.tenders.protocol import Charge, Status
from kiosk.hq.tenders.setup import _KEYS, credential_file, open_tenders
from kiosk.sim.payments.service import PaymentServices

SECRET = "sk_live_never_to_be_seen"
EXAMPLE = Path(__file__).parents[2] / "deploy" / "hq.tenders.example.toml"


def written(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def test_no_file_is_the_houses_own_money_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credential_file(None) is None and open_tenders(None, "") == {}
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credential_file(None) is None
    path = written(tmp_path / "tenders.toml", "")
    assert credential_file(None) == path and credential_file(tmp_path / "other") == tmp_path / "other"


def test_a_file_that_others_can_read_is_refused(tmp_path):
    with pytest.raises(HqError, match="chmod 600"):
        open_tenders(written(tmp_path / "t.toml", f'[stripe]\nsecret_key = "{SECRET}"\n', 0o640), "")
    with pytest.raises(HqError, match="No such file"):
        open_tenders(tmp_path / "none.toml", "")
    with pytest.raises(HqError, match="no TOML"):
        open_tenders(written(tmp_path / "bad.toml", "[stripe\n"), "")


def test_every_mistake_is_told_at_once_and_no_secret_with_it(tmp_path):
    text = (f'[stripe]\nsecret_key = 5\nsecret = "{SECRET}"\n[paypal]\nx = 1\n[emv_qr]\ntemplate = "26"\n'
            f'address = "http://acquirer.example/"\nsecret = "{SECRET}"\n')
    with pytest.raises(ConfigError) as told:
        open_tenders(written(tmp_path / "t.toml", text), "")
    said = str(told.value)
    assert SECRET not in said
    for part in ("secret_key is a str", "does not know secret", "[paypal]", "template is a int", "https is expected", "lacks guid"):
        assert part in said


@pytest.mark.parametrize("section", ["alipay", "wechat"])
def test_keys_that_cannot_be_read_are_told_without_themselves(tmp_path, section):
    services = PaymentServices()
    services.write_config(tmp_path / "t.toml", "EUR")
    lines = (tmp_path / "t.toml").read_text().splitlines()
    start = lines.index(f"[{section}]")
    key = next(i for i in range(start, len(lines)) if "private_key" in lines[i])
    lines[key] = lines[key].split("=")[0] + f'= "{SECRET}"'
    with pytest.raises(HqError, match="cannot be read") as told:
        open_tenders(written(tmp_path / "t.toml", "\n".join(lines)), "")
    assert SECRET not in str(told.value)


def test_accounts_do_not_print_their_secrets(tmp_path):
    services = PaymentServices()
    services.write_config(tmp_path / "t.toml", "EUR")
    sections = tomllib.loads((tmp_path / "t.toml").read_text())
    secrets = [sections["stripe"]["secret_key"], sections["wechat"]["apiv3_key"], sections["emv_qr"]["secret"],
               sections["alipay"]["app_private_key"].splitlines()[1]]
    for tender in open_tenders(tmp_path / "t.toml", "").values():
        shown = " ".join(repr(value) for value in (tender, *vars(tender).values()))
        assert not [secret for secret in secrets if secret in shown]


def test_a_failing_service_is_logged_without_the_key(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    text = f'[stripe]\nsecret_key = "{SECRET}"\naddress = "http://127.0.0.1:9"\ntimeout_s = 0.2\n'
    (card,) = open_tenders(written(tmp_path / "t.toml", text), "").values()
    assert card.authorise(Charge("k", Money(100, "EUR"), "x", "cus_1/pm_1")).status is Status.UNKNOWN
    assert SECRET not in caplog.text


def test_the_example_has_every_key():
    sections = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert set(sections) == set(_KEYS)
    for name, (must, may) in _KEYS.items():
        assert set(must) <= set(sections[name]) <= set(must) | set(may) | {"address", "timeout_s"}


@pytest.mark.parametrize(("library", "section", "extra"), [("stripe", "stripe", "'stripe'"), ("alipay", "alipay", "'python-alipay-sdk'"),
                                                           ("wechatpayv3", "wechat", "'wechatpayv3'")])
def test_a_library_that_is_not_installed_is_named_with_its_extra(tmp_path, library, section, extra):
    services = PaymentServices()
    services.write_config(tmp_path / "all.toml", "EUR")
    text = (tmp_path / "all.toml").read_text()
    body = text[text.index(f"[{section}]"):].split("\n[")[0]
    path = written(tmp_path / "one.toml", body + "\n")
    script = (f"import sys; sys.modules[{library!r}] = None\n"
              "from kiosk.hq.tenders.setup import open_tenders; from pathlib import Path; from kiosk.errors import HqError\n"
              f"try: open_tenders(Path({str(path)!r}), '')\nexcept HqError as error: print(error)\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert extra in done.stdout and "kiosk[hq]" in done.stdout


def test_amounts_as_alipay_writes_them():
    assert [decimal(Money(minor, currency)) for minor, currency in ((5, "EUR"), (1250, "EUR"), (1250, "JPY"), (1250, "KWD"))] == [
        "0.05", "12.50", "1250", "1.250"]
    assert [units(text, "EUR") for text in ("12.50", "12.5", "12", "x", "1e3", "", "-1.00")] == [1250, 1250, 1200, 0, 0, 0, 0]


MERCHANT = emv.Merchant(26, "example.scheme", "KIOSK0001", "5411", "FR", "LUMIERE", "PARIS")


def test_an_emv_code_is_what_the_standard_says():
    assert emv.crc("123456789") == "29B1"  # the check value of CRC-16/IBM-3740 (0x1021, start 0xFFFF, not reflected)
    for amount, field, numeric in ((Money(1250, "EUR"), "12.50", "978"), (Money(5, "EUR"), "0.05", "978"),
                                   (Money(1250, "JPY"), "1250", "392"), (Money(1250, "KWD"), "1.250", "414")):
        text = emv.code(MERCHANT, amount, "REF1")
        assert text.startswith("000201010212") and text[-8:-4] == "6304" and emv.crc(text[:-4]) == text[-4:]
        read = emv.read(text)
        assert (read["54"], read["53"], read["52"], read["58"]) == (field, numeric, "5411", "FR")
        assert emv.fields(read["62"]) == {"05": "REF1"} and emv.fields(read["26"]) == {"00": "example.scheme", "01": "KIOSK0001"}


def test_an_emv_code_with_one_character_changed_is_refused():
    text = emv.code(MERCHANT, Money(1250, "EUR"), "REF1")
    for place in range(len(text)):
        other = text[:place] + ("7" if text[place] != "7" else "8") + text[place + 1:]
        with pytest.raises(InvalidValueError):
            emv.read(other)


def test_what_cannot_stand_in_an_emv_code_is_refused():
    for amount, reference in ((Money(0, "EUR"), "R"), (Money(1, "CLF"), "R"), (Money(1, "EUR"), "R" * 26), (Money(1, "EUR"), "")):
        with pytest.raises(InvalidValueError):
            emv.code(MERCHANT, amount, reference)
    for change in ({"template": 25}, {"category": "541"}, {"name": "É"}, {"city": "A" * 16}, {"guid": ""}):
        with pytest.raises(InvalidValueError):
            emv.Merchant(**({f: getattr(MERCHANT, f) for f in MERCHANT.__dataclass_fields__} | change))
