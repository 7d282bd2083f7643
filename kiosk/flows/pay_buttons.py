"""What a finger on a button means in each state of paying, and how a refusal by the offline policy reads."""

from __future__ import annotations

from kiosk.domain.checkout import Event, State

BUTTONS: dict[tuple[State, str], Event] = {
    (State.IDLE, "start"): Event.START,
    (State.BASKET, "pay"): Event.PAY,
    (State.AGE, "back"): Event.BACK,
    (State.TENDER, "back"): Event.BACK,
    (State.TENDER, "face"): Event.FACE,
    (State.TENDER, "qr"): Event.QR,
    (State.TENDER, "cash"): Event.CASH,
    (State.FACE, "other_way"): Event.BACK,
    (State.CONFIRM, "confirm"): Event.CONFIRM,
    (State.CONFIRM, "not_me"): Event.NOT_ME,
    (State.CONFIRM, "other_way"): Event.BACK,
    (State.PIN, "other_way"): Event.BACK,
    (State.QR, "back"): Event.BACK,
    (State.CODE, "back"): Event.BACK,
    (State.REFUSED, "retry"): Event.RETRY,
    (State.NUMBER, "other_way"): Event.BACK,
    (State.REFUSED, "pin"): Event.PIN,
    (State.REFUSED, "qr"): Event.QR,
    (State.REFUSED, "cash"): Event.CASH,
    (State.PAID, "done"): Event.DONE,
    (State.CASH, "done"): Event.DONE,
}
"""(state, button) -> what the finger means."""

OFFLINE_REASONS = {"offline_member_unknown": "hq_silent", "offline_no_policy": "hq_silent", "offline_currency": "hq_silent",
                   "offline_hours": "hq_silent",
                   "offline_too_long_offline": "offline_limit", "offline_per_sale": "offline_limit", "offline_per_member": "offline_limit",
                   "offline_per_kiosk": "offline_limit"}
"""The rule of the offline policy that declined -> what the shopper is told."""
