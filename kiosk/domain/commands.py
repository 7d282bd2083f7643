"""Remote commands: a closed list, and who may want which. What is not in this table is never done."""

from __future__ import annotations

from enum import StrEnum


class Command(StrEnum):
    """What HQ may have a device do."""

    RESTART = "restart"
    LOGS = "logs"
    SCREENSHOT = "screenshot"
    DOCTOR = "doctor"
    LOCK = "lock"
    UNLOCK = "unlock"


ROLES: dict[Command, frozenset[str]] = {
    Command.RESTART: frozenset({"operator"}),
    Command.LOGS: frozenset({"operator"}),
    Command.SCREENSHOT: frozenset({"operator"}),
    Command.DOCTOR: frozenset({"operator", "merchant"}),
    Command.LOCK: frozenset({"operator", "merchant"}),
    Command.UNLOCK: frozenset({"operator"}),
}
"""HQ's roles are viewer, merchant, operator and privacy officer; a device asks again what HQ has asked before."""


def may_order(role: str, command: str) -> bool:
    """Whether somebody of this role may have a device do this; an unknown word of either is no."""
    return command in set(Command) and role in ROLES[Command(command)]
