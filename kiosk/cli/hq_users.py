"""`kiosk hq user`: who may use the console."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from kiosk.domain.staff import Role
from kiosk.hq.console import sessions
from kiosk.hq.ledger import people
from kiosk.hq.ledger.store import open_ledger
from kiosk.hq.stamp import stamp
from kiosk.runtime import SystemClock, new_id

WHO = "command line"


def add(command: Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]) -> None:
    """Register `kiosk hq user add|off|list`."""
    parser = command("user", _user, "who may use the console: add (or start anew), off, list")
    parser.add_argument("act", choices=("add", "off", "list"))
    parser.add_argument("name", nargs="?", default="", help="a-z 0-9 . _ -")
    parser.add_argument("--role", action="append", default=[], choices=[str(role) for role in Role], help="may be repeated")


def _user(args: argparse.Namespace) -> int:
    ledger, now = open_ledger(args.folder), stamp(SystemClock().now(), new_id)
    if args.act == "add":
        password = sessions.add_user(ledger, args.name, map(Role, args.role), WHO, now)
        print(f"{args.name} logs in once with {password}, and then chooses a password of their own")
    elif args.act == "off":
        with ledger.write() as db:
            sessions.switch_off(db, args.name, WHO, now)
    else:
        with ledger.read() as db:
            for user in people.users(db):
                print(f"{user['name']:32} {', '.join(json.loads(user['roles']))}{'  (off)' if user['off_ms'] else ''}")
    return 0
