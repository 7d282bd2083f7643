"""`kiosk members`: who can pay by face at this device, and how somebody is forgotten."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.config import load
from kiosk.flows.forget import forget
from kiosk.flows.opening import open_parts, open_vault


def add(subparsers: Any) -> None:
    """Register the commands."""
    group = subparsers.add_parser("members", help="members whose templates this device holds").add_subparsers(dest="what", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path("/boot/firmware/kiosk.toml"), help="default: %(default)s")
    group.add_parser("list", parents=[common], help="member ids with the consent they gave").set_defaults(run=_list)
    erase = group.add_parser("erase", parents=[common], help="destroy a member's template and key, and tell HQ")
    erase.add_argument("member")
    erase.set_defaults(run=_erase)


def _list(args: argparse.Namespace) -> int:
    vault = open_vault(load(args.config))
    members = vault.members()
    for member_id in members:
        consent = vault.consent(member_id)
        print(f"{member_id}  consent {consent.version} in {consent.language} at {consent.at}" if consent else member_id)
    print(f"{len(members)} member(s)")
    vault.close()
    return 0


def _erase(args: argparse.Namespace) -> int:
    settings = load(args.config)
    parts, vault = open_parts(settings), open_vault(settings)
    held = forget(parts, vault, args.member, "staff")
    vault.close()
    parts.store.close()
    print(f"{args.member} is erased; HQ is told" if held else f"{args.member} is not known to this device")
    return 0 if held else 1
