"""`kiosk eval sizes` and `kiosk eval gestures`: what the mirror understands of a shopper."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.evaluation.habits import idle
from kiosk.evaluation.shopper import Danced, Sized, false_gestures, presses, sizes, swipes
from kiosk.vision.networks import ModelStore


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    size = commands.add_parser("sizes", help="advise sizes to rendered bodies of known measure")
    size.add_argument("--people", type=int, default=120, metavar="N", help="how many bodies (default 120)")
    size.add_argument("--seed", type=int, default=1, help="which bodies (default 1)")
    size.set_defaults(run=_sizes)
    gesture = commands.add_parser("gestures", help="hands that press and sweep: real ones seen, dancing taken for one")
    gesture.add_argument("--count", type=int, default=60, metavar="N", help="rendered presses and as many sweeps (default 60)")
    gesture.add_argument("--seed", type=int, default=1, help="how they move (default 1)")
    gesture.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first of them: who they are (default 0)")
    gesture.add_argument("--video", type=Path, metavar="FILE", help="somebody who dances; without it, false gestures are not counted")
    gesture.add_argument("--hours", type=float, default=1.0, help="how long that motion is repeated, each time changed (default 1)")
    gesture.add_argument("--idle", type=float, default=0.0, metavar="MIN",
                         help="render people who mean nothing for so many minutes, repeated and changed for --hours (default 0: none)")
    gesture.set_defaults(run=_gestures)


def _sizes(args: argparse.Namespace) -> int:
    found: list[Sized] = []
    for one in sizes(ModelStore(), args.people, args.seed):
        found.append(one)
        show_progress(len(found), args.people)
    advised = [one for one in found if one.off is not None]
    within = sum((one.off or 0) <= 1 for one in advised)
    holds = sum(one.true in one.advice.sizes for one in advised)
    spans = Counter(len(one.advice.sizes) for one in advised)
    sure = sum(one.advice.sure for one in advised)
    print(f"rendered bodies           {len(found)}")
    print(f"advised / asked           {len(advised)} / {len(found) - len(advised)}")
    print(f"likely size within one    {_share(within, len(advised))}   bar 90 %")
    print(f"range holds the size      {_share(holds, len(advised))}   said: {sure / max(1, len(advised)):.1%}")
    print(f"ranges of 1 / 2 sizes     {spans[1]} / {spans[2]}")
    return 0


def _gestures(args: argparse.Namespace) -> int:
    models = ModelStore()
    for told in (presses(models, args.count, args.seed, args.first), swipes(models, args.count, args.seed, args.first)):
        print(f"{told.kind:28} seen {_share(told.seen, told.made)}, taken for another {told.wrong}   bar 95 %")
    if args.video is not None:
        danced = false_gestures(models, args.video, args.hours, args.seed, lambda n: show_progress(n, 0))
        _print_false(danced, f"like {args.video.name}")
    if args.idle > 0:
        _print_false(idle(models, args.idle, args.hours, args.seed, lambda s: show_progress(round(s), round(60 * args.idle))), "of habits")
    return 0


def _print_false(told: Danced, what: str) -> None:
    names = ", ".join(f"{name} {count}" for name, count in sorted(told.by_name.items())) or "none"
    presses, sweeps = told.presses_an_hour, told.sweeps_an_hour
    print(f"false in {told.hours:.1f} h {what}: presses {presses:.2f} an hour, bar 1; sweeps {sweeps:.2f} ({names})")


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}, {part / max(1, whole):.1%}"
