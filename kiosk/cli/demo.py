"""`kiosk demo`: a store in a box on this machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from kiosk.runtime import Stop, set_up_logging
from kiosk.sim.demo import CHAOS, Options, StoreInABox, has_screen
from kiosk.sim.shop import CONSOLE_USER


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("demo", help="a store in a box: broker, HQ, pay terminal, mirror, shelf and shoppers, on 127.0.0.1")
    parser.add_argument("--headless", action="store_true", help="draw off-screen, also where there is a screen")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="N", help="close after N seconds (default: run until Ctrl-C)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what happened as JSON")
    parser.add_argument("--chaos", action="append", default=[], choices=CHAOS, help="break something at second 20; may be repeated")
    parser.add_argument("--camera", default="", metavar="N", help="pay in front of webcam N instead of a rendered shopper")
    parser.add_argument("--folder", type=Path, help="keep all state here (default: a temporary folder that is removed)")
    parser.add_argument("--port", type=int, default=0, help="port of the console (default: 8470, or a free one)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    set_up_logging("demo")
    stop = Stop()
    options = Options(args.seconds, has_screen() and not args.headless, tuple(args.chaos), args.camera, args.folder, args.port)
    store = StoreInABox(options, lambda text: print(f"  {text}", flush=True))
    print("Opening a store in a box ...", flush=True)
    made = None
    try:
        store.open()
        print(f"Open. Console: {store.address}" + ("" if args.seconds else "   (Ctrl-C closes the store)"), flush=True)
        print(f"  log in as {CONSOLE_USER} with {store.console_password()} (it holds once)", flush=True)
        store.run(lambda: bool(stop))
    finally:
        print("Closing: the queues drain, then everything stops.", flush=True)
        made = store.close()
    if made is None:
        return 1
    if args.report:
        args.report.write_text(json.dumps(made, indent=2) + "\n")
    _print(made)
    return 1 if made["differences"] else 0


def _print(made: dict[str, Any]) -> None:
    print(f"Sales: {made['kiosk_sales']} at the kiosks, {made['hq_sales']} at HQ; "
          f"{made['kiosk_total_minor'] / 100:.2f} and {made['hq_total_minor'] / 100:.2f} EUR")
    print(f"Sold while the line was cut: {made['offline_sales']}; posted at HQ later, once: {made['offline_posted_once']}.")
    print(f"Faces: {made['recognised']} recognised, {made['refused']} refused. Replenishments: {made['replenishments']}. "
          f"Gaps {made['gaps']}, duplicates {made['duplicates']}, refused re-sends {made['resent']}.")
    if made["spoofs"]:
        print("Pictures of members held before the camera: {tried}; refused {refused}, paid {paid}.".format(**made["spoofs"]))
    if made["erasures"]["asked"]:
        print("Faces erased by phone: {asked}; gone from every kiosk {gone_everywhere}, the slowest after {gone_s} s; every kiosk's "
              "word at HQ after {told_s} s.".format(**made["erasures"]))
    print(f"Phones paid {made['codes_paid']} codes; {made['refunds']} sales given back, {made['refunded_minor'] / 100:.2f} EUR. "
          f"Payment services hold {sum(made['services_minor'].values()) / 100:.2f} EUR, HQ's books the same."
          if not made["differences"] else "The books and the payment services are compared below.")
    for device, day in made.get("evening", {}).get("days", {}).items():
        print(f"{device} closed {day['day']}: {day['sales']} sales {day['sales_minor'] / 100:.2f}, "
              f"{day['refunds']} refunds {day['refunds_minor'] / 100:.2f} EUR")
    for sentence in made["differences"]:
        print(f"NOT RIGHT: {sentence}")
