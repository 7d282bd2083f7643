"""A technician's card: every mistake of every file at once, in plain words, without a secret; files as Windows saves them; fleets."""

from __future__ import annotations

import csv
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.config import load, parse
from kiosk.config.card import read_card
from kiosk.config.fleet import read_fleet, to_toml
from kiosk.errors import ConfigError

GOOD = ('[device]\nid = "paris-1"\nstore = "Paris"\nroles = ["pay"]\n[camera]\nkind = "usb"\nsource = "0"\n[broker]\nhost = "hq.shop.fr"\n'
        '[setup]\ncode = "ABCD-EFGH-JKLM-NPQR"\n')
CLAIM = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8nVZ1q4m1vF8j0m2n9r7p3u6w8y1a4c7e0g3i6k9mo lea@laptop"


def card(folder: Path, kiosk: str = GOOD, wifi: str = "", claim: str = CLAIM) -> Path:
    (folder / "kiosk.toml").write_text(kiosk, encoding="utf-8")
    if wifi:
        (folder / "wifi.toml").write_text(wifi, encoding="utf-8")
    if claim:
        (folder / "claim.pem").write_text(claim)
    return folder


def said(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read_card(folder)
    return caught.value.mistakes


def test_a_good_card_is_read(tmp_path):
    read = read_card(card(tmp_path, wifi='[wifi]\nssid = "Boutique"\npassword = "long enough"\nhidden = true\n'))
    assert read.settings.device.id == "paris-1"
    assert read.settings.setup.code.reveal() == "ABCD-EFGH-JKLM-NPQR"
    assert read.wifi is not None and read.wifi.hidden
    assert read.claim


def test_mistakes_of_all_files_come_at_once_and_hold_no_secret(tmp_path):
    wrong = GOOD.replace("store", "stroe").replace("ABCD-EFGH-JKLM-NPQR", "ABCD-SECRET")
    found = said(card(tmp_path, wrong, '[wifi]\nssid = "Boutique"\npassword = 12345678\n', "not what HQ wrote"))
    text = "\n".join(found)
    for part in ("did you mean device.store?", "setup.code has 10 letters and digits", "wifi.password is not a text",
                 "claim.pem is not what HQ"):
        assert part in text
    assert "SECRET" not in text and "12345678" not in text


@pytest.mark.parametrize(("section", "part"), [
    ('[network]\naddress = "192.168.1.20"\n', "needs the length of its net, for most shops 192.168.1.20/24"),
    ('[network]\naddress = "192.168.1.0/24"\n', "the address of a whole net"),
    ('[network]\naddress = "192.168.1.20/24"\ngateway = "192.168.2.1"\ndns = ["192.168.1.1"]\n', "is not in the net of"),
    ('[network]\naddress = "192.168.1.20/24"\n', "network.dns is missing"),
    ('[network]\ndns = ["one"]\n', "holds 'one', which is no address"),
    ('[network]\nntp = ["time server"]\n', "holds 'time server'"),
    ('[network]\nproxy = "proxy.shop.fr"\n', "is no address such as http://proxy.example.com:3128"),
    ('ssh_key = "-----BEGIN OPENSSH PRIVATE KEY-----"\n', "is a private key"),
    ('ssh_key = "ssh-ed25519 AAAA"\n', "is no public key"),
    ('[staff.pins]\nlea = "0000"\n', "the PIN of lea is the example's"),
    ('[staff.pins]\nlea = "47x1"\nada = "12"\nmia = "4711"\n', "the PIN of ada has to be four digits or more, and no letters"),
])
def test_each_mistake_is_told_in_plain_words(tmp_path, section, part):
    assert any(part in mistake for mistake in said(card(tmp_path, GOOD + section))), part


def test_the_examples_own_broker_and_a_card_without_a_code_or_claim_are_mistakes(tmp_path):
    found = said(card(tmp_path, GOOD.replace("hq.shop.fr", "mqtt.example.com").replace('code = "ABCD-EFGH-JKLM-NPQR"\n', ""), claim=""))
    assert len(found) == 3
    assert "is the example's" in found[0] and "setup.code is missing" in found[1] and "claim.pem is missing" in found[2]


def test_a_device_that_has_its_certificate_needs_neither_code_nor_claim(tmp_path):
    card(tmp_path, GOOD.replace('code = "ABCD-EFGH-JKLM-NPQR"\n', ""), claim="")
    assert read_card(tmp_path, certified="paris-1").settings.device.id == "paris-1"
    with pytest.raises(ConfigError, match=r"setup\.code"):
        read_card(tmp_path, certified="paris-2")


@pytest.mark.parametrize(("wifi", "part"), [
    ('password = "short"\n', "has 5 letters; 8 to 63"),
    ('password = "long\\nenough"\n', "holds something that is no letter"),
    ('password = "secret"\nidentity = "lea"\n', "wifi.ca and wifi.domain are missing"),
    ('identity = "lea"\ndomain = "radius.shop.fr"\n', "asks for both"),
    ('password = "secret"\nidentity = "lea"\nca = """-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"""\n',
     "wifi.ca is no certificate"),
])
def test_mistakes_of_a_wifi_are_told_alike_for_a_card_a_file_and_a_fleet(tmp_path, capsys, wifi, part):
    written = '[wifi]\nssid = "Boutique"\n' + wifi
    assert any(part in mistake for mistake in said(card(tmp_path, wifi=written)))
    assert main(["card", "check", str(tmp_path / "wifi.toml")]) == 2
    assert part in capsys.readouterr().err
    cells = tomllib.loads(written)["wifi"]
    (tmp_path / "base.toml").write_text(GOOD)
    with (tmp_path / "fleet.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[f"wifi.{key}" for key in cells], cells.values()])
    with pytest.raises(ConfigError, match=re.escape(part)):
        read_fleet(tmp_path / "fleet.csv", tmp_path / "base.toml")


def test_a_network_s_own_authority_is_taken(tmp_path):
    key, authority = tmp_path / "key", tmp_path / "ca.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", authority, "-subj", "/CN=Shop",
                    "-days", "2"], check=True, capture_output=True, timeout=30)
    office = f'[wifi]\nssid = "Office"\nidentity = "lea"\npassword = "secret"\nca = """{authority.read_text()}"""\n'
    read = read_card(card(tmp_path, wifi=office))
    assert read.wifi is not None and read.wifi.ca == authority.read_text() and read.wifi_text == office
    assert "wifi.ca is no certificate" in said(card(tmp_path, wifi=office.replace('"""\n', key.read_text() + '"""\n')))[0]


def test_a_key_is_taken_as_ssh_keygen_writes_it():
    assert parse(GOOD + f'ssh_key = "{KEY}"\n').setup.ssh_key == KEY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_as_windows_saves_it(tmp_path, encoding, capsys):
    path = tmp_path / "kiosk.toml"
    path.write_bytes(GOOD.replace("Paris", "Zürich").replace("\n", "\r\n").encode(encoding))
    assert load(path).device.store == "Zürich"
    assert main(["card", "check", str(path)]) == 0
    assert "in order. paris-1" in capsys.readouterr().out


def test_the_old_windows_letters_and_a_hidden_ending_are_told(tmp_path, capsys):
    path = tmp_path / "kiosk.toml.txt"
    path.write_bytes(GOOD.replace("Paris", "Zürich").encode("cp1252"))
    assert "rename it to kiosk.toml" in said(tmp_path)[0]
    assert main(["card", "check", str(path)]) == 2
    assert "save it with the encoding UTF-8" in capsys.readouterr().err


def test_a_line_that_is_no_toml_is_named_without_what_stands_in_it(tmp_path):
    found = said(card(tmp_path, GOOD, '[wifi]\nssid = "Shop"\npassword = hush-hush\n'))
    assert found == (f"wifi.toml: line 3: not TOML, near column 12: {found[0].split(': ')[3]}",)
    assert "hush" not in found[0]


def test_forty_cards_are_made_of_a_table(tmp_path, capsys):
    rows = ["device.id;device.roles;setup.code;network.address;display.rotate;display.large;wifi.ssid;wifi.password"]
    rows += [f"paris-{n};pay stock;ABCD-EFGH-JKLM-{n:04d};192.168.1.{n + 20}/24;90;yes;Boutique;long enough" for n in range(40)]
    (tmp_path / "fleet.csv").write_text("\n".join(rows))
    base = GOOD.replace('id = "paris-1"\n',
                        "") + '[network]\ngateway = "192.168.1.1"\ndns = ["192.168.1.1"]\n[staff.pins]\n"léa" = "4711"\n'
    (tmp_path / "base.toml").write_text(base)
    (tmp_path / "claim.pem").write_text(CLAIM)
    arguments = ["card", "make", str(tmp_path / "fleet.csv"), "--base", str(tmp_path / "base.toml"), "--claim", str(tmp_path / "claim.pem")]
    assert main([*arguments, "--out", str(tmp_path / "cards")]) == 0
    folders = sorted((tmp_path / "cards").iterdir())
    assert len(folders) == 40
    read = read_card(tmp_path / "cards" / "paris-7")
    assert (read.settings.network.address, read.settings.device.roles, read.settings.display.rotate) == ("192.168.1.27/24",
        ("pay", "stock"), 90)
    assert read.settings.display.large and read.settings.staff.pins["léa"].reveal() == "4711"
    assert read.wifi is not None and read.wifi.ssid == "Boutique"


def test_mistakes_of_all_rows_come_at_once(tmp_path):
    (tmp_path / "fleet.csv").write_text("device.id,device.store,display.rotate,display.large,broker.host\n"
                                        "a,Paris,ninety,yes,hq\nb,Paris,45,maybe,hq\nc,Paris,90,no,hq\nc,Paris,90,no,hq\n")
    (tmp_path / "base.toml").write_text('[device]\nroles = ["stock"]\n')
    with pytest.raises(ConfigError) as caught:
        read_fleet(tmp_path / "fleet.csv", tmp_path / "base.toml")
    found = caught.value.mistakes
    assert [mistake.split(":")[0] for mistake in found] == ["row 2", "row 3", "device.id 'c' stands in 2 rows"]
    (tmp_path / "odd.csv").write_text("device.name,store\nx,y\n")
    with pytest.raises(ConfigError, match=r"(?s)'device.name' is no key.*'store' is no key"):
        read_fleet(tmp_path / "odd.csv")


def test_the_shipped_table_makes_cards(tmp_path):
    fleet = Path(__file__).parents[2] / "deploy" / "fleet.csv"
    assert {made.device for made in read_fleet(fleet)} == {"paris-11-pay-1", "paris-11-mirror-1", "lyon-2-shelf-1"}


@pytest.mark.parametrize(("name", "content", "arguments", "part"), [
    ("fleet.csv", None, (), "fleet.csv: 1 mistake(s)\n  cannot be read: No such file or directory: look at the path"),
    ("fleet.csv", b"\xff\xfe\x00", (), "no plain text in UTF-8"),
    ("base.toml", None, ("--base",), "base.toml: 1 mistake(s)\n  cannot be read"),
    ("base.toml", b"[device\n", ("--base",), "base.toml: 1 mistake(s)\n  line 1: not TOML"),
    ("claim.pem", None, ("--claim",), "claim.pem: 1 mistake(s)\n  cannot be read"),
    ("claim.pem", b"device.id;", ("--claim",), "claim.pem: 1 mistake(s)\n  is not what HQ writes"),
])
def test_a_fleet_is_refused_by_the_file_that_is_wrong_and_nothing_is_written(tmp_path, capsys, name, content, arguments, part):
    (tmp_path / "fleet.csv").write_text("device.id;device.store;device.roles\na;Paris;stock\n")
    (tmp_path / name).unlink(missing_ok=True)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    options = [word for option in arguments for word in (option, str(tmp_path / name))]
    assert main(["card", "make", str(tmp_path / "fleet.csv"), *options, "--out", str(tmp_path / "cards")]) == 2
    assert part in capsys.readouterr().err
    assert not (tmp_path / "cards").exists()


def test_cards_without_a_claim_file_are_made_and_the_lack_is_told(tmp_path, capsys):
    (tmp_path / "fleet.csv").write_text("device.id;device.store;device.roles\na;Paris;stock\n")
    assert main(["card", "make", str(tmp_path / "fleet.csv"), "--out", str(tmp_path / "cards")]) == 0
    assert "claim.pem is on none of them" in capsys.readouterr().out


def test_toml_is_written_so_that_it_reads_back():
    import tomllib

    table = {"a": {"text": 'quo"te\\ \t é', "number": 3, "real": 0.5, "yes": True, "list": ["x", "y"], "in": {"né": "1"}}, "b": {}}
    assert tomllib.loads(to_toml(table)) == table
