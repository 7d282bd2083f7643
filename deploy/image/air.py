"""The air of the emulated machine: two radios that hear each other alone, and a shop's access point on one of them; no radio is real.

The access point (hostapd) is fetched for the trial and is no part of the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.image.disk import tool
from deploy.image.machine import Machine
from deploy.image.rootfs import mirrors, run

NET = "10.77.0"
RADIUS, USER, PASSWORD = "radius.shop.test", "kiosk", "correct horse; battery"
BEGIN = (f"printf '[Match]\\nName=wlan1\\n[Network]\\nAddress={NET}.1/24\\nDHCPServer=yes\\n[DHCPServer]\\nEmitRouter=no\\nEmitDNS=no\\n'"
         " | sudo tee /run/systemd/network/05-shop.network; sudo networkctl reload; sudo dpkg -x /run/hostapd.deb /opt/hostapd;"
         " sudo modprobe mac80211_hwsim radios=2")


@dataclass(frozen=True, slots=True)
class Network:
    """A shop's network. asks: its lines of hostapd's file; wifi: of wifi.toml; seen_as: how wpa_supplicant names its kind of key."""

    name: str
    asks: str
    wifi: str
    seen_as: str

    def toml(self) -> str:
        """Return wifi.toml."""
        return f'[wifi]\nssid = "{self.name}"\npassword = "{PASSWORD}"\ncountry = "FR"\n{self.wifi}'


def networks(folder: Path) -> list[Network]:
    """Return the networks that are tried; the authority and the key of the one that asks for a name are made in `folder`."""
    authority = _authority(folder)
    paths = "".join(f"{key}=/run/air/{name}\n" for key, name in (("ca_cert", "ca.pem"), ("server_cert", "radius.pem"),
                                                                 ("private_key", "radius.key"), ("eap_user_file", "users")))
    return [
        Network("Boutique cachée", f"ignore_broadcast_ssid=1\nwpa=2\nrsn_pairwise=CCMP\nwpa_key_mgmt=WPA-PSK\nwpa_passphrase={PASSWORD}\n",
                "hidden = true\n", "WPA2-PSK"),
        Network("Neuf", f"wpa=2\nrsn_pairwise=CCMP\nwpa_key_mgmt=SAE\nieee80211w=2\nsae_password={PASSWORD}\nsae_pwe=2\n", "", "SAE"),
        Network("Bureau", f"wpa=2\nrsn_pairwise=CCMP\nwpa_key_mgmt=WPA-EAP\nieee8021x=1\neap_server=1\n{paths}",
                f'identity = "{USER}"\ndomain = "{RADIUS}"\nca = """{authority}"""\n', "WPA2/IEEE 802.1X/EAP"),
    ]


def _authority(folder: Path) -> str:
    """Make a shop's own authority, its server's certificate and its users."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ("-newkey", "rsa:2048", "-nodes", "-days", "30")
    tool("openssl", "req", "-x509", *key, "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem"), "-subj", "/CN=A shop's own")
    tool("openssl", "req", "-x509", *key, "-keyout", str(folder / "radius.key"), "-out", str(folder / "radius.pem"), "-subj",
         f"/CN={RADIUS}", "-addext", f"subjectAltName=DNS:{RADIUS}", "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"))
    (folder / "users").write_text(f'* PEAP\n"{USER}" MSCHAPV2 "{PASSWORD}" [2]\n')
    return (folder / "ca.pem").read_text()


def fetch_hostapd(folder: Path) -> Path:
    """Return the package of the access point for the machine's Debian, with apt's own check of it."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text("\n".join(mirrors()) + "\n")
    given = ("APT::Architecture=arm64", "APT::Architectures=arm64", f"Dir::State::lists={folder}/lists",
             f"Dir::State::status={folder}/status", f"Dir::Cache={folder}", f"Dir::Etc::sourcelist={folder}/sources.list",
             "Dir::Etc::sourceparts=/dev/null", "APT::Sandbox::User=root")
    apt = ("apt-get", "-qq", *(word for option in given for word in ("-o", option)))
    run(*apt, "update")
    run(*apt, "download", "hostapd", cwd=folder)
    return next(folder.glob("hostapd_*_arm64.deb"))


class Air:
    """The access point in a machine whose kiosk has a Wi-Fi to find."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        """folder: where networks() made its files, and where the access point is fetched to."""
        self._machine, self._folder = machine, folder

    def begin(self) -> None:
        """Bring the access point's program and the two radios into the machine."""
        self._machine.run("sudo mkdir -p -m 700 /run/air")
        self._machine.send("/run/hostapd.deb", fetch_hostapd(self._folder / "apt").read_bytes())
        for name in ("ca.pem", "radius.pem", "radius.key", "users"):
            self._machine.send(f"/run/air/{name}", (self._folder / name).read_bytes())
        self._machine.run(BEGIN)

    def offer(self, network: Network) -> None:
        """Have the access point offer this network, and no other."""
        text = f"interface=wlan1\ndriver=nl80211\nutf8_ssid=1\nssid={network.name}\nhw_mode=g\nchannel=1\ncountry_code=FR\n{network.asks}"
        self._machine.send("/run/air/ap.conf", text.encode())
        self._machine.run("sudo systemctl stop shop-wifi 2>/dev/null; sudo systemd-run -q --collect --unit shop-wifi "
                          "/opt/hostapd/usr/sbin/hostapd /run/air/ap.conf")

    def joined(self, network: Network) -> bool:
        """Whether the kiosk is in this network, by the kind of key that it asks for, and has its address from there."""
        said = self._machine.run("sudo wpa_cli -p /run/wpa_supplicant -i wlan0 status", check=False).splitlines()
        held = self._machine.run("ip -4 -o address show wlan0", check=False)
        return "wpa_state=COMPLETED" in said and f"key_mgmt={network.seen_as}" in said and f"inet {NET}." in held
