"""What the system's network services read, as golden text; NetworkManager reads its files itself where it is installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from kiosk.config import Settings, WifiSettings, parse, parse_wifi
from kiosk.flows.network import NETWORK_MANAGER, NETWORKD, files, wpa

KIOSK = ('[device]\nid = "paris-1"\nstore = "Paris"\nroles = ["pay"]\n[camera]\nkind = "usb"\nsource = "0"\n'
         '[broker]\nhost = "hq.shop.fr"\n')
FIXED = '[network]\naddress = "192.168.1.20/24"\ngateway = "192.168.1.1"\ndns = ["192.168.1.1", "2620:fe::fe"]\n'
SIX = '[network]\naddress = "2001:db8::20/64"\ngateway = "2001:db8::1"\ndns = ["2001:db8::1"]\n'
SHOP = '[wifi]\nssid = "Boutique"\npassword = "correct horse"\nhidden = true\ncountry = "DE"\n'
OFFICE = ('[wifi]\nssid = "Büro; 1"\npassword = "a\\\\b c"\nidentity = "lea@shop"\neap = "TTLS"\ndomain = "radius.shop.fr"\n'
          'ca = "-----BEGIN CERTIFICATE-----"\n')
OPEN = '[wifi]\nssid = "open"\n'
NM = "NetworkManager/system-connections"


def settings(network: str = "") -> Settings:
    return parse(KIOSK + network)


def texts(given: Settings, wifi: WifiSettings | None, manager: str) -> dict[str, str]:
    return {name: file.text for name, file in files(given, wifi, manager).items() if file.text}


def test_the_key_of_a_network_is_the_one_of_the_standard():
    """The test vector of IEEE 802.11i, annex H.4: password "password", network "IEEE"."""
    text = wpa(parse_wifi('[wifi]\nssid = "IEEE"\npassword = "password"\n'))
    assert "psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e" in text
    assert "ssid=49454545" in text and "scan_ssid" not in text and "sae_password=70617373776f7264\n" in text


def test_wpa_supplicants_file_for_wpa2_and_wpa3():
    assert texts(settings(), parse_wifi(SHOP), NETWORKD)["kiosk/wpa_supplicant.conf"] == """\
ctrl_interface=/run/wpa_supplicant
country=DE
sae_pwe=2
network={
    ssid=426f757469717565
    scan_ssid=1
    key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE
    ieee80211w=1
    psk=584ee757cc609004ead470bcfd65b2b57ebc33281b0f77695976c7a9335617b7
    sae_password=636f727265637420686f727365
}
"""


def test_names_and_passwords_cannot_say_more_than_themselves():
    wifi = parse_wifi('[wifi]\nssid = "x\\n}\\nnetwork={"\npassword = "secret word"\nidentity = "lea\\"@shop"\n'
                      'domain = "a\\"\\nblob-base64-x={"\neap = "TTLS"\nhidden = true\n')
    text = wpa(wifi)
    assert text.count("network={") == 1 and "secret word" not in text and 'lea"' not in text and "blob" not in text
    assert "key_mgmt=WPA-EAP" in text and "eap=TTLS" in text and "scan_ssid=1" in text and "ca_cert=" in text
    assert "key_mgmt=NONE" in wpa(parse_wifi(OPEN))
    keyfile = texts(settings(), wifi, NETWORK_MANAGER)[f"{NM}/kiosk-wifi.nmconnection"]
    assert "\nnetwork" not in keyfile and "\nblob" not in keyfile and "ssid=120;10;125;10;110;" in keyfile


def test_networkmanagers_files_for_a_fixed_address_and_a_hidden_network():
    found = texts(settings(FIXED), parse_wifi(SHOP), NETWORK_MANAGER)
    assert found == {f"{NM}/kiosk-cable.nmconnection": """\
[connection]
id=kiosk-cable
uuid=a3c0de2e-6f5e-4b44-9d0b-6b5f0a1c7e01
type=ethernet
autoconnect-priority=100
multi-connect=3

[ipv4]
method=auto
dhcp-client-id=mac

[ipv6]
method=auto
""", f"{NM}/kiosk-wifi.nmconnection": """\
[connection]
id=kiosk-wifi
uuid=a3c0de2e-6f5e-4b44-9d0b-6b5f0a1c7e02
type=wifi
autoconnect-priority=100

[wifi]
mode=infrastructure
ssid=66;111;117;116;105;113;117;101;
hidden=true

[wifi-security]
key-mgmt=wpa-psk
psk=correct\\shorse

[ipv4]
method=manual
address1=192.168.1.20/24
gateway=192.168.1.1
dns=192.168.1.1;

[ipv6]
method=auto
dns=2620:fe::fe;
""", "kiosk/country": "DE\n"}


def test_networkmanagers_file_for_a_network_that_asks_who_it_is():
    found = texts(settings(), parse_wifi(OFFICE), NETWORK_MANAGER)
    assert found["kiosk/wifi-ca.pem"].startswith("-----BEGIN")
    assert found[f"{NM}/kiosk-wifi.nmconnection"].split("\n\n")[1:4] == ["""\
[wifi]
mode=infrastructure
ssid=66;195;188;114;111;59;32;49;""", """\
[wifi-security]
key-mgmt=wpa-eap""", """\
[802-1x]
eap=ttls;
identity=lea@shop
password=a\\\\b\\sc
ca-cert=/run/kiosk/wifi-ca.pem
phase2-auth=mschapv2
domain-suffix-match=radius.shop.fr"""]


def test_a_fixed_address_is_the_radio_s_where_there_is_one():
    for wifi, owner, other in ((None, "cable", "wifi"), (parse_wifi(OPEN), "wifi", "cable")):
        found = texts(settings(FIXED), wifi, NETWORKD)
        assert "Address=192.168.1.20/24\nGateway=192.168.1.1\n" in found[f"systemd/network/10-kiosk-{owner}.network"]
        assert "DHCP=yes" in found[f"systemd/network/10-kiosk-{other}.network"]


@pytest.mark.parametrize("network", ["", FIXED, SIX])
@pytest.mark.parametrize("wifi", ["", SHOP, OFFICE, OPEN])
def test_networkmanager_itself_reads_what_we_write(network, wifi):
    nmcli = shutil.which("nmcli")
    if nmcli is None:
        pytest.skip("NetworkManager is not installed")
    found = texts(settings(network), parse_wifi(wifi) if wifi else None, NETWORK_MANAGER)
    for name, text in found.items():
        if name.endswith(".nmconnection"):
            done = subprocess.run([nmcli, "--offline", "connection", "modify", "connection.autoconnect", "yes"], input=text,
                                  capture_output=True, text=True, check=False, timeout=30)
            assert done.returncode == 0 and not done.stderr, done.stderr
            wanted = {line.replace("\\s", " ") for line in text.splitlines() if "=" in line and not line.startswith("ssid=")}
            assert wanted <= set(done.stdout.splitlines()), "it says in its own words what it understood"
