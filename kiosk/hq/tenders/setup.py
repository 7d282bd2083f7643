"""HQ's payment services as its operator configured them: one TOML file, readable by its owner alone; secrets never leave this room.

The file is named by `kiosk hq serve --tenders FILE`, or lies as `tenders.toml` in systemd's $CREDENTIALS_DIRECTORY (LoadCredential=).
deploy/hq.tenders.example.toml shows every key.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk.domain.emv import Merchant
from kiosk.errors import ConfigError, HqError, InvalidValueError
from kiosk.hq.tenders.protocol import Tender

CREDENTIAL = "tenders.toml"
Section = Mapping[str, Any]

_KEYS: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "stripe": ({"secret_key": str}, {"webhook_secret": str}),
    "alipay": ({"app_id": str, "app_private_key": str, "alipay_public_key": str}, {"currencies": list}),
    "wechat": ({"mchid": str, "appid": str, "cert_serial_no": str, "private_key": str, "apiv3_key": str, "public_key": str,
                "public_key_id": str}, {}),
    "emv_qr": ({"template": int, "guid": str, "account": str, "category": str, "country": str, "name": str, "city": str, "address": str,
                "secret": str}, {}),
}
"""Service -> keys that it must have, keys that it may have; all may have `address` and `timeout_s`."""


def credential_file(named: Path | None) -> Path | None:
    """Return the file that was named, else the one in systemd's credentials, else None: then there is only the house's own money."""
    if named is not None:
        return named
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / CREDENTIAL
    return path if folder and path.exists() else None


def open_tenders(path: Path | None, address: str) -> dict[str, Tender]:
    """Return name -> tender for every service of the file. address: HQ's own, where services send notifications.

    Raises ConfigError with all mistakes, HqError when the file is open to others or a library is not installed.
    """
    if path is None:
        return {}
    sections = _read(path)
    mistakes = [m for name, section in sections.items() for m in _mistakes(name, section)]
    if mistakes:
        raise ConfigError(str(path), tuple(mistakes))
    made: dict[str, Tender] = {}
    for name, section in sections.items():
        try:
            made[name] = _MAKERS[name](section, f"{address.rstrip('/')}/api/tenders/{name}")
        except InvalidValueError as error:
            raise ConfigError(str(path), (f"[{name}] {error}",)) from error
    return made


def _read(path: Path) -> dict[str, Section]:
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise HqError(f"{path} holds payment services' secrets and can be read by others (mode {mode:o}): chmod 600 {path}")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HqError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HqError(f"{path} is no TOML file: {error}") from error


def _mistakes(name: str, section: Any) -> list[str]:
    if name not in _KEYS or not isinstance(section, dict):
        return [f"[{name}] is no payment service; known are {', '.join(sorted(_KEYS))}"]
    must, may = _KEYS[name]
    allowed = {**must, **may, "address": str, "timeout_s": float}
    found = [f"[{name}] lacks {key}" for key in must if key not in section]
    found += [f"[{name}] does not know {key}" for key in section if key not in allowed]
    for key, kind in allowed.items():
        value = section.get(key)
        if value is not None and not isinstance(value, (int, float) if kind is float else kind):
            found.append(f"[{name}] {key} is a {kind.__name__}")  # never the value: it may be a secret
    address = section.get("address", "")
    if isinstance(address, str) and address and not _is_safe(address):
        found.append(f"[{name}] address {address!r}: https is expected (http on this machine alone)")
    return found


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))


def _stripe(section: Section, _notify: str) -> Tender:
    from kiosk.hq.tenders.card import TIMEOUT_S, CardMandates

    return CardMandates(section["secret_key"], section.get("address", ""), float(section.get("timeout_s", TIMEOUT_S)),
                        section.get("webhook_secret", ""))


def _alipay(section: Section, notify: str) -> Tender:
    from kiosk.hq.tenders.alipay_code import TIMEOUT_S, AlipayAccount, AlipayCodes

    return AlipayCodes(AlipayAccount(section["app_id"], section["app_private_key"], section["alipay_public_key"],
                                     tuple(section.get("currencies", ("CNY",))), section.get("address", ""), notify,
                                     max(1, round(section.get("timeout_s", TIMEOUT_S)))))


def _wechat(section: Section, notify: str) -> Tender:
    from kiosk.hq.tenders.wechat_code import TIMEOUT_S, WechatAccount, WechatCodes

    keys = {key: section[key] for key in _KEYS["wechat"][0]}
    return WechatCodes(WechatAccount(**keys, gateway=section.get("address", ""), notify_url=notify,
                                     timeout_s=float(section.get("timeout_s", TIMEOUT_S))))


def _emv(section: Section, notify: str) -> Tender:
    from kiosk.hq.tenders.emv_code import TIMEOUT_S, Acquirer, EmvCodes

    merchant = Merchant(section["template"], section["guid"], section["account"], section["category"], section["country"], section["name"],
                        section["city"])
    return EmvCodes(merchant, Acquirer(section["address"], section["secret"], notify, float(section.get("timeout_s", TIMEOUT_S))))


_MAKERS: dict[str, Callable[[Section, str], Tender]] = {"stripe": _stripe, "alipay": _alipay, "wechat": _wechat, "emv_qr": _emv}
