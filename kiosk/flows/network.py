"""The settings of a card as the files that the system's network and time services read. Pure: values in, texts out.

Two systems are known: our own image, run by systemd-networkd and wpa_supplicant, and Raspberry Pi OS, run by NetworkManager.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from kiosk.config import Settings, WifiSettings

NETWORKD, NETWORK_MANAGER = "systemd-networkd", "NetworkManager"
"""Who runs the network."""
CABLE, RADIO, WPA, AUTHORITY = "10-kiosk-cable.network", "10-kiosk-wifi.network", "kiosk/wpa_supplicant.conf", "kiosk/wifi-ca.pem"
COUNTRY = "kiosk/country"
"""Under this name NetworkManager's system finds whose channels are used: NetworkManager itself does not know that setting."""
_SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_KEY_ROUNDS = 4096
"""IEEE 802.11i: the key of a network is PBKDF2 of its password and its name."""
_UUIDS = {"kiosk-cable": "a3c0de2e-6f5e-4b44-9d0b-6b5f0a1c7e01", "kiosk-wifi": "a3c0de2e-6f5e-4b44-9d0b-6b5f0a1c7e02"}
"""By these NetworkManager knows a connection again after its file was written anew."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file. text: "" for none; secret: whether root alone may read it."""

    text: str
    secret: bool = False


def files(settings: Settings, wifi: WifiSettings | None, manager: str) -> dict[str, Written]:
    """Return what the one that runs the network reads, by its path under /run. A fixed address is that of the Wi-Fi where there is one."""
    authority = Written(wifi.ca if wifi is not None and wifi.identity else "")
    render = _keyfiles if manager == NETWORK_MANAGER else _networkd
    return {**render(settings, wifi), AUTHORITY: authority}


def time_servers(settings: Settings) -> str:
    """Return systemd-timesyncd's file, "" where the system's own time servers are right."""
    return f"[Time]\nNTP={' '.join(settings.network.ntp)}\n" if settings.network.ntp else ""


def environment(settings: Settings) -> str:
    """Return what the services find in their environment: the proxy, which the broker's own net goes around."""
    if not settings.network.proxy:
        return ""
    around = f"localhost,127.0.0.1,{settings.broker.host}"
    return "".join(f"{name}={settings.network.proxy}\n" for name in ("HTTPS_PROXY", "HTTP_PROXY")) + f"NO_PROXY={around}\n"


def _networkd(settings: Settings, wifi: WifiSettings | None) -> dict[str, Written]:
    fixed = settings if settings.network.address != "dhcp" else None
    return {f"systemd/network/{CABLE}": Written(_network("e* usb*", None if wifi else fixed, optional=wifi is not None)),
            f"systemd/network/{RADIO}": Written(_network("wl*", fixed if wifi else None, optional=wifi is None)),
            WPA: Written(wpa(wifi) if wifi is not None else "", secret=True)}


def _network(names: str, fixed: Settings | None, optional: bool) -> str:
    lines = ["[Match]", f"Name={names}", "", "[Link]", f"RequiredForOnline={'no' if optional else 'routable'}", "", "[Network]"]
    if fixed is not None:
        given = fixed.network
        lines += [f"Address={given.address}", f"Gateway={given.gateway}", *(f"DNS={server}" for server in given.dns)]
    else:
        lines += ["DHCP=yes", "", "[DHCPv4]", "ClientIdentifier=mac"]
    return "\n".join(lines) + "\n"


def wpa(wifi: WifiSettings) -> str:
    """Return wpa_supplicant's file. Texts stand in it as hexadecimal, so that none of them can say anything else than itself."""
    lines = ["ctrl_interface=/run/wpa_supplicant", f"country={wifi.country}", "sae_pwe=2", "network={",
             f"    ssid={wifi.ssid.encode().hex()}"]
    if wifi.hidden:
        lines.append("    scan_ssid=1")
    password = wifi.password.reveal().encode()
    if wifi.identity:
        lines += ["    key_mgmt=WPA-EAP WPA-EAP-SHA256", "    ieee80211w=1", f"    eap={wifi.eap}",
                  f"    identity={wifi.identity.encode().hex()}", f"    password={password.hex()}", *_trusted(wifi)]
    elif password:
        key = hashlib.pbkdf2_hmac("sha1", password, wifi.ssid.encode(), _KEY_ROUNDS, 32)
        lines += ["    key_mgmt=WPA-PSK WPA-PSK-SHA256 SAE", "    ieee80211w=1", f"    psk={key.hex()}",
                  f"    sae_password={password.hex()}"]
    else:
        lines.append("    key_mgmt=NONE")
    return "\n".join([*lines, "}"]) + "\n"


def _trusted(wifi: WifiSettings) -> list[str]:
    if wifi.eap == "PWD":
        return []
    authority = f"/run/{AUTHORITY}" if wifi.ca else _SYSTEM_AUTHORITIES
    lines = [f'    ca_cert="{authority}"', '    phase2="auth=MSCHAPV2"']
    if wifi.domain:
        lines.append(f"    domain_suffix_match={wifi.domain.encode().hex()}")
    return lines


def _keyfiles(settings: Settings, wifi: WifiSettings | None) -> dict[str, Written]:
    fixed = settings if settings.network.address != "dhcp" else None
    cable = _connection("kiosk-cable", "ethernet", multiple=fixed is None or wifi is not None) | _addresses(None if wifi else fixed)
    radio = _connection("kiosk-wifi", "wifi") | _radio(wifi) | _addresses(fixed) if wifi is not None else {}
    folder = "NetworkManager/system-connections"
    return {f"{folder}/kiosk-cable.nmconnection": Written(_sections(cable), secret=True),
            f"{folder}/kiosk-wifi.nmconnection": Written(_sections(radio), secret=True),
            COUNTRY: Written(f"{wifi.country}\n" if wifi is not None else "")}


Sections = dict[str, dict[str, str]]
"""Of NetworkManager's keyfile: section -> key -> value, as it stands there."""


def _connection(name: str, kind: str, multiple: bool = False) -> Sections:
    """Say what it is. It goes before what the system made itself; multiple: it may be up on many devices at once."""
    said = {"id": name, "uuid": _UUIDS[name], "type": kind, "autoconnect-priority": "100"}
    return {"connection": said | ({"multi-connect": "3"} if multiple else {})}


def _radio(wifi: WifiSettings) -> Sections:
    radio = {"mode": "infrastructure", "ssid": "".join(f"{byte};" for byte in wifi.ssid.encode())}
    found: Sections = {"wifi": radio | ({"hidden": "true"} if wifi.hidden else {})}
    if wifi.identity:
        found["wifi-security"] = {"key-mgmt": "wpa-eap"}
        found["802-1x"] = {"eap": f"{wifi.eap.lower()};", "identity": _value(wifi.identity), "password": _value(wifi.password.reveal())}
        if wifi.eap != "PWD":
            found["802-1x"] |= {"ca-cert": f"/run/{AUTHORITY}" if wifi.ca else _SYSTEM_AUTHORITIES, "phase2-auth": "mschapv2"}
            found["802-1x"] |= {"domain-suffix-match": _value(wifi.domain)} if wifi.domain else {}
    elif wifi.password:  # NetworkManager's wpa-psk is WPA2 and WPA3
        found["wifi-security"] = {"key-mgmt": "wpa-psk", "psk": _value(wifi.password.reveal())}
    return found


def _addresses(fixed: Settings | None) -> Sections:
    if fixed is None:
        return {"ipv4": {"method": "auto", "dhcp-client-id": "mac"}, "ipv6": {"method": "auto"}}
    given = fixed.network
    mine = ipaddress.ip_interface(given.address).version
    found: Sections = {}
    for version, otherwise in ((4, "disabled"), (6, "auto")):
        section = {"method": "manual", "address1": given.address, "gateway": given.gateway} if version == mine else {"method": otherwise}
        servers = "".join(f"{server};" for server in given.dns if ipaddress.ip_address(server).version == version)
        usable = bool(servers) and section["method"] != "disabled"
        found[f"ipv{version}"] = section | ({"dns": servers} if usable else {})
    return found


def _value(text: str) -> str:
    """Return a text as a keyfile holds it, so that it can say nothing but itself."""
    for letter, written in (("\\", "\\\\"), (" ", "\\s"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(letter, written)
    return text


def _sections(sections: Sections) -> str:
    return "\n".join("".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in keys.items())]) for name, keys in sections.items())
