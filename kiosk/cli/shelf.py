"""`kiosk shelf`: load cells on the bench: calibrate them, record what they say, draw it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from kiosk.config import IN_FORCE, Settings, load
from kiosk.devices.scale_calibration import read_calibrations, write_calibrations
from kiosk.devices.scale_record import Recorder
from kiosk.devices.scale_trace import read_trace
from kiosk.domain.shelf_match import LoadCell, ShelfPlan
from kiosk.domain.shelf_plan import shelf_plan
from kiosk.errors import DeviceError, InvalidValueError
from kiosk.evaluation.shelf import our_shelf
from kiosk.evaluation.shelf_plot import Plot, plot
from kiosk.evaluation.shelf_replay import replay
from kiosk.flows.calibrate import Bench, calibrate
from kiosk.flows.facings import open_shelf_camera
from kiosk.flows.facings_setup import Somebody, take_reference
from kiosk.flows.opening import open_parts
from kiosk.flows.parts import Shop, calibration_file
from kiosk.flows.scales import open_converter, open_scale
from kiosk.runtime import Stop, SystemClock
from kiosk.vision.facings_reference import EMPTY, FULL
from kiosk.vision.networks import ModelStore

_ASKED = {
    "empty": "1. Take everything off {cell}, also what leans on it, and step back.",
    "weight": "2. Put {weight:g} g on the middle of {cell}, gently, and take your hand away.",
    "empty_again": "3. Take the weight off again.",
}
_LINE_S = 5.0


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `kiosk shelf` and its commands."""
    parser = subparsers.add_parser("shelf", help="calibrate load cells, record raw weight, draw it")
    commands = parser.add_subparsers(dest="shelf_command", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    calibrating = commands.add_parser("calibrate", parents=[common], help="tell a load cell what empty and what a known weight is")
    calibrating.add_argument("cell", help="as [scale.cells] of kiosk.toml calls it")
    calibrating.add_argument("--weight", type=float, required=True, metavar="G", help="a known weight, about half of what the cell bears")
    calibrating.add_argument("--watch", type=float, default=30.0, metavar="S", help="then watch the empty cell drift (default %(default)s)")
    calibrating.set_defaults(run=_calibrate)
    picturing = commands.add_parser("reference", parents=[common], help="take a picture by which the shelf camera is set up")
    picturing.add_argument("which", choices=(EMPTY, FULL), help="the shelf with no goods at all, or with every slot full")
    picturing.set_defaults(run=_reference)
    recording = commands.add_parser("record", parents=[common], help="write raw samples into files until Ctrl-C")
    recording.add_argument("folder", type=Path)
    recording.add_argument("--seconds", type=float, default=float("inf"), metavar="S")
    recording.set_defaults(run=_record)
    plotting = commands.add_parser("plot", help="draw a trace with the actions that were found in it, as SVG")
    plotting.add_argument("trace", type=Path, help="a folder with samples.csv and planogram.json, e.g. a recording")
    plotting.add_argument("picture", type=Path, help="the .svg file to write")
    plotting.add_argument("--cells", default="", metavar="A,B", help="only these cells, at most six (default: the busiest)")
    plotting.add_argument("--from", dest="begins", type=float, default=0.0, metavar="S", help="seconds from the beginning")
    plotting.add_argument("--seconds", type=float, default=float("inf"), metavar="S")
    plotting.set_defaults(run=_plot)
    playing = commands.add_parser("replay", help="write a trace and what was found in it for HQ's console to play")
    playing.add_argument("trace", type=Path, help="a folder with samples.csv, planogram.json and perhaps truth.json")
    playing.add_argument("file", type=Path, help="e.g. replays/monday.json in HQ's folder")
    playing.set_defaults(run=_replay)


def _calibrate(args: argparse.Namespace) -> int:
    settings = load(args.config)
    converter, _rate = open_converter(settings, args.cell)
    bench = Bench(args.cell, converter, SystemClock(), time.sleep, _bar)

    def ask(what: str) -> None:
        input(_ASKED[what].format(cell=args.cell, weight=args.weight) + "  [Enter] ")

    try:
        made, off_g = calibrate(bench, args.weight, ask)
        print(f"1 unit is {made.grams_per_unit:.6g} g; noise {made.noise_g:.2f} g a sample; zero came back to {off_g:+.2f} g")
        if args.watch > 0:
            print(f"Watching the empty cell for {args.watch:g} s.")
            rest = bench.measure(args.watch)
            drift_g = rest.moved * made.grams_per_unit
            print(f"It moved by {drift_g:+.2f} g: {drift_g / max(1e-9, rest.seconds) * 3600:+.1f} g an hour if it went on like this")
            if abs(drift_g) > 0.005 * args.weight:
                raise InvalidValueError(f"cell {args.cell} drifts: let it warm up, keep draughts away, then calibrate again")
    finally:
        converter.close()
    path = calibration_file(settings)
    write_calibrations(path, read_calibrations(path) | {args.cell: made})
    print(f"{path}: {args.cell} is calibrated")
    return 0


def _reference(args: argparse.Namespace) -> int:
    settings = load(args.config)
    if settings.facings.kind == "none":
        raise InvalidValueError("facings.kind is none in kiosk.toml: there is no shelf camera to take a picture with")
    eyes = open_shelf_camera(settings)
    try:
        path, blind = take_reference(settings, args.which, lambda: eyes.frame, time.sleep, Somebody(ModelStore()))
    finally:
        eyes.close()
    print(f"{path}: kept. Look at it: no person may be in it")
    for slot in blind:
        print(f"slot {slot} cannot be judged: its goods look like the board. Lay a mat of another colour there, or leave it to the scale")
    return 0


def _record(args: argparse.Namespace) -> int:
    settings, clock, stop = load(args.config), SystemClock(), Stop()
    plan = _plan(settings)
    scale = open_scale(settings, tuple(c.cell for c in plan.cells))
    recorder = Recorder(args.folder, plan, clock.now)
    began, told, written, silent = clock.monotonic(), clock.monotonic(), 0, ""
    try:
        while not stop and clock.monotonic() - began < args.seconds:
            try:
                samples = scale.read()
                silent = ""
            except DeviceError as error:
                samples = []
                if str(error) != silent:
                    silent = str(error)
                    print(silent, file=sys.stderr)
            recorder.write(samples)
            written += len(samples)
            if clock.monotonic() - told >= _LINE_S:
                told = clock.monotonic()
                print(f"{told - began:7.0f} s  {written} samples", file=sys.stderr)
            time.sleep(0.05)
    finally:
        scale.close()
        recorder.close()
    print(f"{args.folder}: {written} samples of {len(plan.cells)} cells")
    return 0


def _plan(settings: Settings) -> ShelfPlan:
    """Return the device's own plan, or, before HQ sent a planogram, its bare cells."""
    parts = open_parts(settings)
    shop = Shop(parts.store, parts.clock)
    shop.refresh()
    with parts.store.snapshot() as unit:
        planogram = unit.planogram.get()
    parts.store.close()
    if planogram is not None and (plan := shelf_plan(planogram, shop.product)).cells:
        return plan
    if not settings.scale.cells:
        raise InvalidValueError("nothing to record: kiosk.toml has no [scale.cells], and HQ has sent no planogram yet")
    return ShelfPlan((), tuple(LoadCell(name, name, 0.0, 100.0) for name in settings.scale.cells), ())


def _plot(args: argparse.Namespace) -> int:
    if args.picture.suffix != ".svg":
        raise InvalidValueError(f"{args.picture}: an .svg file is written")
    trace = read_trace(args.trace)
    wanted = tuple(name for name in args.cells.split(",") if name)
    args.picture.write_text(plot(trace, our_shelf(trace), Plot(wanted, args.begins, args.seconds)), encoding="utf-8")
    print(args.picture)
    return 0


def _replay(args: argparse.Namespace) -> int:
    trace = read_trace(args.trace)
    args.file.parent.mkdir(parents=True, exist_ok=True)
    args.file.write_text(json.dumps(replay(trace, our_shelf(trace))), encoding="utf-8")
    print(args.file)
    return 0


def _bar(share: float) -> None:
    if sys.stderr.isatty():
        filled = round(30 * share)
        print(f"\r   [{'#' * filled}{'.' * (30 - filled)}] measuring", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)
