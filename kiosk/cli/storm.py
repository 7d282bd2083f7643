"""`kiosk storm`: break a till or a whole fleet on purpose, and show that nothing was lost and nothing doubled."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.cli.progress import show_progress
from kiosk.errors import WorldError
from kiosk.sim import checkouts, cuts
from kiosk.sim.checkouts import FAULTS, NEVER, OUTCOMES, STEPS, Table, Verdict
from kiosk.sim.plot import storm_plot
from kiosk.sim.storm import KINDS, MIXED, Row, Storm, Trace
from kiosk.sim.yard import Yard

SHOWN = 10
ALL = {**KINDS, cuts.POWER: cuts.WHAT}
_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of its own is made below it)


def add(subparsers: Any) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("storm", help="kill processes, broker, HQ and network under load; print what was lost and what doubled")
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    run = commands.add_parser("run", help="kill and cut, then compare HQ's books with what the kiosks recorded")
    run.add_argument("--kinds", default=",".join(kind for kind in ALL if kind != MIXED), metavar="A,B",
                     help="of: " + "; ".join(f"{kind}: {what}" for kind, what in ALL.items()))
    run.add_argument("--count", type=int, default=20, metavar="N", help="blows of each kind (default: %(default)s)")
    run.add_argument("--kiosks", type=int, default=3, metavar="N", help="default: %(default)s")
    run.add_argument("--sales-per-s", type=float, default=20.0, metavar="N", help="by each kiosk (default: %(default)s)")
    run.add_argument("--seed", type=int, default=1, help="of what is broken when (default: %(default)s)")
    run.add_argument("--folder", type=Path, help="keep everything here (default: a temporary folder that is removed)")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON")
    run.add_argument("--plot", type=Path, metavar="FILE", help="draw produced, at HQ and lag over time as SVG")
    run.set_defaults(run=_run)
    command = commands.add_parser("checkouts", help="faulty checkouts over kiosk and HQ: fault, step, outcome; 1 when a promise was broken")
    command.add_argument("--count", type=int, default=300, help="checkouts (default: %(default)s; 10000 take minutes)")
    command.add_argument("--seed", type=int, default=1, help="the same seed runs the same checkouts (default: %(default)s)")
    command.add_argument("--again", type=int, metavar="NUMBER", help="run this one checkout of that seed anew and tell how it ends")
    command.add_argument("--json", action="store_true", help="print every fault and step as JSON")
    command.set_defaults(run=_checkouts)


def _run(args: argparse.Namespace) -> int:
    kinds = args.kinds.split(",")
    if unknown := [kind for kind in kinds if kind not in ALL]:
        raise WorldError(f"--kinds {','.join(unknown)}: {', '.join(ALL)} are known")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="kiosk-storm-") as temporary:
        folder = args.folder or Path(temporary)
        if cuts.POWER in kinds:
            rows.append(cuts.row(folder / cuts.POWER, args.count, args.seed))
        if live := [kind for kind in kinds if kind != cuts.POWER]:
            trace = _over_processes(Yard(folder, args.kiosks, args.sales_per_s), live, args, rows)
            if args.plot:
                args.plot.write_text(storm_plot(trace))
    _print(rows)
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 1 if any(row.lost or row.doubled or row.wrong for row in rows) else 0


def _over_processes(yard: Yard, kinds: list[str], args: argparse.Namespace, rows: list[Row]) -> Trace:
    try:
        yard.open()
        storm = Storm(yard, args.seed)
        rows += storm.run(kinds, args.count, _progress)
    finally:
        yard.close()
    return storm.trace


def _progress(kind: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{kind}: {done} of {of}   ", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _print(rows: list[Row]) -> None:
    print(f"{'fault':10} {'count':>6} {'facts on disk':>14} {'sales':>7} {'lost':>5} {'doubled':>8} {'wrong':>6}")
    for row in rows:
        print(f"{row.kind:10} {row.count:6} {row.announced:14} {row.sales:7} {row.lost:5} {row.doubled:8} {row.wrong:6}")
    print(f"{'all':10} {sum(row.count for row in rows):6} {sum(row.announced for row in rows):14} {sum(row.sales for row in rows):7}"
          f" {sum(row.lost for row in rows):5} {sum(row.doubled for row in rows):8} {sum(row.wrong for row in rows):6}")
    for row in rows:
        for sentence in row.sentences[:SHOWN]:
            print(f"NOT RIGHT after {row.kind}: {sentence}")


def _checkouts(args: argparse.Namespace) -> int:
    with _quiet(), _folder() as folder:
        if args.again is not None:
            verdict = checkouts.run_again(args.again, args.seed, folder)
            print(f"{_told(verdict)}: {verdict.wrong or 'as it must be'}")
            return 1 if verdict.wrong else 0
        table = checkouts.run(args.count, args.seed, folder, lambda verdict: show_progress(verdict.number + 1, args.count))
    print(json.dumps(_as_json(table)) if args.json else "\n".join(_as_text(table)))
    return 1 if table.wrong else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Let nobody log meanwhile: the faults are meant, and their lines would bury the table."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory where there is one: what is tried is the order of writes, not the disk's speed."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as place:
        yield Path(place)


def _as_json(table: Table) -> dict[str, Any]:
    rows = [{"fault": fault, "step": step, **counted} for (fault, step), counted in sorted(table.rows.items())]
    return {"checkouts": table.count, "struck": table.struck, "wrong": [str(verdict) for verdict in table.wrong], "rows": rows}


def _as_text(table: Table) -> list[str]:
    """A table in Markdown: faults down, steps across, and in each cell how the checkouts ended."""
    steps = [step for step in (*STEPS, NEVER) if any(at == step for _fault, at in table.rows)]
    cells = [["fault, and at which step", *steps], ["---"] * (len(steps) + 1)]
    for fault in FAULTS:
        ended = [table.rows.get((fault, step)) for step in steps]
        cells.append([fault, *("-" if counted is None else " / ".join(str(counted[outcome]) for outcome in OUTCOMES) for counted in ended)])
    widths = [max(len(row[column]) for row in cells) for column in range(len(steps) + 1)]
    lines = ["| " + " | ".join(cell.ljust(width, "-" if cell == "---" else " ") for cell, width in zip(row, widths, strict=True)) + " |"
             for row in cells]
    doubled = sum("double" in verdict.wrong or "charged" in verdict.wrong for verdict in table.wrong)
    lost = sum("lost" in verdict.wrong for verdict in table.wrong)
    lines += ["", f"In each cell: {' / '.join(OUTCOMES)}."]
    lines.append(f"{table.count} checkouts, {table.struck} of them struck: {doubled} double charges, {lost} lost sales, "
                 f"{len(table.wrong) - doubled - lost} other broken promises.")
    return lines + [f"  {_told(verdict)}: {verdict.wrong}" for verdict in table.wrong]


def _told(verdict: Verdict) -> str:
    return f"checkout {verdict.number}, {verdict.fault} at {verdict.step!r}, {verdict.outcome}"
