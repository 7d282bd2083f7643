"""`kiosk sell`: a till without a shopper, which storms break."""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path
from typing import Any

from kiosk.config import load
from kiosk.runtime import Stop, SystemClock, new_id, set_up_logging
from kiosk.sim.seller import Pace, Seller
from kiosk.storage.store import Store


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("sell", help="sell without a shopper into a device's database until SIGTERM; never on a real kiosk")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--record", type=Path, required=True, metavar="FILE", help="what was committed, one line a unit")
    parser.add_argument("--sales-per-s", type=float, default=20.0, metavar="N", help="0: as fast as it can (default: %(default)s)")
    parser.set_defaults(run=_sell)


def _sell(args: argparse.Namespace) -> int:
    set_up_logging("seller")
    settings = load(args.config)
    stop = Stop()
    store = Store.open(settings.storage.folder / "kiosk.db", settings.device.id, SystemClock(), new_id, settings.storage.reserve_mb)
    seller = Seller(store, args.record, zlib.crc32(new_id().encode()), Pace(args.sales_per_s))
    while not stop:
        seller.turn()
    seller.close()
    return 0
