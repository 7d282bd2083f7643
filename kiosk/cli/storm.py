"""`kiosk storm`: faults by the thousand, and what came out of them."""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.cli.progress import show_progress
from kiosk.sim import checkouts
from kiosk.sim.checkouts import Table

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of its own is made below it)


def add(subparsers: Any) -> None:
    """Register the commands."""
    group = subparsers.add_parser("storm", help="faults by the thousand").add_subparsers(dest="what", required=True)
    command = group.add_parser("checkouts", help="faulty checkouts over kiosk and HQ: fault, step, outcome; 1 when a promise was broken")
    command.add_argument("--count", type=int, default=300, help="checkouts (default: %(default)s; 10000 take minutes)")
    command.add_argument("--seed", type=int, default=1, help="the same seed runs the same checkouts (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="print the table as JSON")
    command.set_defaults(run=_checkouts)


def _checkouts(args: argparse.Namespace) -> int:
    logging.disable(logging.CRITICAL)
    with _folder() as folder:
        table = checkouts.run(args.count, args.seed, folder, lambda verdict: show_progress(verdict.number + 1, args.count))
    print(json.dumps(_as_json(table)) if args.json else "\n".join(_as_text(table)))
    return 1 if table.wrong else 0


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder in memory where there is one: what is tried is the order of writes, not the disk's speed."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as place:
        yield Path(place)


def _as_json(table: Table) -> dict[str, Any]:
    rows = [{"fault": fault, "step": step, **counted} for (fault, step), counted in sorted(table.rows.items())]
    return {"checkouts": table.count, "struck": table.struck, "wrong": [str(verdict) for verdict in table.wrong], "rows": rows}


def _as_text(table: Table) -> list[str]:
    outcomes = ("paid", "paid offline", "not paid")
    lines = [f"{'fault':24}{'step':16}" + "".join(f"{outcome:>14}" for outcome in outcomes)]
    lines += [f"{fault:24}{step:16}" + "".join(f"{counted[outcome]:14}" for outcome in outcomes)
              for (fault, step), counted in sorted(table.rows.items())]
    doubled = sum("double" in verdict.wrong or "charged" in verdict.wrong for verdict in table.wrong)
    lost = sum("lost" in verdict.wrong for verdict in table.wrong)
    lines.append(f"{table.count} checkouts, {table.struck} of them struck: {doubled} double charges, {lost} lost sales, "
                 f"{len(table.wrong) - doubled - lost} other broken promises")
    return lines + [f"  {verdict}" for verdict in table.wrong]
