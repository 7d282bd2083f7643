"""Remote commands: a closed list, and who may want which. What is not in this table is never done."""

from __future__ import annotations

from enum import StrEnum

from kiosk.domain.staff import Role


class Command(StrEnum):
    """What HQ may have a device do."""

    RESTART = "restart"
    LOGS = "logs"
    SCREENSHOT = "screenshot"
    DOCTOR = "doctor"
    LOCK = "lock"
    UNLOCK = "unlock"


ROLES: dict[Command, frozenset[Role]] = {
    Command.RESTART: frozenset({Role.OPERATOR}),
    Command.LOGS: frozenset({Role.OPERATOR}),
    Command.SCREENSHOT: frozenset({Role.OPERATOR}),
    Command.DOCTOR: frozenset({Role.OPERATOR, Role.MERCHANT}),
    Command.LOCK: frozenset({Role.OPERATOR, Role.MERCHANT}),
    Command.UNLOCK: frozenset({Role.OPERATOR}),
}
"""Who may want what. A device asks again what HQ has asked before."""


def may_order(role: str, command: str) -> bool:
    """Whether somebody of this role may have a device do this; an unknown word of either is no."""
    return command in set(Command) and role in set(Role) and Role(role) in ROLES[Command(command)]
