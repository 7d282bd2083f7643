"""`kiosk queue`: what waits for HQ, how old it is and why; and how it moves from a broken kiosk to its replacement."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.errors import StorageError
from kiosk.flows.opening import device_clock, open_store
from kiosk.flows.queue import ask_again, reason
from kiosk.runtime import SystemClock
from kiosk.storage.moving import LaneReport, export_queue, import_queue, reports

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def add(subparsers: Any) -> None:
    """Register the commands."""
    group = subparsers.add_parser("queue", help="what waits for HQ; move a broken kiosk's queue to its replacement")
    commands = group.add_subparsers(dest="what", required=True, metavar="WHAT")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    status = commands.add_parser("status", parents=[common], help="how many facts wait in each lane, how old they are, and why")
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=_status)
    export = commands.add_parser("export", parents=[common], help="write all that waits into a file; nothing is taken away")
    export.add_argument("file", type=Path)
    export.set_defaults(run=_export)
    taking = commands.add_parser("import", parents=[common], help="take over the queue of a broken kiosk with the same id")
    taking.add_argument("file", type=Path)
    taking.set_defaults(run=_import)
    commands.add_parser("retry", parents=[common], help="have everything that waits sent again now").set_defaults(run=_retry)


def _status(args: argparse.Namespace) -> int:
    settings = load(args.config)
    clock = device_clock(settings)
    store = open_store(settings, clock)
    with store.snapshot() as unit:
        lanes, why = reports(unit, clock.now()), reason(unit, clock)
    store.close()
    if args.json:
        print(json.dumps({"device": settings.device.id, "why": why, "lanes": [asdict(lane) for lane in lanes]}, indent=2))
        return 0
    print(f"{'lane':8}{'waiting':>9}{'oldest':>10}{'HQ holds up to':>16}{'written up to':>15}  history")
    for lane in lanes:
        print(_line(lane))
    print(why)
    return 0


def _line(lane: LaneReport) -> str:
    history = "this card" if lane.present else f"a former card or file ({lane.epoch})"
    return f"{lane.lane:8}{lane.waiting:9}{_age(lane.oldest_s) if lane.waiting else '-':>10}{lane.acked:16}{lane.last:15}  {history}"


def _age(seconds: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds / size:.0f} {unit}"


def _export(args: argparse.Namespace) -> int:
    store = open_store(load(args.config), SystemClock())
    try:
        with args.file.open("xb") as file:
            count = export_queue(store, file.write)
    except FileExistsError as error:
        raise StorageError(f"{args.file} is there already: choose another name") from error
    finally:
        store.close()
    print(f"{count} fact(s) are in {args.file}; on the replacement: kiosk queue import {args.file.name}")
    return 0


def _import(args: argparse.Namespace) -> int:
    store = open_store(load(args.config), SystemClock())
    try:
        with args.file.open("rb") as file:
            moved = import_queue(store, file, str(args.file))
    finally:
        store.close()
    print(f"{moved.new} fact(s) taken over, {moved.known} were here or at HQ already; they go to HQ like this kiosk's own")
    return 0


def _retry(args: argparse.Namespace) -> int:
    settings = load(args.config)
    clock = device_clock(settings)
    store = open_store(settings, clock)
    with store.unit(use_reserve=True) as unit:
        ask_again(unit, clock)
        why = reason(unit, clock)
    store.close()
    print(f"the sync service sends everything again as soon as it can. {why}")
    return 0
