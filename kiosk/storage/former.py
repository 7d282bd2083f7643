"""Facts as the first version of the outbox kept them, moved to where they lie now."""

from __future__ import annotations

import sqlite3

from kiosk import wire
from kiosk.domain.events import Lane
from kiosk.storage.outbox import keep
from kiosk.storage.places import EPOCH_STEP, FIRST_EPOCH


def move_facts(db: sqlite3.Connection) -> None:
    """Fill `epochs`, `lanes` and `outbox` from `former_lanes` and `former_outbox`; ids, numbers and bodies stay as they are."""
    meta = dict(db.execute("SELECT key, value FROM meta"))
    former = [row[0] for row in db.execute("SELECT epoch FROM former_lanes UNION SELECT epoch FROM former_outbox")]
    numbers = {epoch: no for no, epoch in enumerate((e for e in former if e != meta.get("epoch")), 1)}
    if "epoch" in meta:
        numbers[meta["epoch"]] = FIRST_EPOCH + len(numbers) // EPOCH_STEP * EPOCH_STEP
    db.executemany("INSERT INTO epochs VALUES (?, ?)", [(no, epoch) for epoch, no in numbers.items()])
    for epoch, lane, payload in db.execute("SELECT epoch, lane, payload FROM former_outbox ORDER BY n").fetchall():
        for fact in wire.decode_batch(wire.up_topic(meta["device"], Lane(lane)), payload):
            if isinstance(fact, wire.Envelope):
                keep(db, numbers[epoch], fact)
    for epoch, lane, following, acked in db.execute("SELECT epoch, lane, next_seq, acked FROM former_lanes").fetchall():
        waiting = db.execute("SELECT count(*) FROM former_outbox WHERE epoch = ? AND lane = ?", (epoch, lane)).fetchone()[0]
        acked = acked if waiting else following - 1
        db.execute("INSERT INTO lanes VALUES (?, ?, ?, ?)", (numbers[epoch], lane, acked, following - 1 - acked - waiting))
