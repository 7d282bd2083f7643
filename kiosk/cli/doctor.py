"""`kiosk doctor`: is this device well, and what is to be done where it is not."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.flows.bundle import make_bundle, recent_log
from kiosk.flows.doctor import Finding, examine
from kiosk.runtime import SystemClock


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("doctor", help="look over configuration, disk, clock, database, models, devices, broker and queue")
    parser.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="write a zip to send away: no faces, PINs, tokens or keys are in it")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    settings = load(args.config)
    if args.bundle is not None:
        args.bundle.write_bytes(make_bundle(settings, SystemClock(), recent_log()))
        print(f"{args.bundle}: look into it before you send it")
        return 0
    findings: list[Finding] = []
    for finding in examine(settings, SystemClock()):
        findings.append(finding)
        if not args.json:
            print(f"{'ok ' if finding.well else '!! '} {finding.part:14} {finding.said}", flush=True)
            if finding.step:
                print(f"{'':19}-> {finding.step}", flush=True)
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    return 0 if all(finding.well for finding in findings) else 1
