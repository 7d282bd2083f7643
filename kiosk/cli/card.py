"""`kiosk card`: check a card on any computer, make a fleet's cards; and on the kiosk itself, take a card over and show mistakes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from kiosk.config import parse, parse_wifi, text_of
from kiosk.config.card import CARD_FILE, CLAIM_FILE, WIFI_FILE, read_card, read_claim, settings_mistakes, wifi_mistakes
from kiosk.config.fleet import read_fleet
from kiosk.domain.catalog import LANGUAGES
from kiosk.errors import ConfigError
from kiosk.flows.first_boot import OUTCOME, Places, first_boot, network_manager
from kiosk.runtime import set_up_logging

FIRMWARE, ETC, RUN, STATE = Path("/boot/firmware"), Path("/etc/kiosk"), Path("/run"), Path("/var/lib/kiosk")

SAID = {"taken": "the card was taken over", "known": "nothing new on the card", "mistakes": "the card has mistakes",
        "kept": "the card has mistakes, the one before it stays in force"}


def add(subparsers: Any) -> None:
    """Register the command."""
    group = subparsers.add_parser("card", help="check the card of a kiosk before it goes to the shop, or make the cards of a fleet")
    commands = group.add_subparsers(dest="card_command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="say every mistake of a kiosk.toml, a wifi.toml or a whole card; exit 2 when there is one")
    check.add_argument("path", type=Path, metavar="PATH", help="a file, or the folder that is copied onto the card")
    check.set_defaults(run=_check)
    make = commands.add_parser("make", help="write a folder with the files of a card for each row of a table")
    make.add_argument("fleet", type=Path, metavar="FLEET.csv", help="a row a kiosk, a column a key such as device.id; see deploy/fleet.csv")
    make.add_argument("--base", type=Path, metavar="FILE", help="a kiosk.toml with what all have in common")
    make.add_argument("--claim", type=Path, metavar="FILE", help="claim.pem, as HQ wrote it; goes onto each card")
    make.add_argument("--out", type=Path, default=Path("cards"), metavar="DIR", help="default: %(default)s")
    make.set_defaults(run=_make)
    take = commands.add_parser("take", help="on the kiosk, at every start: take over what is on the card")
    take.add_argument("--card", type=Path, default=FIRMWARE, help="default: %(default)s")
    take.add_argument("--stick", type=Path, help="a USB stick, which goes before the card when it has a kiosk.toml")
    take.add_argument("--data", type=Path, help="a folder that must be a partition of its own, or nothing would last")
    take.set_defaults(run=_take)
    show = commands.add_parser("show", help="on the kiosk, while it has no sound card: show the mistakes on the screen")
    show.add_argument("--outcome", type=Path, default=RUN / OUTCOME, help="default: %(default)s")
    show.add_argument("--language", choices=LANGUAGES, default="", help="default: as the card says, or en")
    show.add_argument("--snapshot", type=Path, metavar="FILE", help="write the picture there and open no screen")
    show.set_defaults(run=_show)


def _check(args: argparse.Namespace) -> int:
    path: Path = args.path
    if path.is_dir():
        card = read_card(path)
        print(f"{path}: in order. {card.settings.device.id}, {', '.join(card.settings.device.roles)}{', with Wi-Fi' if card.wifi else ''}")
        return 0
    text = text_of(path)
    if path.name == WIFI_FILE:
        wifi = parse_wifi(text, str(path))
        if wrong := wifi_mistakes(wifi):
            raise ConfigError(str(path), tuple(wrong))
        print(f"{path}: in order. Wi-Fi {wifi.ssid}")
        return 0
    settings = parse(text, str(path))
    together = settings_mistakes(settings)
    if together:
        raise ConfigError(str(path), tuple(together))
    print(f"{path}: in order. {settings.device.id}, {', '.join(settings.device.roles)}")
    return 0


def _make(args: argparse.Namespace) -> int:
    cards = read_fleet(args.fleet, args.base)
    claim = read_claim(args.claim) if args.claim is not None else b""
    for card in cards:
        folder = args.out / card.device
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD_FILE).write_text(card.kiosk, encoding="utf-8")
        if card.wifi:
            (folder / WIFI_FILE).write_text(card.wifi, encoding="utf-8")
        if claim:
            (folder / CLAIM_FILE).write_bytes(claim)
    print(f"{len(cards)} cards in {args.out}: copy the files of one folder onto the partition KIOSK of each SD card")
    if not claim:
        print(f"{CLAIM_FILE} is on none of them: a kiosk without a certificate needs it, and --claim copies it onto each")
    return 0


def _take(args: argparse.Namespace) -> int:
    set_up_logging("card")
    source = args.stick if args.stick is not None and (args.stick / CARD_FILE).exists() else args.card
    outcome = first_boot(Places(source, ETC, RUN, STATE, network_manager()), lambda: args.data is None or args.data.is_mount())
    print(f"{outcome.device or 'kiosk'}: {SAID[outcome.state]}", flush=True)
    for mistake in outcome.mistakes:
        print(f"  {mistake}", file=sys.stderr)
    return 0


def _show(args: argparse.Namespace) -> int:
    from kiosk.services.attendant import show_mistakes

    told = json.loads(args.outcome.read_text())
    return show_mistakes(tuple(told["mistakes"]), args.language or told["language"], args.snapshot)
