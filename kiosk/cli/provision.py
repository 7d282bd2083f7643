"""`kiosk provision`: give this device its certificate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kiosk.config import IN_FORCE, load
from kiosk.flows.standing import broker_address, open_identity
from kiosk.runtime import SystemClock
from kiosk.sync.claim import claim, claim_address
from kiosk.sync.trust.identity import believed_by_claim

PATIENCE_S = 900.0
SAID = {"connect": "asks the broker at {}", "asked": "HQ is asked; the key was made here and stays here",
        "waiting": "HQ knows the code; somebody there has to approve this device", "done": "has its certificate"}


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("provision", help="give this device its certificate, with a claim file and a one-time store code")
    parser.add_argument("--config", type=Path, default=IN_FORCE, help="default: %(default)s")
    parser.add_argument("--claim", type=Path, default=IN_FORCE.with_name("claim.pem"), help="file that HQ wrote (default: %(default)s)")
    parser.add_argument("--code", default="", help="store code; setup.code of the configuration when it is not given, else asked for")
    parser.add_argument("--wait", type=float, default=PATIENCE_S, metavar="SECONDS", help="for HQ's approval (default: %(default).0f)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    settings = load(args.config)
    device, identity = settings.device.id, open_identity(settings)
    held = identity.certificate()
    if not settings.broker.tls:
        print(f"{device} needs no certificate: broker.tls is false")
        return 0
    if held is not None and held.name == device:
        print(f"{device} has a certificate until {held.ends:%Y-%m-%d}; it renews by itself, nothing to do")
        return 0
    roots = believed_by_claim(args.claim)
    code = args.code or settings.setup.code.reveal() or input("Store code: ")
    said = ""
    for step in claim(identity, claim_address(broker_address(settings), str(args.claim)), (device, code, roots), SystemClock(), args.wait):
        if step.name != said:
            print(f"{device} {SAID[step.name].format(step.detail)}", flush=True)
        said = step.name
    held = identity.certificate()
    if held is not None:
        print(f"Good until {held.ends:%Y-%m-%d}, renewed by itself. `systemctl restart kiosk.target` starts the services with it.")
    return 0
