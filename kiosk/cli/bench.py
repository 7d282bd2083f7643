"""`kiosk bench`: what this very machine achieves."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.evaluation.mirror import costs, machine, memory_mb, soak, steadiness, watch
from kiosk.vision.networks import ModelStore
from kiosk.vision.wardrobe import garment


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("bench", help="measure this machine")
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    mirror = commands.add_parser("mirror", help="print this machine's row of the mirror's table; rendered shoppers stand before it")
    mirror.add_argument("--video", type=Path, metavar="FILE", help="dress somebody in a video too: frames dressed, flips, torn garments")
    mirror.add_argument("--soak", type=int, default=0, metavar="N", help="run the loop for N frames and watch the memory")
    mirror.set_defaults(run=_mirror)


def _mirror(args: argparse.Namespace) -> int:
    models = ModelStore()
    shirt, tee = garment("shirt_white"), garment("tshirt_red")
    cost, calm = costs(models, (shirt, tee)), steadiness(models)
    rows = [
        ("CPU of a shown 1080x1920 frame without pose", f"{cost.cpu_shown:.1f} ms", "20"),
        ("CPU of a pose update", f"{cost.cpu_pose:.1f} ms", "40"),
        ("frame in -> picture made, p95", f"{cost.latency_p95_ms:.0f} ms", "50"),
        ("first garment after somebody steps in", f"{cost.first_garment_ms:.0f} ms", "700"),
        ("switch to another garment", f"{cost.switch_ms:.0f} ms", "100"),
        ("still person, noise of 6: motion a frame, of the shoulders",
         f"{100 * calm.still:.3f} % (raw {100 * calm.still_raw:.2f} %)", "0.1"),
        ("moving wrist: lag", f"{calm.wrist_lag_ms:.0f} ms", "60"),
    ]
    if args.video:
        seen = watch(models, args.video, shirt, lambda n: show_progress(n, 0))
        figure = f"{seen.dressed} of {seen.frames} / {seen.flips} / {seen.torn}"
        rows += [(f"{args.video.name}: dressed / flips / torn", figure, "99 % / 0 / 0")]
    if args.soak:
        used = [mb for _, mb in soak(models, (shirt, tee), args.soak)]
        settled = used[len(used) // 5]
        rows += [(f"{args.soak} frames: memory, growth after the first fifth",
                  f"{max([*used, memory_mb()]):.0f} MB, {100 * (used[-1] / settled - 1):+.2f} %", "500, 1 %")]
    print(f"{machine()}")
    for name, figure, bar in rows:
        print(f"  {name:62} {figure:32} bar {bar}")
    return 0
