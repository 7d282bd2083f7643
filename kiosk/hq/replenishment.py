"""The approval queue: a decision may be taken back for a few seconds, then it goes into the device's downbox."""

from __future__ import annotations

from kiosk.domain.events import ReplenishmentRequested
from kiosk.domain.money import Money
from kiosk.domain.orders import ReplenishmentAnswered
from kiosk.errors import HqError
from kiosk.hq import downbox
from kiosk.hq.ledger import catalogue, supply, trade
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp

UNDO_S = 5.0
LIMIT = "auto_approve_minor"
"""Setting: up to which value, in minor units at shelf prices, a request is approved by itself."""
MOST = 10_000
"""More pieces than this are a slip of the finger."""


def approve(db: Db, request_id: str, quantity: int | None, who: str, stamp: Stamp, undo_s: float = 0.0) -> None:
    """Approve a request, for its own quantity when None is given; it is sent after `undo_s`. Raises HqError when that cannot be."""
    row = _waiting(db, request_id)
    pieces = row["quantity"] if quantity is None else quantity
    if not 0 < pieces <= MOST:
        raise HqError(f"{pieces} pieces cannot be ordered: 1 to {MOST} are expected")
    _decide(db, row, ("approved", pieces, who), stamp, undo_s)


def reject(db: Db, request_id: str, who: str, stamp: Stamp, undo_s: float = 0.0) -> None:
    """Reject a request; its device may ask again when it sells more."""
    _decide(db, _waiting(db, request_id), ("rejected", 0, who), stamp, undo_s)


def undo(db: Db, request_id: str, who: str, stamp: Stamp) -> None:
    """Take a decision back that was not sent yet; raise HqError when it is too late."""
    row = trade.request(db, request_id)
    if row is None or row["send_ms"] is None:
        raise HqError("too late: the answer is on its way already")
    trade.decide(db, trade.Decision(request_id, "open", 0, "", stamp.at_ms, 0))
    trade.mark_sent(db, request_id)
    catalogue.note(db, (stamp.at_ms, who, "undo", f"{row['device']} {row['slot']}", row["state"], "open"))


def send_due(db: Db, stamp: Stamp) -> int:
    """Put the answers whose time has come into the downbox and return how many."""
    rows = trade.due(db, stamp.at_ms)
    for row in rows:
        downbox.put(db, row["device"], row["epoch"], ReplenishmentAnswered(row["request_id"], row["state"], row["answer"]), stamp)
        if row["state"] == "approved":
            trade.add_on_order(db, row["device"], row["slot"], row["gtin"], row["answer"])
        trade.mark_sent(db, row["request_id"])
    return len(rows)


def approve_waiting(db: Db, before_ms: int, stamp: Stamp) -> int:
    """Approve whatever has waited since before a moment, and return how many; for shops that want no queue."""
    rows = trade.waiting(db, before_ms)
    for row in rows:
        _decide(db, row, ("approved", row["quantity"], "auto"), stamp, 0.0)
    return len(rows)


def approve_small(db: Db, asked: ReplenishmentRequested, stamp: Stamp) -> bool:
    """Approve a request whose value at shelf prices is within the limit that was set, and return whether it was."""
    limit = int(supply.setting(db, LIMIT) or 0)
    product = catalogue.product(db, asked.gtin)
    row = trade.request(db, asked.request_id)
    if row is None or row["state"] != "open" or product is None or not 0 < asked.quantity * product.price.minor <= limit:
        return False
    _decide(db, row, ("approved", asked.quantity, "limit"), stamp, 0.0)
    return True


def set_limit(db: Db, limit: Money, who: str, stamp: Stamp) -> None:
    """Let requests up to this value at shelf prices be approved by themselves; 0 lets people approve all of them."""
    before = supply.setting(db, LIMIT) or "0"
    supply.put_setting(db, LIMIT, str(limit.minor))
    catalogue.note(db, (stamp.at_ms, who, "limit", "replenishment", before, str(limit.minor)))


def _waiting(db: Db, request_id: str) -> Row:
    row = trade.request(db, request_id)
    if row is None:
        raise HqError(f"request {request_id!r} is not known")
    if row["state"] != "open":
        raise HqError(f"request {request_id!r} is {row['state']} already")
    return row


def _decide(db: Db, row: Row, answer: tuple[str, int, str], stamp: Stamp, undo_s: float) -> None:
    state, quantity, who = answer
    trade.decide(db, trade.Decision(row["request_id"], state, quantity, who, stamp.at_ms, stamp.at_ms + round(undo_s * 1000)))
    catalogue.note(db, (stamp.at_ms, who, state, f"{row['device']} {row['slot']} {row['gtin']}", str(row["quantity"]), str(quantity)))
