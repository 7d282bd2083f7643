"""What all repositories of one open database share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.runtime import Clock
from kiosk.storage.seal import JournalKey


@dataclass(slots=True)
class Book:
    """The open connection, whose it is, where time and ids come from, and what signs its journal. Every repository writes through `db`.

    epoch_no: the number of `epoch` in this file; those of former epochs are lower.
    """

    db: sqlite3.Connection
    device: str
    epoch: str
    clock: Clock
    new_id: Callable[[], str]
    key: JournalKey
    epoch_no: int = 0

    def number(self, query: str, *values: object) -> int:
        """Return the first column of the first row as a number, 0 when there is none."""
        row = self.db.execute(query, values).fetchone()
        return int(row[0]) if row is not None and row[0] is not None else 0

    def tally(self, name: str, n: int = 1) -> None:
        """Count something that happened."""
        self.db.execute("INSERT INTO tallies VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", (name, n))
