"""`kiosk bench`: what this very machine achieves."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk.cli.progress import show_progress
from kiosk.devices.simulated.figure import Figures
from kiosk.devices.simulated.figure_pose import HANGING, Arm, BodyPose
from kiosk.domain.garment import Garment
from kiosk.evaluation.live import live
from kiosk.evaluation.mirror import CAMERA, SCREEN, costs, machine, memory_mb, shopper, soak, steadiness, watch
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import use_threads
from kiosk.vision.wardrobe import garment

Row = tuple[str, str, str]
"""What, figure, bar."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("bench", help="measure this machine")
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    mirror = commands.add_parser("mirror", help="print this machine's row of the mirror's table; rendered shoppers stand before it")
    mirror.add_argument("--video", type=Path, metavar="FILE", help="dress somebody in a video too: frames dressed, flips, torn garments")
    mirror.add_argument("--soak", type=int, default=0, metavar="N", help="run the loop for N frames and watch the memory")
    mirror.set_defaults(run=_mirror)
    meshes = commands.add_parser("meshes", help="draw garments by the renderer and by the processor: how far apart, and what each costs")
    meshes.add_argument("--frames", type=int, default=100, metavar="N")
    meshes.set_defaults(run=_meshes)


def _mirror(args: argparse.Namespace) -> int:
    use_threads(1)
    models = ModelStore()
    shirt, tee = garment("shirt_white"), garment("tshirt_red")
    rows = [*_costs(models, shirt, tee), *_live(models, shirt), *_steadiness(models)]
    if args.video:
        seen = watch(models, args.video, shirt, lambda n: show_progress(n, 0))
        figure = f"{seen.dressed} of {seen.frames} / {seen.flips} / {seen.torn}"
        rows.append((f"{args.video.name}: dressed / flips / torn", figure, "99 % / 0 / 0"))
    if args.soak:
        used = []
        for step, mb in soak(models, (shirt, tee), args.soak):
            used.append(mb)
            show_progress(step, args.soak)
        growth = 100 * (used[-1] / used[len(used) // 5] - 1)
        figure = f"{max([*used, memory_mb()]):.0f} MB, {growth:+.2f} %"
        rows.append((f"{args.soak} frames: memory, growth after the first fifth", figure, "500, 1 %"))
        quarters = [used[round(share * (len(used) - 1))] for share in (0.1, 0.25, 0.5, 0.75, 1.0)]
        rows.append(("memory after a tenth, each quarter, at the end", " / ".join(f"{mb:.1f}" for mb in quarters) + " MB", "-"))
    print(f"{machine()}")
    for name, figure, bar in rows:
        print(f"  {name:62} {figure:32} bar {bar}")
    if "Raspberry" not in machine():
        print("Raspberry Pi\n  unmeasured: run this command on one")
    return 0


def _costs(models: ModelStore, shirt: Garment, tee: Garment) -> list[Row]:
    cost = costs(models, (shirt, tee))
    return [("CPU of a shown 1080x1920 frame without pose", f"{cost.cpu_shown:.1f} ms", "20"),
            ("CPU of a pose update", f"{cost.cpu_pose:.1f} ms", "40"),
            ("first garment after somebody steps in", f"{cost.first_garment_ms:.0f} ms", "700"),
            ("switch to another garment", f"{cost.switch_ms:.0f} ms", "100")]


def _live(models: ModelStore, shirt: Garment) -> list[Row]:
    figures = Figures(models.path("astronaut"))
    pictures = [shopper(models, BodyPose(Arm(11 + 8 * k, 0, 6 + 8 * k, 0), HANGING), figures) for k in range(6)]
    rows: list[Row] = []
    for size, least in ((CAMERA, "24"), (SCREEN, "24")):
        seen = live(models, [*pictures, *reversed(pictures)], shirt, size, 6.0)
        name = f"{size[0]}x{size[1]}, all threads:"
        rows += [(f"{name} frames shown / bodies looked at a second", f"{seen.shown_hz:.1f} / {seen.dressed_hz:.1f}", least),
                 (f"{name} frame in -> present, p95", f"{seen.late_p95_ms:.0f} ms", "50"),
                 (f"{name} stages", str(seen.stages), "-")]
    return rows


def _steadiness(models: ModelStore) -> list[Row]:
    calm = steadiness(models)
    still = f"{100 * calm.still:.3f} % (raw {100 * calm.still_raw:.2f} %)"
    return [("still person, noise of 6: motion a frame, of the shoulders", still, "0.1"),
            ("moving wrist: lag", f"{calm.wrist_lag_ms:.0f} ms", "60")]


def _meshes(args: argparse.Namespace) -> int:
    from kiosk.devices.glass import GlassDisplay
    from kiosk.evaluation.meshes import compare, moving_shoppers

    use_threads(1)
    glass = GlassDisplay(CAMERA, "kiosk bench meshes")
    found = []
    for number, apart in enumerate(compare(glass, moving_shoppers(ModelStore(), args.frames, CAMERA)), 1):
        found.append(apart)
        show_progress(number, args.frames)
    glass.close()
    middle = sorted(found, key=lambda apart: apart.difference)[len(found) // 2]
    print(f"{machine()}")
    print(f"  {'meshes beside the processor, worst and median of ' + str(len(found)) + ' frames':62} "
          f"{max(apart.difference for apart in found):.2f} / {middle.difference:.2f} of 255{'':11} bar 4")
    times = [sorted(values)[len(values) // 2] for values in ([a.processor_ms for a in found], [a.renderer_ms for a in found])]
    print(f"  {'body -> dressed frame: processor / renderer, median':62} {times[0]:.0f} / {times[1]:.0f} ms")
    return 0
