"""`kiosk run ROLE`: one service of this device, as systemd starts it."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.config.fleet import to_toml
from kiosk.runtime import set_up_logging
from kiosk.services import ROLES


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("run", help="run one service of this device until SIGTERM")
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    parser.add_argument("--stopped", action="store_true", help="instead of the service, which keeps failing: call staff on its screen")
    parser.set_defaults(run=_run)
    checker = subparsers.add_parser("config", help="read a kiosk.toml and say every mistake in it, or what holds")
    checker.add_argument("file", type=Path)
    checker.set_defaults(run=_check)


def _run(args: argparse.Namespace) -> int:
    settings = load(args.config)
    set_up_logging(f"{settings.device.id}/{args.role}")
    if args.stopped:
        from kiosk.services.attendant import call_staff

        return call_staff(settings)
    code: int = importlib.import_module(f"kiosk.services.{args.role}").serve(settings)
    return code


def _check(args: argparse.Namespace) -> int:
    print(to_toml(_shown(load(args.file))), end="")
    return 0


def _shown(value: Any) -> Any:
    """Return settings as tables and plain values; a secret is what it prints as."""
    if is_dataclass(value):
        return {field.name: _shown(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _shown(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_shown(item) for item in value]
    return value if isinstance(value, bool | int | float) else str(value)
