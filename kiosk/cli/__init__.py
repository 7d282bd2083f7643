"""The `kiosk` command: one file a command group. No logic here, only arguments, progress and printing.

A group is a module of this room with `add(subparsers)`, which registers its commands; each command sets `run=function(args) -> exit code`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from kiosk import __version__
from kiosk.errors import ConfigError, KioskError

GROUPS: tuple[str, ...] = ("demo", "run", "models", "eval", "hq", "world")
"""The modules of this room that register commands, in the order in which --help lists them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong arguments or configuration."""
    parser = argparse.ArgumentParser(prog="kiosk", description="The software of a smart store's appliances.")
    parser.add_argument("--version", action="version", version=f"kiosk {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in GROUPS:
        importlib.import_module(f"kiosk.cli.{group}").add(subparsers)
    args = parser.parse_args(argv)
    try:
        code: int = args.run(args)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except KioskError as error:
        print(f"kiosk {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code
