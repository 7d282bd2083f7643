"""What to do next with a charge, and what an answer makes of it: two pure tables, so that every order of facts and answers can be tried.

    wish \\ status | asked          pending        authorised   captured   declined, voided
    ask           | authorise      query (code)   -            -          -
    take          | authorise      query          capture      -          -
    drop          | void           void           void         void       -

`authorise` asks the service first when a call may be under way already (see protocol.ask).
"""

from __future__ import annotations

from dataclasses import replace

from kiosk.hq.ledger.charges import ChargeRow
from kiosk.hq.tenders.protocol import Answer, Status

ENDED = ("declined", "voided")
_TAKEN = {Status.PENDING: "pending", Status.AUTHORISED: "authorised", Status.CAPTURED: "captured"}
_RANK = {"asked": 0, "pending": 1, "authorised": 2, "captured": 3}


def act(row: ChargeRow) -> str:
    """Return what to do with a charge now: authorise, query, capture or void; "" when there is nothing to do."""
    if row.status in ENDED:
        return ""
    if row.wish == "drop":
        return "void"
    if row.status == "asked":
        return "authorise"
    if row.status == "pending":
        return "query"
    return "capture" if row.status == "authorised" and row.wish == "take" else ""


def after(row: ChargeRow, done: str, answer: Answer) -> ChargeRow:
    """Return the charge after an answer to `done` (an act, or "notice"); an answer that says nothing new changes nothing."""
    if answer.status is Status.UNKNOWN or row.status in ENDED:
        return row
    known = replace(row, tries=0, reference=answer.reference or row.reference, code=answer.code or row.code)
    if answer.status is Status.ABSENT:
        # Nobody has looked at the code yet; or nothing was ever asked for, and a new try asks again.
        return known if row.status == "pending" else replace(known, tries=row.tries)
    if answer.status is Status.VOIDED:
        return replace(known, status="voided", reason=row.reason or answer.reason or "declined")
    if answer.status is Status.DECLINED:
        if row.status == "pending" and row.wish == "ask":
            return replace(known, wish="drop", reason=answer.reason)  # its code can still be paid: it is declined when that is over
        # Only what was neither held nor taken is declined, and what is held when it cannot be taken; a refused void undoes nothing.
        refused = (row.status == "asked" and done != "void") or (row.status, done) == ("authorised", "capture")
        return replace(known, status="declined", reason=answer.reason) if refused else replace(known, tries=row.tries)
    reached = _TAKEN[answer.status]
    return replace(known, status=reached) if _RANK[reached] > _RANK[row.status] else known
