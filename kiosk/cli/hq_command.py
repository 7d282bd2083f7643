"""`kiosk hq command`: have a device do something of a closed list, and what came of it."""

from __future__ import annotations

import argparse
import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kiosk.domain.commands import Command
from kiosk.domain.staff import Role
from kiosk.errors import HqError
from kiosk.hq import commands
from kiosk.hq.ledger.store import Ledger, Row, open_ledger
from kiosk.hq.stamp import stamp
from kiosk.runtime import SystemClock, new_id

WHO = "command line"
LOOK_S = 0.5


def add(command: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = command("command", _run, "have a device do something, or list what it was told")
    parser.add_argument("device")
    parser.add_argument("what", nargs="?", choices=[str(one) for one in Command], help="without it: the device's last commands")
    parser.add_argument("--good-for", type=int, default=commands.GOOD_FOR_S, metavar="SECONDS", help="default: %(default)s")
    parser.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for the answer (default: %(default).0f)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="for the answer: a picture, a log, findings")


def _run(args: argparse.Namespace) -> int:
    ledger = open_ledger(args.folder)
    if args.what is None:
        with ledger.read() as db:
            for row in commands.of_device(db, args.device):
                print(f"{datetime.fromtimestamp(row['at_ms'] / 1000, UTC):%Y-%m-%d %H:%M:%S}  {row['command']:10} {row['who']:16} "
                      f"{row['outcome'] or 'waits':8} {row['detail']}")
        return 0
    with ledger.write() as db:
        ident = commands.order(db, args.device, args.what, commands.Person(WHO, Role.OPERATOR), stamp(SystemClock().now(), new_id),
                               args.good_for)
    row = _await(ledger, ident, args.wait)
    print(f"{args.device}: {row['outcome']} {row['detail']}".rstrip())
    if row["result"]:
        _keep(row, args.out)
    return 0 if row["outcome"] == "done" else 1


def _await(ledger: Ledger, ident: str, wait_s: float) -> Row:
    until = time.monotonic() + wait_s
    while True:
        with ledger.read() as db:
            row = commands.result(db, ident)
        if row is not None and row["outcome"]:
            return row
        if time.monotonic() >= until:
            raise HqError(f"no answer within {wait_s:.0f} s; the command stands until it expires, `kiosk hq command DEVICE` shows its end")
        time.sleep(LOOK_S)


def _keep(row: Row, path: Path | None) -> None:
    if row["detail"] == "image/jpeg":
        if path is None:
            raise HqError("--out FILE says where the picture goes")
        path.write_bytes(base64.b64decode(row["result"]))
    elif path is not None:
        path.write_text(row["result"])
    else:
        print(row["result"])
