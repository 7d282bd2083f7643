"""`kiosk eval`: figures on a person's own data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kiosk.cli import eval_copies, eval_faces, eval_facings, eval_liveness, eval_mirror, eval_shelf, eval_stock
from kiosk.cli.progress import show_progress
from kiosk.evaluation.tryon import PairScore, evaluate, gallery, pairs, summary
from kiosk.vision.body import BodyFinder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import write_picture
from kiosk.vision.tryon import Dresser


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk eval` and its commands."""
    parser = subparsers.add_parser("eval", help="measure accuracy on your own data")
    commands = parser.add_subparsers(dest="eval_command", required=True, metavar="COMMAND")
    eval_faces.add(commands)
    eval_liveness.add(commands)
    eval_copies.add(commands)
    tryon = commands.add_parser("tryon", help="put garments on people who really wear them: the layout of VITON")
    tryon.add_argument("folder", type=Path, metavar="DIR", help="holds image/, cloth/, cloth-mask/ and image-parse/")
    tryon.add_argument("--json", action="store_true", help="print the figures as JSON")
    tryon.add_argument("--gallery", type=Path, metavar="FILE", help="write a contact sheet of best, median and worst pairs (.png or .jpg)")
    tryon.add_argument("--own-length", action="store_true", help="end tops where their own length puts them, not where the worn top ends")
    tryon.add_argument("--limit", type=int, metavar="N", help="take the first N pairs only")
    tryon.set_defaults(run=_tryon)
    eval_mirror.add(commands)
    eval_shelf.add(commands)
    eval_facings.add(commands)
    eval_stock.add(commands)


def _tryon(args: argparse.Namespace) -> int:
    finder = BodyFinder(ModelStore())
    total = len(pairs(args.folder, args.limit))
    scores: list[PairScore] = []
    for score in evaluate(args.folder, finder, Dresser(follow_hem=not args.own_length).cover_mask, args.limit):
        scores.append(score)
        show_progress(len(scores), total)
    if args.gallery:
        write_picture(args.gallery, gallery(args.folder, finder, scores))
    figures = summary(scores)
    if args.json:
        print(json.dumps(figures, indent=2))
        return 0
    for key, figure in figures.items():
        print(f"{key:16} {figure}")
    return 0
