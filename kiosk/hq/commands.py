"""Remote commands: ordered through the downbox with role, audit and expiry; the device's answer comes back as a fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kiosk.domain.commands import Command, may_order
from kiosk.domain.orders import CommandOrdered
from kiosk.domain.standing import CommandDone
from kiosk.errors import HqError
from kiosk.hq import downbox
from kiosk.hq.ledger import catalogue, facts, fleet
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.stamp import Stamp

GOOD_FOR_S = 600
LONGEST_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Person:
    """Who orders: the name for the audit, and a role of HQ."""

    name: str
    role: str


def order(db: Db, device: str, command: str, person: Person, stamp: Stamp, good_for_s: int = GOOD_FOR_S) -> str:
    """Have a device do something, and return the command's id. Raises HqError for what is not on the list, or not this role's to order."""
    if command not in set(Command):
        raise HqError(f"{command!r} is no command: {', '.join(Command)}")
    if not may_order(person.role, command):
        raise HqError(f"{person.name} ({person.role}) may not order {command!r}")
    epoch = fleet.epoch_of(db, device)
    if not epoch:
        raise HqError(f"device {device!r} was never heard of")
    if not 0 < good_for_s <= LONGEST_S:
        raise HqError(f"a command is good for 1 to {LONGEST_S} s")
    ident, ends = stamp.new_id(), stamp.moment + timedelta(seconds=good_for_s)
    db.execute("INSERT INTO commands (id, device, command, who, role, at_ms, ends_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
               (ident, device, command, person.name, person.role, stamp.at_ms, stamp.at_ms + good_for_s * 1000))
    catalogue.note(db, (stamp.at_ms, person.name, "command", device, "", command))
    downbox.put(db, device, epoch, CommandOrdered(ident, command, person.role, person.name, ends), stamp)
    return ident


def note_refusal(db: Db, device: str, command: str, person: Person, stamp: Stamp) -> None:
    """Write into the audit that somebody wanted what is not theirs to order; `order` itself undoes all it wrote when it raises."""
    catalogue.note(db, (stamp.at_ms, person.name, "command_refused", device, "", command))


def finished(db: Db, device: str, done: CommandDone, stamp: Stamp) -> None:
    """Note what came of a command; an answer to one that this device was never given is alarmed and kept nowhere."""
    changed = db.execute("UPDATE commands SET outcome = ?, detail = ?, result = ?, done_ms = ?"
                         " WHERE id = ? AND device = ? AND done_ms IS NULL",
                         (done.outcome, done.detail, done.result, stamp.at_ms, done.command_id, device)).rowcount
    if not changed and result(db, done.command_id) is None:
        facts.alarm(db, "command_unknown", device, done.command, stamp.at_ms)


def result(db: Db, command_id: str) -> Row | None:
    """Return a command with what came of it: outcome "" while nothing has."""
    row: Row | None = db.execute("SELECT * FROM commands WHERE id = ?", (command_id,)).fetchone()
    return row


def of_device(db: Db, device: str, limit: int = 20) -> list[Row]:
    """Return a device's newest commands."""
    return db.execute("SELECT * FROM commands WHERE device = ? ORDER BY at_ms DESC, id DESC LIMIT ?", (device, limit)).fetchall()
