"""`kiosk hq`: the side of the product that runs once, for all stores."""

from __future__ import annotations

import argparse
import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.cli import hq_command, hq_insight, hq_money, hq_trust, hq_users
from kiosk.domain.catalog import OfflinePolicy
from kiosk.errors import HqError
from kiosk.hq import epcis, imports, publish, wallet
from kiosk.hq.ledger import fleet
from kiosk.hq.ledger.store import open_ledger
from kiosk.hq.stamp import Stamp, stamp
from kiosk.runtime import SystemClock, new_id, set_up_logging
from kiosk.sync.mqtt import BrokerAddress

WHO = "command line"


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    group = subparsers.add_parser("hq", help="HQ: ledger, console, imports, wallet")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--folder", type=Path, default=Path("/var/lib/kiosk/hq"), help="HQ's ledger and keys (default: %(default)s)")
    common.add_argument("--currency", default="EUR", help="ISO 4217 code (default: %(default)s)")
    commands = group.add_subparsers(dest="hq_command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, parents=[common], help=text)
        parser.set_defaults(run=run)
        return parser

    _add_serve(command("serve", _serve, "run HQ until SIGTERM"))
    importing = command("import", _import, "read a CSV file of products, plates, planogram, promotions or codes")
    importing.add_argument("table", choices=sorted(imports.COLUMNS))
    importing.add_argument("file", type=Path)
    importing.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
    publishing = command("publish", _publish, "publish the next version of the price list, or with --offline of the offline policy")
    publishing.add_argument("--offline", nargs=4, metavar=("PER_SALE", "PER_MEMBER", "PER_KIOSK", "HOURS"),
                            help="limits as decimals, and how many hours the policy holds")
    publishing.add_argument("--offline-hours", nargs=2, type=int, default=(0, 24), metavar=("FROM", "TO"),
                            help="hours of the store's day within which it holds (default: all)")
    hq_money.add(command)
    hq_trust.add(command)
    hq_command.add(command)
    hq_users.add(command)
    hq_insight.add(command)
    command("code", _code, "print a one-time code that pays for a member").add_argument("member")
    exporting = command("epcis", _epcis, "print changes of stock as an EPCIS 2.0 document")
    exporting.add_argument("--since", default="1970-01-01", metavar="DATE", help="e.g. 2026-11-22 (default: all)")
    exporting.add_argument("--timezone", default="Europe/Paris", help="of the stores (default: %(default)s)")
    assign = command("assign", _assign, "put a device into a store")
    assign.add_argument("device")
    assign.add_argument("store")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    parser.add_argument("--broker-user", default="hq")
    parser.add_argument("--broker-version", type=int, choices=(3, 5), default=5, help="MQTT 5, or 3 for 3.1.1")
    for name in ("ca", "certificate", "key"):
        parser.add_argument(f"--broker-{name}", default="", metavar="FILE", help="for TLS")
    parser.add_argument("--port", type=int, default=8080, help="of the console, on 127.0.0.1 alone (default: %(default)s)")
    parser.add_argument("--address", default="", metavar="URL", help="how devices reach this port, e.g. a TLS proxy's https address")
    parser.add_argument("--group", default="fleet", help="the fleet that prices are published for (default: %(default)s)")
    parser.add_argument("--screens", type=Path, help="folder with <device>.jpg: shows live kiosk screens, and so people; off by default")
    parser.add_argument("--assets", type=Path, help="folder with product pictures")
    parser.add_argument("--welcome", default="0", help="credit of a new member as a decimal (default: %(default)s)")
    parser.add_argument("--auto-approve-after", type=float, metavar="SECONDS", help="approve requests that nobody answered")
    parser.add_argument("--tenders", type=Path, metavar="FILE", help="payment services and their secrets (mode 600); by default the file"
                        " tenders.toml in systemd's $CREDENTIALS_DIRECTORY, if there is one")
    parser.epilog = "The broker's password is read from KIOSK_BROKER_PASSWORD, the API's token from KIOSK_HQ_TOKEN."


def _serve(args: argparse.Namespace) -> int:
    from kiosk.hq.service import HqSettings, serve  # the web framework is loaded by the command that serves, not by all

    set_up_logging("hq")
    host, colon, port = args.broker.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise HqError(f"--broker {args.broker!r}: HOST:PORT is expected")
    broker = BrokerAddress(host, int(port), args.broker_user, os.environ.get("KIOSK_BROKER_PASSWORD", ""), args.broker_version,
                           args.broker_ca, args.broker_certificate, args.broker_key)
    welcome = imports.price(args.welcome, args.currency)
    return serve(HqSettings(args.folder, broker, args.port, args.group, args.screens, args.assets, args.currency, welcome.minor,
                            args.auto_approve_after, os.environ.get("KIOSK_HQ_TOKEN", ""), args.address, args.tenders))


def _import(args: argparse.Namespace) -> int:
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise HqError(f"{args.file}: {error.strerror}") from error
    with open_ledger(args.folder).write() as db:
        preview = imports.read(db, args.table, content, args.currency)
        for mistake in preview.mistakes:
            print(f"{args.file}:{mistake.line}: {mistake.reason}")
        for change in preview.changes:
            details = ", ".join(f"{column} {before!r} -> {after!r}" for column, before, after in change.details)
            print(f"{change.kind:8}{change.subject}  {change.name}  {details}".rstrip())
        if not args.dry_run and not preview.mistakes:
            imports.apply(db, preview, _now(), WHO)
    return 1 if preview.mistakes else 0


def _publish(args: argparse.Namespace) -> int:
    with open_ledger(args.folder).write() as db:
        if args.offline is None:
            print(f"price list {publish.publish_prices(db, _now(), WHO).version}")
            return 0
        *limits, hours = args.offline
        if not hours.isdigit():
            raise HqError(f"{hours!r} is no count of hours")
        per_sale, per_member, per_kiosk = (imports.price(text, args.currency).minor for text in limits)
        policy = OfflinePolicy(0, args.currency, per_sale, per_member, per_kiosk, int(hours) * 3600, *args.offline_hours)
        print(f"offline policy {publish.publish_policy(db, policy, _now(), WHO).version}")
    return 0


def _code(args: argparse.Namespace) -> int:
    with open_ledger(args.folder).write() as db:
        print(wallet.issue_code(db, args.member, secrets.token_urlsafe(16), _now().at_ms))
    return 0


def _epcis(args: argparse.Namespace) -> int:
    try:
        zone = ZoneInfo(args.timezone)
        since = datetime.fromisoformat(args.since).replace(tzinfo=zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise HqError(f"--since takes a date as 2026-11-22, --timezone a name as Europe/Paris: {error}") from error
    with open_ledger(args.folder, new=False).read() as db:
        print(json.dumps(epcis.document(db, since, zone, _now()), indent=1))
    return 0


def _assign(args: argparse.Namespace) -> int:
    if not (args.device.strip() and args.store.strip()):
        raise HqError("a device and a store have names: `kiosk hq assign pay-1 paris-11`")
    with open_ledger(args.folder).write() as db:
        fleet.assign(db, args.device, args.store, _now().at_ms)
    return 0


def _now() -> Stamp:
    return stamp(SystemClock().now(), new_id)
