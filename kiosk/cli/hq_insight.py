"""`kiosk hq insight packs`: which stores want more of which size of pack, with the lines behind each advice."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from kiosk.cli.hq_money import Command
from kiosk.errors import InvalidValueError
from kiosk.hq.insight import chain_files, packs
from kiosk.hq.ledger.store import open_ledger
from kiosk.runtime import SystemClock

SHOWN_LINES = 6


def add(command: Command) -> None:
    """Register the command."""
    text = "sizes of packs that stores want, from HQ's sales or from a chain's own files"
    insight = command("insight", _packs, text).add_subparsers(dest="what", required=True, metavar="packs").add_parser("packs", help=text)
    # A parser of its own: files may stand before and after options only where no other word stands beside them.
    insight.add_argument("--folder", type=Path, default=argparse.SUPPRESS, help="HQ's ledger and keys")
    insight.add_argument("files", type=Path, nargs="*", metavar="FILE", help="CSV: the chain's products, then its sales lines")
    insight.add_argument("--category", default="BAG SNACKS", metavar="NAME", help="of the files' products (default: %(default)s)")
    insight.add_argument("--days", type=int, default=182, metavar="N", help="of HQ's own sales (default: %(default)s)")
    insight.add_argument("--clusters", type=int, default=1, metavar="N", help="markets of stores of like turnover (default: %(default)s)")
    insight.add_argument("--json", action="store_true", help="print the figures as JSON")


def _packs(args: argparse.Namespace) -> int:
    if len(args.files) not in (0, 2):
        raise InvalidValueError("two files are expected: the chain's products, then its sales lines; none for HQ's own sales")
    if args.clusters < 1 or args.days < 1:
        raise InvalidValueError("--clusters and --days must be 1 or more")
    if args.files:
        lines, names = chain_files.read(args.files[0], args.files[1], args.category)
        low, high = (bound * chain_files.OUNCE_G for bound in chain_files.BOUNDS_OZ)
        reports: tuple[packs.PackReport, ...] = (
            packs.report(packs.Category(args.category, lines, known_range=False, bounds=(low, high), names=names), args.clusters),)
    else:
        today = int(SystemClock().now().timestamp() * 1000) // packs.DAY_MS
        with open_ledger(args.folder, new=False).read() as db:
            reports = packs.of_ledger(db, today, args.days, args.clusters)
    if args.json:
        print(json.dumps([asdict(report) for report in reports], indent=2, ensure_ascii=False))
        return 0
    if not reports:
        print("no category with packs of more than one size was sold: give products a category and a weight (`kiosk hq import products`)")
    for report in reports:
        _print(report)
    return 0


def _print(report: packs.PackReport) -> None:
    print(f"{report.category}: {report.stores} stores, {report.silent} with too few purchases to be told anything; "
          f"small to {report.bounds[0]:.0f} g, medium to {report.bounds[1]:.0f} g")
    for mix in report.mix:
        print(f"  {mix.size:8} {mix.share:6.1%} of units, {mix.range_share:6.1%} of the range, fair share {mix.fair_share:4.0f}, "
              f"in {mix.distribution:.0%} of stores, {mix.rate:.2f} a product and week")
    for stores, missed in zip(report.clusters, report.gaps, strict=True):
        told = ", ".join(f"{size} {units:.1f}" for size, units in missed.items())
        print(f"  {len(stores)} stores of like turnover would sell more a week at their own mix: {told}")
    for one in report.advice:
        print(f"store {one.store}: more {one.size} packs, {one.share:.0%} ({one.low:.0%} to {one.high:.0%}) of its units where "
              f"{one.expected:.0%} was expected, index {one.index:.0f}, fair share {one.fair_share:.0f}, {one.gap:+.1f} units a week, "
              f"{one.purchases:.0f} purchases")
        for line in one.lines[:SHOWN_LINES]:
            print(f"    {line.product:>14}  {report.names.get(line.product, '')}: {line.units:.0f} units in {line.days:.0f} days")
        if len(one.lines) > SHOWN_LINES:
            print(f"    and {len(one.lines) - SHOWN_LINES} more lines (--json names all)")
