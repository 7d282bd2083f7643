"""`kiosk members`: who can pay by face at this device; enrol from pictures or the camera, unlock, export, erase."""

from __future__ import annotations

import argparse
import getpass
import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.config import IN_FORCE, Settings, load
from kiosk.errors import InvalidValueError
from kiosk.flows.forget import forget
from kiosk.flows.opening import open_parts, open_vault, vault_folder
from kiosk.flows.parts import Parts

if TYPE_CHECKING:
    from kiosk.storage.vault import Vault

PIN_VARIABLE = "KIOSK_MEMBER_PIN"


def add(subparsers: Any) -> None:
    """Register the commands."""
    group = subparsers.add_parser("members", help="members whose templates this device holds").add_subparsers(dest="what", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    group.add_parser("list", parents=[common], help="member ids with the consent they gave").set_defaults(run=_list)
    enrol = group.add_parser("enrol", parents=[common], help="enrol somebody who signed the consent on paper")
    enrol.add_argument("digits", help="the last 8 digits of the phone number")
    enrol.add_argument("pictures", nargs="*", type=Path, help="three or more pictures of the face; none: this device's camera")
    enrol.add_argument("--signed", required=True, type=_day, metavar="YYYY-MM-DD",
                       help="when the paper with the consent's text was signed, by an adult")
    enrol.add_argument("--language", choices=("fr", "en", "zh"), help="of the text that was signed (default: the device's)")
    enrol.add_argument("--member", help="id of a member whose face every device has lost (default: a new one)")
    enrol.epilog = f"The PIN is read from {PIN_VARIABLE}, or asked for."
    enrol.set_defaults(run=_enrol)
    export = group.add_parser("export", parents=[common], help="all that is kept of a member, as JSON")
    export.add_argument("member")
    export.add_argument("--numbers", action="store_true", help="the template's numbers too")
    export.set_defaults(run=_export)
    unlock = group.add_parser("unlock", parents=[common], help="let a member have five tries with the PIN again; HQ is told")
    unlock.add_argument("member")
    unlock.set_defaults(run=_unlock)
    erase = group.add_parser("erase", parents=[common], help="destroy a member's template and key, here and by HQ everywhere")
    erase.add_argument("member")
    erase.set_defaults(run=_erase)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-01-31") from None


def _pin() -> str:
    try:
        return os.environ.get(PIN_VARIABLE) or getpass.getpass("PIN of four digits, typed by the member: ")
    except EOFError:
        raise InvalidValueError(f"there is nobody to type the PIN: run it in a terminal, or put the PIN into {PIN_VARIABLE}") from None


def _open(args: argparse.Namespace) -> tuple[Settings, Parts, Vault]:
    """Open database and vault as the vault's own user: root takes the device key along and then becomes that user."""
    settings = load(args.config)
    folder = vault_folder(settings)
    owned = folder.stat() if folder.exists() else None
    strange = owned is not None and os.geteuid() == 0 and owned.st_uid != 0
    vault = open_vault(settings, (owned.st_uid, owned.st_gid) if strange and owned else None)
    return settings, open_parts(settings), vault


def _list(args: argparse.Namespace) -> int:
    _settings, parts, vault = _open(args)
    members = vault.members()
    for member_id in members:
        consent, standing = vault.consent(member_id), vault.standing(member_id)
        notes = ("  locked" if standing.locked else "") + ("  PIN always" if standing.pin_always else "")
        print(f"{member_id}  consent {consent.version} in {consent.language} at {consent.at}{notes}" if consent else member_id)
    print(f"{len(members)} member(s)")
    _close(parts, vault)
    return 0


def _enrol(args: argparse.Namespace) -> int:
    from kiosk.flows.enrol_pictures import Paper, check, enrol_pictures, measured

    settings, parts, vault = _open(args)
    paper = Paper(args.signed.isoformat(), args.language or settings.device.language, args.digits, _pin())
    check(parts, paper)
    shots = measured(settings, args.pictures, print)
    member_id = args.member or parts.new_id()
    for other in enrol_pictures(parts, vault, member_id, paper, shots):
        print(f"{other} looks alike: both are always asked for the PIN")
    print(f"{member_id} is enrolled from {len(shots)} pictures, which were not kept; HQ is told")
    _close(parts, vault)
    return 0


def _export(args: argparse.Namespace) -> int:
    _settings, parts, vault = _open(args)
    told = vault.export(args.member, args.numbers)
    print(json.dumps(told, ensure_ascii=False, indent=2) if told else f"{args.member} is not known to this device")
    _close(parts, vault)
    return 0 if told else 1


def _unlock(args: argparse.Namespace) -> int:
    from kiosk.domain.events import MemberLocked

    _settings, parts, vault = _open(args)
    known = args.member in vault
    if known:
        vault.lock(args.member, locked=False)
        with parts.store.unit() as unit:
            unit.facts.record(MemberLocked(args.member, locked=False))
    print(f"{args.member} has five tries again; HQ is told" if known else f"{args.member} is not known to this device")
    _close(parts, vault)
    return 0 if known else 1


def _erase(args: argparse.Namespace) -> int:
    if not args.member.strip():
        raise InvalidValueError("whom to erase is not said: `kiosk members list` names everybody")
    _settings, parts, vault = _open(args)
    held = forget(parts, vault, args.member, "staff")
    _close(parts, vault)
    print(f"{args.member} is erased; HQ is told" if held else
          f"{args.member} is not known to this device; HQ is told all the same, and has it erased wherever it is known")
    return 0 if held else 1


def _close(parts: Parts, vault: Vault) -> None:
    vault.close()
    parts.store.close()
