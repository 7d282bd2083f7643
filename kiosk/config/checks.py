"""What a value must be beyond its type: addresses, names of hosts, keys. Each check returns "" or what is wrong, in plain words."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
_SSH_KINDS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
              "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
CODE_LETTERS: Final = 16
"""Letters and digits of a one-time store code; dashes, spaces and case do not count."""


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def host(text: str) -> str:
    """Say what is wrong with the name or address of a host."""
    if re.fullmatch(r"[\d.]+", text):
        return "" if _ip(text) else "is no address such as 192.168.1.10"
    return "" if _HOST.fullmatch(text) or _ip(text) else "is no name such as mqtt.example.com and no address such as 192.168.1.10"


def hosts(texts: Sequence[str]) -> str:
    """Say what is wrong with a list of hosts."""
    return next((f"holds {text!r}, which {wrong}" for text in texts if (wrong := host(text))), "")


def address(text: str) -> str:
    """Say what is wrong with a fixed address: "dhcp", or an address with the length of its net."""
    if text == "dhcp":
        return ""
    try:
        made = ipaddress.ip_interface(text)
    except ValueError:
        return 'is neither "dhcp" nor an address such as 192.168.1.20/24'
    if "/" not in text:
        return f"needs the length of its net, for most shops {text}/24"
    if made.ip in (made.network.network_address, made.network.broadcast_address) and made.network.prefixlen < made.max_prefixlen - 1:
        return "is the address of a whole net, not of one machine"
    return ""


def addresses(texts: Sequence[str]) -> str:
    """Say what is wrong with a list of bare addresses."""
    return next((f"holds {text!r}, which is no address such as 192.168.1.1" for text in texts if not _ip(text)), "")


def gateway(text: str) -> str:
    """Say what is wrong with the address of a router; "" is none."""
    return "" if not text or _ip(text) else "is no address such as 192.168.1.1"


def proxy(text: str) -> str:
    """Say what is wrong with a proxy's address; "" is none."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not None and not host(parts.hostname or "")
    except ValueError:
        sound = False
    return "" if sound else "is no address such as http://proxy.example.com:3128"


def ssh_key(text: str) -> str:
    """Say what is wrong with a public key as ssh-keygen writes it into a file .pub; "" is none."""
    if not text:
        return ""
    if "PRIVATE" in text:
        return "is a private key: keep that to yourself, and write the line of the file that ends in .pub"
    kind, _, rest = text.strip().partition(" ")
    try:
        raw = base64.b64decode(rest.partition(" ")[0], validate=True)
    except binascii.Error:
        raw = b""
    sound = kind in _SSH_KINDS and raw[4:4 + len(kind)] == kind.encode() and "\n" not in text.strip()
    return "" if sound else "is no public key: one line that begins with ssh-ed25519 or ssh-rsa is expected, copied whole"


def code(text: str) -> str:
    """Say what is wrong with a one-time store code; "" is none."""
    plain = "".join(letter for letter in text if letter not in "- ")
    if not text or (len(plain) == CODE_LETTERS and plain.isalnum() and plain.isascii()):
        return ""
    return f"has {len(plain)} letters and digits; a store code has {CODE_LETTERS}, as HQ printed it"


def country(text: str) -> str:
    """Say what is wrong with a country's code: Wi-Fi may use other channels in each."""
    return "" if re.fullmatch(r"[A-Z]{2}", text) else "is no country of two capital letters such as FR"


CHECKS: Final[dict[str, Callable[[Any], str]]] = {
    "broker.host": host, "network.address": address, "network.gateway": gateway, "network.dns": addresses, "network.ntp": hosts,
    "network.proxy": proxy, "setup.ssh_key": ssh_key, "setup.code": lambda secret: code(secret.reveal()), "wifi.country": country,
}
"""The check of a value, by `section.key`."""
SECRET: Final = frozenset({"setup.code"})
"""Keys whose value no message may hold."""
