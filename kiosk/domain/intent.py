"""A payment intent: from the question to HQ until the money is taken, or let go. One table, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.errors import IllegalTransitionError


class IntentState(StrEnum):
    """How far a payment intent is.

    asked: HQ was asked. authorised | declined: HQ's word. unknown: no word in time. captured: paid with HQ's word.
    offline_captured: paid by the offline policy. cancelled: given up; HQ releases whatever it holds.
    """

    ASKED = "asked"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    CAPTURED = "captured"
    OFFLINE_CAPTURED = "offline_captured"
    CANCELLED = "cancelled"


_S = IntentState
_ENDED = (_S.CAPTURED, _S.OFFLINE_CAPTURED, _S.CANCELLED)

NEXT: dict[tuple[IntentState, IntentState], IntentState] = {
    (_S.ASKED, _S.AUTHORISED): _S.AUTHORISED,
    (_S.ASKED, _S.DECLINED): _S.DECLINED,
    (_S.ASKED, _S.UNKNOWN): _S.UNKNOWN,
    (_S.ASKED, _S.OFFLINE_CAPTURED): _S.OFFLINE_CAPTURED,
    (_S.ASKED, _S.CANCELLED): _S.CANCELLED,
    (_S.UNKNOWN, _S.AUTHORISED): _S.AUTHORISED,
    (_S.UNKNOWN, _S.DECLINED): _S.DECLINED,
    (_S.UNKNOWN, _S.UNKNOWN): _S.UNKNOWN,
    (_S.UNKNOWN, _S.OFFLINE_CAPTURED): _S.OFFLINE_CAPTURED,
    (_S.UNKNOWN, _S.CANCELLED): _S.CANCELLED,
    # The answer came while the kiosk gave up waiting: the answer holds, and the caller sees it.
    (_S.AUTHORISED, _S.UNKNOWN): _S.AUTHORISED,
    (_S.DECLINED, _S.UNKNOWN): _S.DECLINED,
    (_S.AUTHORISED, _S.CAPTURED): _S.CAPTURED,
    (_S.AUTHORISED, _S.OFFLINE_CAPTURED): _S.OFFLINE_CAPTURED,
    (_S.AUTHORISED, _S.CANCELLED): _S.CANCELLED,
    (_S.DECLINED, _S.CANCELLED): _S.CANCELLED,
    # HQ says the same thing again.
    (_S.AUTHORISED, _S.AUTHORISED): _S.AUTHORISED,
    (_S.DECLINED, _S.DECLINED): _S.DECLINED,
    # A late answer changes nothing that has ended; it is only written down.
    **{(ended, word): ended for ended in _ENDED for word in (_S.AUTHORISED, _S.DECLINED)},
}
"""(state, what happens) -> state. What is not here is illegal."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment intent as the kiosk knows it. answer: HQ's outcome, "" before any; reason: of a refusal or a cancellation."""

    intent_id: str
    sale_id: str
    amount_minor: int
    currency: str
    tender: str
    member_id: str
    state: IntentState
    answer: str = ""
    reason: str = ""


def step(state: IntentState, happened: IntentState) -> IntentState:
    """Return the state after `happened`, or raise IllegalTransitionError."""
    after = NEXT.get((state, happened))
    if after is None:
        raise IllegalTransitionError(f"a payment intent that is {state} cannot become {happened}")
    return after


def holds_money(state: IntentState) -> bool:
    """Whether HQ holds money for it, or may: such an intent still has to be captured or cancelled."""
    return state in (_S.ASKED, _S.AUTHORISED, _S.UNKNOWN)
