"""`kiosk journal`: the till's records for the tax inspector: verify them, close the day, export a period, verify an exported file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.domain.journal import DAY, MONTH, SALES, TRAINING, YEAR, business_day
from kiosk.errors import StorageError
from kiosk.flows.opening import open_parts
from kiosk.flows.parts import zone_of
from kiosk.storage import archive
from kiosk.storage.store import Unit

_ALL = 2**62


def add(subparsers: Any) -> None:
    """Register the commands."""
    group = subparsers.add_parser("journal", help="the till's signed records").add_subparsers(dest="what", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    verify = group.add_parser("verify", parents=[common], help="name the first record that was changed or removed; exit code 1")
    verify.add_argument("file", nargs="?", type=Path, help="an exported file; without it this device's own journal")
    verify.add_argument("--key", default="", help="the device's public key, as HQ knows it")
    verify.add_argument("--head", default="", metavar="NUMBER:HASH", help="a head that HQ knows: that record must be there, with this hash")
    verify.set_defaults(run=_verify)
    group.add_parser("close", parents=[common], help="close the business day that runs").set_defaults(run=_close)
    export = group.add_parser("export", parents=[common], help="write a period as a file that proves itself")
    export.add_argument("out", type=Path)
    export.add_argument("--period", default="", metavar="NAME", help="a closed day (2026-11-22), month (2026-11) or year (2026)")
    export.add_argument("--training", action="store_true", help="the chain of training sales instead")
    export.set_defaults(run=_export)


def _verify(args: argparse.Namespace) -> int:
    return _verify_file(args) if args.file else _verify_device(args)


def _verify_file(args: argparse.Namespace) -> int:
    try:
        with args.file.open("rb") as lines:
            reader, fault = archive.check(lines, args.key, _told(args.head) if args.head else None)
    except OSError as error:
        raise StorageError(f"{args.file} cannot be read: {error}") from error
    if fault is not None:
        print(f"{args.file}: {fault}")
        return 1
    head, last = reader.head, reader.last
    if head is not None:
        print(f"{args.file}: {reader.records} records of {head.device} ({head.chain}) hold, {head.first} to {last.number}")
        print(f"head {last.number}:{last.hash.hex()}\nkey {head.key}" + ("" if args.key else "  (compare it with the one that HQ shows)"))
    return 0


def _verify_device(args: argparse.Namespace) -> int:
    parts = open_parts(load(args.config))
    wrong = 0
    with parts.store.snapshot() as unit:
        for chain, journal in ((SALES, unit.journal), (TRAINING, unit.training)):
            fault, head = journal.verify(), journal.head()
            told = _missing(unit, args.head) if chain == SALES and args.head and fault is None else ""
            wrong += fault is not None or bool(told)
            holds = f"{head.number} records hold, head {head.number}:{head.hash.hex()}" if head else "no records"
            print(f"{chain}: {fault or told or holds}")
        print(f"key {unit.journal.key}")
    parts.store.close()
    return 1 if wrong else 0


def _missing(unit: Unit, told: str) -> str:
    """What is wrong with a head that HQ was told, "" when the journal still holds it."""
    number, digest = _told(told)
    record = next(unit.journal.records(number, number), None)
    if record is None:
        return f"record {number} is missing, which HQ was told of: the journal was cut"
    return "" if record.hash.hex() == digest else f"record {number} is not the one that HQ was told of: the journal was written anew"


def _told(head: str) -> tuple[int, str]:
    number, _, digest = head.partition(":")
    if not (number.isascii() and number.isdigit()):
        raise StorageError(f"--head {head!r} is no NUMBER:HASH")
    return int(number), digest


def _close(args: argparse.Namespace) -> int:
    settings = load(args.config)
    parts = open_parts(settings)
    today = business_day(parts.clock.now().astimezone(zone_of(settings)), settings.device.closing_hour)
    with parts.store.unit() as unit:
        unit.closures.close(today)
        closed = unit.closures.close(today, by_hand=True)
    parts.store.close()
    for closure in closed:
        totals = closure.totals
        print(f"{closure.period} {closure.name}: {totals.sales} sales, {totals.sales_minor} {closure.currency} (minor units), "
              f"{totals.refunds_minor} given back; since the first journal {closure.perpetual.sales_minor}")
    if not closed:
        print("nothing was recorded since the last closure")
    return 0


def _export(args: argparse.Namespace) -> int:
    parts = open_parts(load(args.config))
    with parts.store.snapshot() as unit:
        journal = unit.training if args.training else unit.journal
        first, last = _span(unit, args.period) if args.period else (1, _ALL)
        fresh = args.out.with_name(args.out.name + ".new")
        with fresh.open("wb") as file:
            file.writelines(archive.write(journal, first, last))
        fresh.replace(args.out)
    parts.store.close()
    print(f"{args.out}: {args.out.stat().st_size} bytes", file=sys.stderr)
    return 0


def _span(unit: Unit, name: str) -> tuple[int, int]:
    """Return the numbers of a period's records, its closures among them."""
    period = {10: DAY, 7: MONTH, 4: YEAR}.get(len(name), DAY)
    found = [(closed.first, number) for number, closed in unit.journal.closures(period) if closed.name == name]
    if not found:
        raise StorageError(f"no {period} {name!r} was closed: write 2026-11-22, 2026-11 or 2026")
    return min(first for first, _number in found), max(number for _first, number in found)
