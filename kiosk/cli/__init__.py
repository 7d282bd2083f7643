"""The `kiosk` command: one file a command group. No logic here, only arguments, progress and printing.

A group is a module of this room with `add(subparsers)`, which registers its commands; each command sets `run=function(args) -> exit code`.
Only the group of the command that was asked for is imported: a kiosk's services start fast and carry nothing that they do not use.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from kiosk import __version__
from kiosk.errors import ConfigError, KioskError, refusal

COMMANDS = {
    "demo": "demo", "run": "run", "config": "run", "members": "members",
    "models": "models", "eval": "eval", "screens": "screens", "hq": "hq", "world": "world", "shelf": "shelf",
    "queue": "queue", "card": "card", "provision": "provision", "device": "device",
    "doctor": "doctor", "storm": "storm", "sell": "sell", "journal": "journal", "garments": "garments", "bench": "bench",
}
"""Command -> the module of this room that registers it, in the order in which --help lists them."""
CUT_OFF = 141
"""Exit code of a command whose reader went away, as shells have it of one that SIGPIPE ends."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong arguments or configuration."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="kiosk", description="The software of a smart store's appliances.")
    parser.add_argument("--version", action="version", version=f"kiosk {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = COMMANDS.get(argv[0]) if argv else None
    for group in dict.fromkeys([asked] if asked else COMMANDS.values()):
        importlib.import_module(f"kiosk.cli.{group}").add(subparsers)
    args = parser.parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except KioskError as error:
        print(f"kiosk {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        if args.command == "run":  # a service's lost connection is a failure
            raise
        # Whoever read what was printed, as `head` does, has read enough.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - Python empties it at its end
        return CUT_OFF
    except OSError as error:
        if error.filename is None or args.command == "run":  # no file that somebody named
            raise
        print(f"kiosk {args.command}: {error.filename}: {refusal(error)}", file=sys.stderr)
        return 1
    return code
