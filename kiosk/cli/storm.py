"""`kiosk storm`: break a fleet on purpose and show that nothing was lost and nothing doubled."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.errors import WorldError
from kiosk.sim.plot import storm_plot
from kiosk.sim.storm import KINDS, MIXED, Row, Storm
from kiosk.sim.yard import Yard

SHOWN = 10


def add(subparsers: Any) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("storm", help="kill processes, broker, HQ and network under load; print what was lost and what doubled")
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    run = commands.add_parser("run", help="kill and cut, then compare HQ's books with what the kiosks recorded")
    run.add_argument("--kinds", default=",".join(kind for kind in KINDS if kind != MIXED), metavar="A,B",
                     help="of: " + "; ".join(f"{kind}: {what}" for kind, what in KINDS.items()))
    run.add_argument("--count", type=int, default=20, metavar="N", help="blows of each kind (default: %(default)s)")
    run.add_argument("--kiosks", type=int, default=3, metavar="N", help="default: %(default)s")
    run.add_argument("--sales-per-s", type=float, default=20.0, metavar="N", help="by each kiosk (default: %(default)s)")
    run.add_argument("--seed", type=int, default=1, help="of what is broken when (default: %(default)s)")
    run.add_argument("--folder", type=Path, help="keep everything here (default: a temporary folder that is removed)")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON")
    run.add_argument("--plot", type=Path, metavar="FILE", help="draw produced, at HQ and lag over time as SVG")
    run.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    kinds = args.kinds.split(",")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise WorldError(f"--kinds {','.join(unknown)}: {', '.join(KINDS)} are known")
    with tempfile.TemporaryDirectory(prefix="kiosk-storm-") as temporary:
        yard = Yard(args.folder or Path(temporary), args.kiosks, args.sales_per_s)
        try:
            yard.open()
            storm = Storm(yard, args.seed)
            rows = storm.run(kinds, args.count, _progress)
        finally:
            yard.close()
    _print(rows)
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    if args.plot:
        args.plot.write_text(storm_plot(storm.trace))
    return 1 if any(row.lost or row.doubled or row.wrong for row in rows) else 0


def _progress(kind: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{kind}: {done} of {of}   ", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _print(rows: list[Row]) -> None:
    print(f"{'fault':10} {'count':>6} {'facts on disk':>14} {'sales':>7} {'lost':>5} {'doubled':>8} {'wrong':>6}")
    for row in rows:
        print(f"{row.kind:10} {row.count:6} {row.announced:14} {row.sales:7} {row.lost:5} {row.doubled:8} {row.wrong:6}")
    for row in rows:
        for sentence in row.sentences[:SHOWN]:
            print(f"NOT RIGHT after {row.kind}: {sentence}")
