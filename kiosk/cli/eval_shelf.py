"""`kiosk eval shelf`: what was taken and put back, in recorded or simulated weight."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.devices.simulated.traces import LaneScenario
from kiosk.devices.simulated.traces_store import StoreScenario
from kiosk.errors import InvalidValueError
from kiosk.evaluation.shelf import evaluate, total, traces, write_lanes, write_stores
from kiosk.evaluation.shelf_score import Tally


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    shelf = commands.add_parser("shelf", help="find what was taken and put back in recorded weight")
    shelf.add_argument("folder", type=Path, metavar="DIR", help="a trace (samples.csv, planogram.json, truth.json), or a folder of traces")
    shelf.add_argument("--json", action="store_true", help="print the figures as JSON")
    shelf.add_argument("--write", choices=("lane", "store"), help="first write simulated traces into DIR")
    shelf.add_argument("--seed", type=int, default=1, metavar="N", help="of the first simulated trace (default 1)")
    shelf.add_argument("--count", type=int, default=6, metavar="N", help="simulated traces, each with a seed of its own (default 6)")
    shelf.add_argument("--unit-g", type=float, default=60.0, metavar="G", help="lane: weight of one piece (default 60)")
    shelf.add_argument("--noise-g", type=float, metavar="G", help="noise of a raw sample at 10 Hz (default 10 for lane, 2 for store)")
    shelf.add_argument("--crowd", action="store_true", help="lane: a tenth of the actions follow another closely, two hands an hour lean")
    shelf.add_argument("--store", type=Path, metavar="DIR", help="store: holds shelf_events_*.json and shelf_store/Plates.json")
    shelf.add_argument("--camera-right", type=float, default=0.0, metavar="SHARE", help="store: add a camera that is right this often")
    shelf.set_defaults(run=_shelf)


def _shelf(args: argparse.Namespace) -> int:
    if args.write == "store" and args.store is None:
        raise InvalidValueError("--write store needs --store DIR, where shelf_events_*.json and shelf_store/ are")
    seeds = range(args.seed, args.seed + args.count)
    if args.write == "lane":
        crowd = (2.0, 0.1) if args.crowd else (0.0, 0.0)
        write_lanes(args.folder, [LaneScenario(args.unit_g, args.noise_g or 10.0, seed, leans_per_h=crowd[0], burst_share=crowd[1])
                                  for seed in seeds])
    elif args.write == "store":
        write_stores(args.folder, args.store, [StoreScenario(seed, args.noise_g or 2.0, camera_right=args.camera_right) for seed in seeds])
    folders = traces(args.folder)
    tallies: list[dict[str, Tally]] = []
    for folder in folders:
        tallies.append(evaluate(folder))
        show_progress(len(tallies), len(folders))
    figures = {name: tally.figures() for name, tally in total(tallies).items()}
    if args.json:
        print(json.dumps(figures, indent=2))
        return 0
    print(f"{'':20}" + "".join(f"{name:>18}" for name in figures))
    for key in figures["shelf"]:
        print(f"{key:20}" + "".join(f"{one[key]:18}" for one in figures.values()))
    return 0
