"""`kiosk eval facings`: how full a shelf camera takes each slot to be, on rendered shelves."""

from __future__ import annotations

import argparse
import json

from kiosk.cli.progress import show_progress
from kiosk.evaluation.facings import FacingTally, evaluate


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    facings = commands.add_parser("facings", help="read how full slots are in rendered pictures of shelves")
    facings.add_argument("--seed", type=int, default=5001, metavar="N", help="of the first shelf; below 1000 was looked at (default 5001)")
    facings.add_argument("--count", type=int, default=30, metavar="N", help="shelves, each with goods, camera and board of its own")
    facings.add_argument("--looks", type=int, default=8, metavar="N", help="at each shelf, in other light each (default 8)")
    facings.add_argument("--json", action="store_true", help="print the figures as JSON")
    facings.set_defaults(run=_facings)


def _facings(args: argparse.Namespace) -> int:
    total = FacingTally()
    for number in range(args.count):
        total += evaluate(args.seed + number, args.looks)
        show_progress(number + 1, args.count)
    figures = total.figures()
    if args.json:
        print(json.dumps(figures, indent=2))
        return 0
    for name, figure in figures.items():
        print(f"{name:28} {figure}")
    return 0
