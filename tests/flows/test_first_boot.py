"""A card is taken over whole, once; a wrong one changes nothing and is told on it; a cut at any step is made good later."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.flows.first_boot import Places, first_boot, network_manager
from kiosk.flows.network import NETWORK_MANAGER, NETWORKD
from kiosk.services.attendant import show_mistakes

CARD = ('[device]\nid = "paris-1"\nstore = "Paris"\nroles = ["pay", "stock"]\nlanguage = "zh"\n[camera]\nkind = "usb"\nsource = "0"\n'
        '[broker]\nhost = "hq.shop.fr"\n[network]\naddress = "192.168.1.20/24"\ngateway = "192.168.1.1"\ndns = ["192.168.1.1", "9.9.9.9"]\n'
        'ntp = ["time.shop.fr"]\nproxy = "http://proxy.shop.fr:3128"\n[setup]\ncode = "ABCD-EFGH-JKLM-NPQR"\n'
        'ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8nVZ1q4m1vF8j0m2n9r7p3u6w8y1a4c7e0g3i6k9mo"\n')
CLAIM = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
WIFI = '[wifi]\nssid = "Boutique \\"A\\""\npassword = "correct horse"\nhidden = true\ncountry = "FR"\n'


@pytest.fixture
def places(tmp_path):
    for name in ("card", "etc", "run", "state"):
        (tmp_path / name).mkdir()
    (tmp_path / "card" / "claim.pem").write_text(CLAIM)
    return Places(tmp_path / "card", tmp_path / "etc", tmp_path / "run", tmp_path / "state")


def lay(places: Places, text: str = CARD, wifi: str = "") -> None:
    (places.card / "kiosk.toml").write_text(text, encoding="utf-8")
    if wifi:
        (places.card / "wifi.toml").write_text(wifi, encoding="utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def log(places: Places) -> str:
    return (places.card / "kiosk-provision.log").read_text()


def test_a_card_is_taken_over_once_and_the_system_follows_it(places):
    lay(places, wifi=WIFI)
    assert first_boot(places).state == "taken"
    assert log(places).startswith("OK paris-1")
    assert not (places.card / "wifi.toml").exists()
    assert "192.168.1.20/24" in (places.run / "systemd/network/10-kiosk-wifi.network").read_text()
    assert "DHCP=yes" in (places.run / "systemd/network/10-kiosk-cable.network").read_text()
    assert (places.run / "systemd/timesyncd.conf.d/kiosk.conf").read_text() == "[Time]\nNTP=time.shop.fr\n"
    assert "HTTPS_PROXY=http://proxy.shop.fr:3128" in (places.run / "kiosk/environment").read_text()
    assert (places.run / "kiosk/authorized_keys").read_text().startswith("ssh-ed25519 ")
    wants = {path.name for path in (places.run / "systemd/system/kiosk.target.wants").iterdir()}
    assert wants == {"kiosk@pay.service", "kiosk@stock.service", "kiosk@sync.service"}
    assert (places.etc / "kiosk.toml").stat().st_mode & 0o777 == 0o640
    assert (places.etc / "wifi.toml").stat().st_mode & 0o777 == 0o600
    radio = places.run / "kiosk/wpa_supplicant.conf"
    assert radio.stat().st_mode & 0o777 == 0o600 and "scan_ssid=1" in radio.read_text()
    before = everything(places.etc), everything(places.card)
    assert first_boot(places).state == "known"
    assert (everything(places.etc), everything(places.card)) == before


def test_a_wrong_card_changes_nothing_and_every_mistake_is_told(places):
    lay(places, CARD.replace("store", "stroe").replace("192.168.1.1\"", "192.168.1\"", 1))
    outcome = first_boot(places)
    assert (outcome.state, outcome.usable, len(outcome.mistakes)) == ("mistakes", False, 3)
    assert everything(places.etc) == {}
    assert log(places).startswith("3 mistakes:") and "did you mean device.store?" in log(places) and "USB stick" in log(places)
    told = json.loads((places.run / "kiosk/setup.json").read_text())
    assert (told["language"], tuple(told["mistakes"])) == ("zh", outcome.mistakes)
    assert not (places.run / "systemd").exists()


def test_a_device_that_works_goes_on_with_its_card_when_the_next_one_is_wrong(places):
    lay(places)
    first_boot(places)
    kept = everything(places.etc)
    lay(places, CARD.replace('["pay", "stock"]', '["till"]'))
    outcome = first_boot(places)
    assert (outcome.state, outcome.device, outcome.usable) == ("kept", "paris-1", True)
    assert everything(places.etc) == kept
    assert "goes on with the card before this one" in log(places)
    assert (places.run / "systemd/system/kiosk.target.wants/kiosk@pay.service").is_symlink()


def test_a_device_that_works_goes_on_when_its_card_cannot_be_read(places):
    lay(places)
    first_boot(places)
    nothing = Places(places.card / "not-mounted", places.etc, places.run / "next", places.state)
    outcome = first_boot(nothing)
    assert outcome.state == "kept" and outcome.device == "paris-1"
    assert (nothing.run / "systemd/system/kiosk.target.wants/kiosk@pay.service").is_symlink()
    unit = (Path(__file__).parents[2] / "systemd/kiosk-provision.service").read_text()
    required = re.findall(r"(?m)^(?:Requires|RequiresMountsFor|BindsTo)=(.*)$", unit)
    assert required == ["/etc/kiosk /var/lib/kiosk"], "what must be there before it starts; the card's partition may be missing"


def test_roles_and_keys_that_the_next_card_lacks_are_gone(places):
    lay(places)
    first_boot(places)
    lay(places, CARD.replace('["pay", "stock"]', '["pay"]').split("ssh_key")[0])
    assert first_boot(places).state == "taken"
    assert {path.name for path in (places.run / "systemd/system/kiosk.target.wants").iterdir()} == {"kiosk@pay.service",
        "kiosk@sync.service"}
    assert not (places.run / "kiosk/authorized_keys").exists()


def test_where_networkmanager_runs_the_network_it_gets_the_card_s_settings(places):
    lay(places, wifi=WIFI)
    places = replace(places, manager=NETWORK_MANAGER)
    first_boot(places)
    folder = places.run / "NetworkManager/system-connections"
    assert {path.name for path in folder.iterdir()} == {"kiosk-cable.nmconnection", "kiosk-wifi.nmconnection"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir()), "it takes no others"
    assert "address1=192.168.1.20/24" in (folder / "kiosk-wifi.nmconnection").read_text()
    assert (places.run / "kiosk/country").read_text() == "FR\n"
    assert not (places.run / "systemd/network").exists()
    lay(places, CARD.replace('["pay", "stock"]', '["pay"]'))
    first_boot(places)
    assert "correct\\shorse" in (folder / "kiosk-wifi.nmconnection").read_text(), "a Wi-Fi lasts when the next card says nothing of it"


def test_who_runs_the_network_is_seen_by_what_is_enabled(tmp_path):
    assert network_manager(tmp_path) == NETWORKD
    wants = tmp_path / "multi-user.target.wants"
    wants.mkdir()
    (wants / "NetworkManager.service").symlink_to("/usr/lib/systemd/system/NetworkManager.service")
    assert network_manager(tmp_path) == NETWORK_MANAGER


def test_a_card_without_a_lasting_place_is_not_taken(places):
    lay(places)
    outcome = first_boot(places, lasts=lambda: False)
    assert outcome.state == "mistakes" and "take another card" in outcome.mistakes[0]
    assert everything(places.etc) == {}


class _CutError(Exception):
    """The power went."""


@pytest.mark.parametrize("step", range(10))
def test_a_power_cut_at_any_step_is_made_good_by_the_next_start(places, step, monkeypatch):
    """Each file that is put in place is one step; the cut comes before it."""
    lay(places, wifi=WIFI)
    left = [step]
    replace = Path.replace

    def cut(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise _CutError
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        with pytest.raises(_CutError):
            first_boot(places)
    assert first_boot(places).state in ("taken", "known")
    assert set(everything(places.etc)) >= {"kiosk.toml", "claim.pem", "wifi.toml", "card.sha256"}
    assert not (places.card / "wifi.toml").exists()
    assert (places.run / "kiosk/setup.json").exists()


def test_the_mistakes_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    shown = tmp_path / "card.png"
    assert show_mistakes(("kiosk.toml is missing",), "fr", shown) == 0
    assert not shown.exists() or shown.stat().st_size > 2000
