"""The checkout as one table: (state, event) -> state. No clock, no devices: flows.pay feeds it and draws what it says.

A pair that is not in the table is an IllegalTransitionError and changes nothing. Money moves in AUTHORISING: there is no event that leaves
it but an answer (from HQ, or from the signed offline policy), so a finger cannot cancel a payment that may already be held. In CODE the
shopper's own phone pays what the screen shows; leaving it tells HQ, which voids the code or gives back what was paid with it.
"""

from __future__ import annotations

from enum import StrEnum

from kiosk.errors import IllegalTransitionError


class State(StrEnum):
    """Where a checkout stands."""

    IDLE = "idle"
    BASKET = "basket"
    AGE = "age"
    TENDER = "tender"
    DIGITS = "digits"
    FACE = "face"
    PIN = "pin"
    CONFIRM = "confirm"
    QR = "qr"
    CODE = "code"
    AUTHORISING = "authorising"
    PAID = "paid"
    REFUSED = "refused"
    CASH = "cash"


class Event(StrEnum):
    """What can happen to a checkout."""

    START = "start"
    EMPTY = "empty"
    PAY = "pay"
    AGE_ASKED = "age_asked"
    AGE_PROVEN = "age_proven"
    AGE_REFUSED = "age_refused"
    BACK = "back"
    CANCEL = "cancel"
    FACE = "face"
    QR = "qr"
    CODE = "code"
    CASH = "cash"
    BUCKET_SMALL = "bucket_small"
    RECOGNISED = "recognised"
    NOT_RECOGNISED = "not_recognised"
    ASK_PIN = "ask_pin"
    PIN_RIGHT = "pin_right"
    PIN_REFUSED = "pin_refused"
    CONFIRM = "confirm"
    NOT_ME = "not_me"
    CODE_SEEN = "code_seen"
    APPROVED = "approved"
    DECLINED = "declined"
    RETRY = "retry"
    DONE = "done"


_S, _E = State, Event
TABLE: dict[tuple[State, Event], State] = {
    (_S.IDLE, _E.START): _S.BASKET,
    (_S.BASKET, _E.EMPTY): _S.IDLE,
    (_S.BASKET, _E.CANCEL): _S.IDLE,
    (_S.BASKET, _E.PAY): _S.TENDER,
    (_S.BASKET, _E.AGE_ASKED): _S.AGE,
    (_S.AGE, _E.AGE_PROVEN): _S.TENDER,
    (_S.AGE, _E.AGE_REFUSED): _S.BASKET,
    (_S.AGE, _E.BACK): _S.BASKET,
    (_S.AGE, _E.CANCEL): _S.IDLE,
    (_S.TENDER, _E.BACK): _S.BASKET,
    (_S.TENDER, _E.CANCEL): _S.IDLE,
    (_S.TENDER, _E.FACE): _S.DIGITS,
    (_S.TENDER, _E.QR): _S.QR,
    (_S.TENDER, _E.CODE): _S.CODE,
    (_S.TENDER, _E.CASH): _S.CASH,
    (_S.DIGITS, _E.BUCKET_SMALL): _S.FACE,
    (_S.DIGITS, _E.BACK): _S.TENDER,
    (_S.DIGITS, _E.CANCEL): _S.IDLE,
    (_S.FACE, _E.RECOGNISED): _S.CONFIRM,
    (_S.FACE, _E.NOT_RECOGNISED): _S.REFUSED,
    (_S.FACE, _E.ASK_PIN): _S.PIN,
    (_S.FACE, _E.BACK): _S.TENDER,
    (_S.FACE, _E.CANCEL): _S.IDLE,
    (_S.PIN, _E.PIN_RIGHT): _S.CONFIRM,
    (_S.PIN, _E.PIN_REFUSED): _S.REFUSED,
    (_S.PIN, _E.BACK): _S.TENDER,
    (_S.PIN, _E.CANCEL): _S.IDLE,
    (_S.CONFIRM, _E.CONFIRM): _S.AUTHORISING,
    (_S.CONFIRM, _E.BACK): _S.TENDER,
    (_S.CONFIRM, _E.NOT_ME): _S.REFUSED,
    (_S.CONFIRM, _E.CANCEL): _S.IDLE,
    (_S.QR, _E.CODE_SEEN): _S.AUTHORISING,
    (_S.QR, _E.BACK): _S.TENDER,
    (_S.QR, _E.CANCEL): _S.IDLE,
    (_S.CODE, _E.APPROVED): _S.PAID,
    (_S.CODE, _E.DECLINED): _S.REFUSED,
    (_S.CODE, _E.BACK): _S.TENDER,
    (_S.CODE, _E.CANCEL): _S.IDLE,
    (_S.AUTHORISING, _E.APPROVED): _S.PAID,
    (_S.AUTHORISING, _E.DECLINED): _S.REFUSED,
    (_S.REFUSED, _E.RETRY): _S.TENDER,
    (_S.REFUSED, _E.QR): _S.QR,
    (_S.REFUSED, _E.CASH): _S.CASH,
    (_S.REFUSED, _E.CANCEL): _S.IDLE,
    (_S.CASH, _E.DONE): _S.IDLE,
    (_S.PAID, _E.DONE): _S.IDLE,
}


def after(state: State, event: Event) -> State:
    """Return the state after `event`; raise IllegalTransitionError when it cannot happen now."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise IllegalTransitionError(f"a checkout in state {state} does not know {event}") from None
