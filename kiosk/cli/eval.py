"""`kiosk eval`: figures on a person's own data."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from kiosk.devices.simulated.traces import LaneScenario
from kiosk.devices.simulated.traces_store import StoreScenario
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import evaluate_pairs, read_pairs
from kiosk.evaluation.shelf import evaluate as evaluate_shelf
from kiosk.evaluation.shelf import total, traces, write_lanes, write_stores
from kiosk.evaluation.shelf_score import Tally
from kiosk.evaluation.tryon import PairScore, evaluate, gallery, pairs, summary
from kiosk.vision.body import BodyFinder
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import write_picture


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk eval faces`, `kiosk eval tryon` and `kiosk eval shelf`."""
    parser = subparsers.add_parser("eval", help="measure accuracy on your own data")
    commands = parser.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")
    faces = commands.add_parser("faces", help="tell faces apart: the protocol of Labeled Faces in the Wild")
    faces.add_argument("--images", type=Path, required=True, metavar="DIR", help="NAME_0001.jpg or NAME/NAME_0001.jpg")
    faces.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="pairs.txt in LFW's format")
    faces.add_argument("--backend", choices=("onnx", "dlib"), default="onnx")
    faces.add_argument("--json", action="store_true", help="print the figures as JSON")
    faces.set_defaults(run=_faces)
    tryon = commands.add_parser("tryon", help="put garments on people who really wear them: the layout of VITON")
    tryon.add_argument("folder", type=Path, metavar="DIR", help="holds image/, cloth/, cloth-mask/ and image-parse/")
    tryon.add_argument("--json", action="store_true", help="print the figures as JSON")
    tryon.add_argument("--gallery", type=Path, metavar="FILE", help="write a contact sheet of best, median and worst pairs (.png or .jpg)")
    tryon.add_argument("--limit", type=int, metavar="N", help="take the first N pairs only")
    tryon.set_defaults(run=_tryon)
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


def _faces(args: argparse.Namespace) -> int:
    chosen = read_pairs(args.pairs, args.images)
    store = ModelStore()
    report = evaluate_pairs(chosen, FaceFinder(store), make_embedder(args.backend, store), _show_progress)
    if args.json:
        print(json.dumps(asdict(report), indent=2))
        return 0
    print(f"accuracy   {report.accuracy:.4f} (95 %: {report.low:.4f} to {report.high:.4f}) on {report.pairs} pairs")
    print(f"threshold  {report.threshold:.3f} (each fold at the best threshold of the others)")
    print(f"no face    {report.not_found} of {report.pictures} pictures; their pairs count as wrong")
    return 0


def _tryon(args: argparse.Namespace) -> int:
    finder = BodyFinder(ModelStore())
    total = len(pairs(args.folder, args.limit))
    scores: list[PairScore] = []
    for score in evaluate(args.folder, finder, limit=args.limit):
        scores.append(score)
        _show_progress(len(scores), total)
    if args.gallery:
        write_picture(args.gallery, gallery(args.folder, finder, scores))
    figures = summary(scores)
    if args.json:
        print(json.dumps(figures, indent=2))
        return 0
    for key, figure in figures.items():
        print(f"{key:16} {figure}")
    return 0


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
        tallies.append(evaluate_shelf(folder))
        _show_progress(len(tallies), len(folders))
    figures = {name: tally.figures() for name, tally in total(tallies).items()}
    if args.json:
        print(json.dumps(figures, indent=2))
        return 0
    print(f"{'':20}" + "".join(f"{name:>18}" for name in figures))
    for key in figures["shelf"]:
        print(f"{key:20}" + "".join(f"{one[key]:18}" for one in figures.values()))
    return 0


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 20 == 0 or done == of):
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
