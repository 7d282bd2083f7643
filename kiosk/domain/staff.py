"""What people of the house are, at a kiosk and at HQ alike, and who may do what in staff mode: one table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is, by badge and PIN at a kiosk, by name and password at HQ.

    viewer: sees, and changes nothing. clerk: serves the shop. merchant: prices, orders, money. operator: devices. privacy: people's data.
    """

    VIEWER = "viewer"
    CLERK = "clerk"
    MERCHANT = "merchant"
    OPERATOR = "operator"
    PRIVACY = "privacy"


class Right(StrEnum):
    """What can be done in staff mode."""

    REFILL = "refill"
    COUNT = "count"
    WASTE = "waste"
    RECEIVE = "receive"
    ORDER = "order"
    BRING = "bring"
    APPROVE_AGE = "approve_age"
    TAKE_CASH = "take_cash"
    VOID_LINE = "void_line"
    REFUND = "refund"
    REPRINT = "reprint"
    OUT_OF_ORDER = "out_of_order"
    HOURS = "hours"
    CLOSE_DAY = "close_day"
    TRAINING = "training"


_CLERK = frozenset({Right.REFILL, Right.COUNT, Right.WASTE, Right.RECEIVE, Right.APPROVE_AGE, Right.TAKE_CASH, Right.VOID_LINE,
                    Right.BRING, Right.REPRINT, Right.OUT_OF_ORDER})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset(),
    Role.CLERK: _CLERK,
    Role.MERCHANT: frozenset(Right),
    Role.OPERATOR: frozenset({Right.OUT_OF_ORDER, Right.TRAINING, Right.REPRINT}),
    Role.PRIVACY: frozenset(),
}
"""Money goes back, goods are ordered, days close and hours change by a merchant's hand only."""


def may(role: Role, right: Right) -> bool:
    """Return whether a role has a right."""
    return right in RIGHTS[role]
