"""`kiosk world`: the simulated store as a process."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from kiosk.devices.simulated.figure import Figures
from kiosk.devices.simulated.process import WorldServer
from kiosk.devices.simulated.setup import read_setup
from kiosk.devices.simulated.world import World
from kiosk.runtime import Stop, notify, set_up_logging


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    group = subparsers.add_parser("world", help="the simulated store").add_subparsers(dest="what", required=True, metavar="WHAT")
    serve = group.add_parser("serve", help="serve a simulated store on a Unix socket until SIGTERM")
    serve.add_argument("--setup", type=Path, required=True, metavar="FILE", help="what the store is made of (JSON)")
    serve.add_argument("--socket", type=Path, required=True, metavar="PATH", help="where sensors and hands connect")
    serve.set_defaults(run=_serve)


def _serve(args: argparse.Namespace) -> int:
    set_up_logging("world")
    setup = read_setup(args.setup)
    world = World(setup, Figures(Path(setup.portrait)) if setup.portrait else None)
    stop = Stop()
    server = WorldServer(world, args.socket)
    print(f"the world is at {args.socket}", flush=True)
    notify("READY=1")
    while not stop:
        time.sleep(0.2)
    server.close()
    return 0
