"""`kiosk eval copies`: what traces of a copy tell on pictures and videos as they are."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from kiosk.domain.liveness import LIMITS
from kiosk.errors import InvalidValueError
from kiosk.evaluation.copies import CopiesRow, VideoRow, judge_pictures, judge_video
from kiosk.vision.copies import open_copies
from kiosk.vision.face import FaceFinder
from kiosk.vision.networks import ModelStore


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk eval copies`."""
    copies = commands.add_parser("copies", help="real pictures of copied and living faces, and videos, before the passive part")
    copies.add_argument("--real", type=Path, nargs="+", default=[], metavar="PATH", help="pictures of living faces, or folders of them")
    copies.add_argument("--copies", type=Path, nargs="+", default=[], metavar="PATH", help="pictures of prints and screens")
    copies.add_argument("--video", type=Path, nargs="+", default=[], metavar="FILE", help="videos of one face, played to challenges")
    copies.add_argument("--plays", type=int, default=1000, metavar="N", help="challenges a video is played to (default 1000)")
    copies.add_argument("--model", default="", metavar="FILE", help="a passive network (.onnx) beside our own cues")
    copies.add_argument("--json", action="store_true", help="print the figures as JSON")
    copies.set_defaults(run=_copies)


def _copies(args: argparse.Namespace) -> int:
    if not (args.real or args.copies or args.video):
        raise InvalidValueError("nothing to judge: give --real, --copies or --video")
    finder = FaceFinder(ModelStore())
    rows = judge_pictures(args.real, args.copies, finder, LIMITS.passive, open_copies(args.model))
    videos = [judge_video(path, finder, LIMITS, args.plays) for path in args.video]
    if args.json:
        print(json.dumps({"pictures": [asdict(row) for row in rows], "videos": [asdict(row) for row in videos]}, indent=2))
        return 0
    _print(rows, videos)
    return 0


def _print(rows: list[CopiesRow], videos: list[VideoRow]) -> None:
    if rows:
        print(f"the passive part alone, as it is; nothing was tuned on these. A copy is above {LIMITS.passive:g}; auc {rows[0].auc:.2f}")
        print(f"{'':20} really    pictures  no face  taken for a copy  (95 % interval)")
    for row in rows:
        low, high = row.interval
        really = "living" if row.real else "copy"
        print(f"{row.name:20} {really:8}  {row.pictures:8}  {row.faceless:7}  {row.taken:16.1%}  ({low:.1%} to {high:.1%})")
    for video in videos:
        low, high = video.interval
        print(f"{video.name}: face followed in {video.followed} of {video.frames} frames, looks copied {video.passive:.2f} of 1; played to "
              f"{video.plays} challenges, passed {video.passed} ({low:.1%} to {high:.1%})")
