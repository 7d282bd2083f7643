"""The checkout as one table: (state, event) -> state. No clock, no devices: flows feed it and draw what it says.

Every event has an answer in every state: it moves, it is ignored (a finger or a frame that came too late), or it is refused and changes
nothing (see `ruling`). Money moves in AUTHORISING: there is no event that leaves it but an answer (from HQ, or from the signed offline
policy), so a finger cannot cancel a payment that may already be held. CHECKING is the same after a restart: what was asked before is asked
again, and until the answer nobody knows whether it is paid. In CODE the shopper's own phone pays what the screen shows; leaving it tells
HQ, which voids the code or gives back what was paid with it.
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
    NUMBER = "number"
    PIN = "pin"
    CONFIRM = "confirm"
    QR = "qr"
    CODE = "code"
    AUTHORISING = "authorising"
    CHECKING = "checking"
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
    PIN = "pin"
    ASK_PIN = "ask_pin"
    PIN_TYPED = "pin_typed"
    PIN_RIGHT = "pin_right"
    PIN_REFUSED = "pin_refused"
    CONFIRM = "confirm"
    NOT_ME = "not_me"
    CODE_SEEN = "code_seen"
    CASH_TAKEN = "cash_taken"
    APPROVED = "approved"
    DECLINED = "declined"
    RETRY = "retry"
    DONE = "done"
    OPEN_PAYMENT = "open_payment"
    PAID_BEFORE = "paid_before"


_S, _E = State, Event
TABLE: dict[tuple[State, Event], State] = {
    (_S.IDLE, _E.START): _S.BASKET,
    (_S.IDLE, _E.OPEN_PAYMENT): _S.CHECKING,
    (_S.IDLE, _E.PAID_BEFORE): _S.PAID,
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
    (_S.NUMBER, _E.PIN_TYPED): _S.AUTHORISING,
    (_S.NUMBER, _E.BACK): _S.TENDER,
    (_S.NUMBER, _E.CANCEL): _S.IDLE,
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
    (_S.CHECKING, _E.APPROVED): _S.PAID,
    (_S.CHECKING, _E.DECLINED): _S.REFUSED,
    (_S.REFUSED, _E.RETRY): _S.TENDER,
    (_S.REFUSED, _E.PIN): _S.NUMBER,
    (_S.REFUSED, _E.QR): _S.QR,
    (_S.REFUSED, _E.CASH): _S.CASH,
    (_S.REFUSED, _E.CANCEL): _S.IDLE,
    (_S.CASH, _E.CASH_TAKEN): _S.PAID,
    (_S.CASH, _E.DONE): _S.IDLE,
    (_S.PAID, _E.DONE): _S.IDLE,
}


FINGERS = frozenset({_E.START, _E.EMPTY, _E.PAY, _E.AGE_ASKED, _E.AGE_PROVEN, _E.AGE_REFUSED, _E.BACK, _E.CANCEL, _E.FACE, _E.PIN, _E.QR,
                     _E.CODE, _E.CASH, _E.CASH_TAKEN, _E.CONFIRM, _E.NOT_ME, _E.RETRY, _E.DONE})
"""What a finger of a shopper or of staff does, or a patience that ran out. It may come when the screen has moved on: then it is ignored."""
EYES = frozenset({_E.BUCKET_SMALL, _E.RECOGNISED, _E.NOT_RECOGNISED, _E.ASK_PIN, _E.PIN_TYPED, _E.PIN_RIGHT, _E.PIN_REFUSED,
                  _E.CODE_SEEN})
"""What the camera and the pads for digits and PIN find. What they find too late is ignored."""
ANSWERS = frozenset({_E.APPROVED, _E.DECLINED})
"""The end of a payment. One that nobody waits for is refused: it would pay twice, or undo what is paid."""
RESTARTS = frozenset({_E.OPEN_PAYMENT, _E.PAID_BEFORE})
"""What a restart finds. It finds it before anything else happens; later it is refused."""


class Ruling(StrEnum):
    """What becomes of an event in a state."""

    MOVES = "moves"
    IGNORED = "ignored"
    REFUSED = "refused"


def ruling(state: State, event: Event) -> Ruling:
    """Return what becomes of an event: every pair has an answer, and why it is that one stands with the sets above."""
    if (state, event) in TABLE:
        return Ruling.MOVES
    return Ruling.IGNORED if event in FINGERS | EYES else Ruling.REFUSED


def after(state: State, event: Event) -> State:
    """Return the state after `event`, the same one when it is ignored; raise IllegalTransitionError when it is refused."""
    if ruling(state, event) is Ruling.REFUSED:
        raise IllegalTransitionError(f"a checkout in state {state} does not know {event}")
    return TABLE.get((state, event), state)
