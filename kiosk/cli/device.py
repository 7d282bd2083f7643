"""`kiosk device erase`: this device leaves the shop; its keys are destroyed, and that is proved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.errors import StorageError
from kiosk.flows.erasing import erase, waiting
from kiosk.runtime import SystemClock


def add(subparsers: Any) -> None:
    """Register the command."""
    group = subparsers.add_parser("device", help="take this device out of service")
    commands = group.add_subparsers(dest="device_command", required=True, metavar="COMMAND")
    parser = commands.add_parser("erase", help="destroy keys, faces and books of this device, prove it, and print a signed report")
    parser.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    parser.add_argument("--yes", metavar="DEVICE", default="", help="the device's id: nothing is erased without it")
    parser.add_argument("--lose-queue", action="store_true", help="even where facts wait that HQ does not hold: they are lost")
    parser.add_argument("--report", type=Path, metavar="FILE", help="keep the report here too")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    settings, clock = load(args.config), SystemClock()
    if args.yes != settings.device.id:
        raise StorageError(f"nothing was erased: say `--yes {settings.device.id}` to erase this device for good")
    count = waiting(settings, clock)
    if count and not args.lose_queue:
        raise StorageError(f"{count} fact(s) wait that HQ does not hold: let the queue drain first, or lose them with --lose-queue")
    report = erase(settings, clock)
    text = f"{report.text}\nsignature: {report.signature}\n{report.chain}"
    print(text)
    if args.report is not None:
        args.report.write_text(text)
    print(f"Now at HQ: `kiosk hq ca revoke {settings.device.id}`. The secrets in {args.config}"
          " and on the card are yours to remove.")
    return 0
