"""The end of a day in the store in a box: staff takes a return, closes the doors, counts the drawers and closes the day at each till."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kiosk.devices.simulated.process import WorldClient
from kiosk.domain.events import PeriodClosed
from kiosk.errors import WorldError
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.storage.store import Store

TILLS = (shop.PAY, shop.MIRROR)
WITHIN_S = 180.0

Await = Callable[[Callable[[], bool], float, str], None]
"""(condition, seconds, what is awaited): returns when it holds, raises WorldError when it does not in time."""


@dataclass(frozen=True, slots=True)
class Till:
    """What a till's database holds at the end of its day, minor units. closed: what its closure states, None without one."""

    sales: int
    sales_minor: int
    refunds_minor: int
    closed: PeriodClosed | None


@dataclass(frozen=True, slots=True)
class Evening:
    """How the day ended at each till."""

    tills: dict[str, Till]

    def differences(self) -> list[str]:
        """Return where a closure states otherwise than its till's database, one sentence each."""
        found = []
        for device, till in self.tills.items():
            if till.closed is None:
                found.append(f"{device}: the day was not closed")
                continue
            stated = till.closed.totals
            if (stated.sales, stated.sales_minor, stated.refunds_minor) != (till.sales, till.sales_minor, till.refunds_minor):
                found.append(f"{device}: the closure states {stated}, the till holds {till}")
        return found

    def report(self) -> dict[str, Any]:
        """Return the evening as JSON values."""
        closed = {device: asdict(till.closed.totals) | {"day": till.closed.name} for device, till in self.tills.items() if till.closed}
        return {"refunds_minor": sum(till.refunds_minor for till in self.tills.values()), "days": closed}


def close_the_day(place: shop.Place, await_: Await, given_back: str) -> Evening:
    """Let staff do it by badge and PIN, on the screens; return how the day ended. given_back: a receipt for which HQ gave money already."""
    client = WorldClient(place.socket)
    try:
        receipt = _last_receipt(place, given_back)
        if receipt:
            client.act("staff", device=shop.PAY, wish="refund", number=receipt.rpartition("-")[2].lstrip("0"))
            await_(lambda: look(place, shop.PAY).refunds_minor > 0, WITHIN_S, "staff gives the money of a return back")
        for device in TILLS:
            client.act("staff", device=device, wish="out_of_order")
            client.act("staff", device=device, wish="close_day")
        await_(lambda: all(look(place, device).closed for device in TILLS), WITHIN_S, "the day of every till is closed")
    finally:
        client.close()
    return Evening({device: look(place, device) for device in TILLS})


def look(place: shop.Place, device: str) -> Till:
    """Return how the day stands at a till."""
    store = _open(place, device)
    try:
        with store.snapshot() as unit:
            sales, sales_minor = unit.sales.totals()
            refunds = sum(refund.amount_minor for refund in unit.refunds.all())
            days = unit.journal.closures("day")
            return Till(sales, sales_minor, refunds, days[-1][1] if days else None)
    finally:
        store.close()


def _last_receipt(place: shop.Place, but: str) -> str:
    store = _open(place, shop.PAY)
    try:
        with store.snapshot() as unit:
            return next((sale.receipt for sale in unit.sales.recent(2) if sale.receipt != but), "")
    finally:
        store.close()


def _open(place: shop.Place, device: str) -> Store:
    path = place.state(device) / "kiosk.db"
    if not path.exists():
        raise WorldError(f"{path} is not there: {device} has never run")
    return Store.open(path, device, SystemClock(), new_id)
