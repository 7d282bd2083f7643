"""`kiosk eval liveness`: rendered attacks and rendered people against the challenge, on a folder of faces."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.devices.simulated.attack_ranges import PARITY, SLICES
from kiosk.domain.liveness import LIMITS
from kiosk.errors import InvalidValueError
from kiosk.evaluation.liveness import HALVES, LivenessReport, Plan, evaluate_folder
from kiosk.evaluation.liveness_curve import draw


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk eval liveness`."""
    liveness = commands.add_parser("liveness", help="rendered attacks against the challenge: paper, telephones, cut-out eyes")
    liveness.add_argument("--images", type=Path, required=True, metavar="DIR", help="faces to render from: NAME_0001.jpg or NAME/*.jpg")
    liveness.add_argument("--attempts", type=int, default=100, metavar="N", help="of each kind (default 100)")
    liveness.add_argument("--seed", type=int, default=1, metavar="S", help="of challenges, people and ranges (default 1)")
    liveness.add_argument("--split", choices=HALVES, default="test", help="half of people and ranges (default test)")
    liveness.add_argument("--jobs", type=int, default=1, metavar="N", help="processes that share the work (default 1)")
    liveness.add_argument("--json", action="store_true", help="print the figures as JSON")
    liveness.add_argument("--plot", type=Path, metavar="FILE", help="draw APCER over BPCER as .svg")
    liveness.set_defaults(run=_liveness)


def _liveness(args: argparse.Namespace) -> int:
    if args.plot and args.plot.suffix.lower() != ".svg":
        raise InvalidValueError(f"{args.plot}: --plot draws .svg")
    if args.attempts < 1 or args.jobs < 1:
        raise InvalidValueError(f"--attempts {args.attempts} --jobs {args.jobs}: at least one")
    report = evaluate_folder(args.images, Plan(args.attempts, args.seed, args.split), LIMITS, args.jobs, show_progress)
    if args.plot:
        title = f"Rendered attempts, {args.attempts} of a kind, {report.people} people"
        args.plot.write_text(draw(report.margins, title), encoding="utf-8")
    if args.json:
        values = asdict(report)
        del values["margins"]
        print(json.dumps(values, indent=2))
        return 0
    _print(report)
    return 0


def _print(report: LivenessReport) -> None:
    half = PARITY[report.split]
    print(f"all RENDERED, from {report.people} people of the {report.split} half, whose name's checksum is {half}. Each of these ranges")
    print(f"is cut in {SLICES} slices, and drawn from the {half} ones alone, counted from 0:")
    print("\n".join(f"  {line}" for line in report.ranges))
    print(f"\n{'':12} attempts  wrong    rate   (95 % interval)     decided by")
    for row in (report.bpcer, *report.apcer, report.replays, report.anything):
        low, high = row.interval
        rules = ", ".join(f"{rule} {count}" for rule, count in row.rules.items())
        print(f"{row.kind:12} {row.attempts:8}  {row.wrong:5}  {row.rate:7.2%}  ({low:.2%} to {high:.2%})   {rules}")
    print("\ngenuine: refused (BPCER); all others: passed (APCER). replay: a recorded genuine answer to a challenge of another order;")
    print("replay_any: to one drawn freely, which may be the same order by chance. Not PAD-certified; 2D camera, low value only.")
