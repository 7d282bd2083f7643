"""The settings of a card as the files that the system's own network and time services read. Pure: values in, texts out."""

from __future__ import annotations

import hashlib

from kiosk.config import Settings, WifiSettings

_KEY_ROUNDS = 4096
"""IEEE 802.11i: the key of a network is PBKDF2 of its password and its name."""


def networks(settings: Settings, wifi: bool) -> dict[str, str]:
    """Return systemd-networkd's files, name -> text. A fixed address is that of the Wi-Fi where there is one, else of the cable."""
    fixed = settings if settings.network.address != "dhcp" else None
    return {"10-kiosk-cable.network": _network("e* usb*", None if wifi else fixed, optional=wifi),
            "10-kiosk-wifi.network": _network("wl*", fixed if wifi else None, optional=not wifi)}


def _network(names: str, fixed: Settings | None, optional: bool) -> str:
    lines = ["[Match]", f"Name={names}", "", "[Link]", f"RequiredForOnline={'no' if optional else 'routable'}", "", "[Network]"]
    if fixed is not None:
        given = fixed.network
        lines += [f"Address={given.address}", f"Gateway={given.gateway}", *(f"DNS={server}" for server in given.dns)]
    else:
        lines += ["DHCP=yes", "", "[DHCPv4]", "ClientIdentifier=mac"]
    return "\n".join(lines) + "\n"


def time_servers(settings: Settings) -> str:
    """Return systemd-timesyncd's file, "" where the system's own time servers are right."""
    return f"[Time]\nNTP={' '.join(settings.network.ntp)}\n" if settings.network.ntp else ""


def environment(settings: Settings) -> str:
    """Return what the services find in their environment: the proxy, which the broker's own net goes around."""
    if not settings.network.proxy:
        return ""
    around = f"localhost,127.0.0.1,{settings.broker.host}"
    return "".join(f"{name}={settings.network.proxy}\n" for name in ("HTTPS_PROXY", "HTTP_PROXY")) + f"NO_PROXY={around}\n"


def wpa(wifi: WifiSettings) -> str:
    """Return wpa_supplicant's file. Texts stand in it as hexadecimal, so that none of them can say anything else than itself."""
    lines = ["ctrl_interface=/run/wpa_supplicant", f"country={wifi.country}", "network={", f"    ssid={wifi.ssid.encode().hex()}"]
    if wifi.hidden:
        lines.append("    scan_ssid=1")
    if wifi.identity:
        lines += _enterprise(wifi)
    elif wifi.password:
        key = hashlib.pbkdf2_hmac("sha1", wifi.password.reveal().encode(), wifi.ssid.encode(), _KEY_ROUNDS, 32)
        lines += ["    key_mgmt=WPA-PSK WPA-PSK-SHA256", f"    psk={key.hex()}"]
    else:
        lines.append("    key_mgmt=NONE")
    return "\n".join([*lines, "}"]) + "\n"


def _enterprise(wifi: WifiSettings) -> list[str]:
    lines = ["    key_mgmt=WPA-EAP WPA-EAP-SHA256", f"    eap={wifi.eap}", f"    identity={wifi.identity.encode().hex()}",
             f"    password={wifi.password.reveal().encode().hex()}"]
    if wifi.eap != "PWD":
        lines += ['    ca_cert="/etc/ssl/certs/ca-certificates.crt"', '    phase2="auth=MSCHAPV2"']
    if wifi.domain:
        lines.append(f'    domain_suffix_match="{wifi.domain}"')
    return lines
