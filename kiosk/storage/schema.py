"""The tables of a device's database and how they change. Money is integer minor units; bodies are JSON as `wire` writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from kiosk.storage.former import move_facts

_SET = "kiosk.device"

_FACTS = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE lanes (epoch TEXT NOT NULL, lane TEXT NOT NULL, next_seq INTEGER NOT NULL DEFAULT 1, acked INTEGER NOT NULL DEFAULT 0,
  waiting INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (epoch, lane)) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  n INTEGER PRIMARY KEY AUTOINCREMENT, epoch TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
  slot TEXT NOT NULL, at REAL NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL, UNIQUE (epoch, lane, seq)) STRICT;
CREATE INDEX outbox_lane ON outbox (lane, n);
CREATE INDEX outbox_skipped ON outbox (lane, n) WHERE kind = 'Skipped';
CREATE TABLE downboxes (downbox TEXT PRIMARY KEY, committed INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE inbox (n INTEGER PRIMARY KEY, downbox TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  UNIQUE (downbox, seq)) STRICT;
CREATE INDEX inbox_id ON inbox (id);
CREATE TABLE erasures (member_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (n INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
"""

_TILL = """
CREATE TABLE journal (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE sales (n INTEGER PRIMARY KEY, sale_id TEXT NOT NULL UNIQUE, total_minor INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE receipts (prefix TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE intents (
  n INTEGER PRIMARY KEY, intent_id TEXT NOT NULL UNIQUE, sale_id TEXT NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL,
  tender TEXT NOT NULL, member_id TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX intents_state ON intents (state);
CREATE TABLE basket (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL) STRICT;
"""

_SHELF = """
CREATE TABLE stock (slot TEXT PRIMARY KEY, gtin TEXT NOT NULL, on_hand INTEGER NOT NULL, on_order INTEGER NOT NULL DEFAULT 0)
  STRICT, WITHOUT ROWID;
CREATE TABLE requests (
  n INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE, slot TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'asked',
  quantity INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX requests_open ON requests (slot) WHERE state = 'asked';
"""

_SETTINGS = """
CREATE TABLE pricelists (version INTEGER PRIMARY KEY, effective_at REAL NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE planogram (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE policy (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, body BLOB NOT NULL,
  monotonic REAL NOT NULL, boot_id TEXT NOT NULL) STRICT;
CREATE TABLE tallies (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

_REFUNDS = """
CREATE TABLE refunds (refund_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, amount_minor INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX refunds_sale ON refunds (sale_id);
CREATE TABLE refund_lines (refund_id TEXT NOT NULL REFERENCES refunds, line INTEGER NOT NULL, pieces INTEGER NOT NULL,
  PRIMARY KEY (refund_id, line)) STRICT, WITHOUT ROWID;
CREATE TABLE prints (sale_id TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX sales_receipt ON sales (json_extract(CAST(body AS TEXT), '$.receipt'));
"""

_DEMAND = """
CREATE TABLE daily_sales (slot TEXT NOT NULL, gtin TEXT NOT NULL, day TEXT NOT NULL, sold INTEGER NOT NULL, empty_s REAL NOT NULL,
  PRIMARY KEY (slot, day)) STRICT, WITHOUT ROWID;
CREATE TABLE empty_slots (slot TEXT PRIMARY KEY, gtin TEXT NOT NULL, since REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE slot_plans (slot TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""

_TERMS = """
CREATE TABLE daily_terms (slot TEXT NOT NULL, gtin TEXT NOT NULL, day TEXT NOT NULL, price_minor INTEGER NOT NULL, offered INTEGER NOT NULL,
  PRIMARY KEY (slot, gtin, day)) STRICT, WITHOUT ROWID;
CREATE TABLE arrivals (slot TEXT NOT NULL, gtin TEXT NOT NULL, day TEXT NOT NULL, pieces INTEGER NOT NULL,
  PRIMARY KEY (slot, gtin, day)) STRICT, WITHOUT ROWID;
"""

_ONE_TREE = """
ALTER TABLE lanes RENAME TO former_lanes;
ALTER TABLE outbox RENAME TO former_outbox;
DROP INDEX outbox_lane;
DROP INDEX outbox_skipped;
CREATE TABLE epochs (no INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE lanes (epoch_no INTEGER NOT NULL, lane TEXT NOT NULL, acked INTEGER NOT NULL DEFAULT 0, missing INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (epoch_no, lane)) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, slot TEXT NOT NULL, id ANY NOT NULL, boot ANY NOT NULL, at INTEGER NOT NULL,
  crc INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE INDEX outbox_skipped ON outbox (n) WHERE kind = 'Skipped';
"""

CARRIED = ("epochs", "lanes", "outbox", "downboxes", "inbox", "erasures", "vault_orders", "device_orders", "unset_clocks", "quarantine",
           "sales", "offline_sales", "refunds", "refund_lines",
           "prints", "receipts", "intents", "basket", "stock", "requests", "daily_sales", "daily_terms", "arrivals", "empty_slots",
           "slot_plans", "pricelists", "planogram", "policy", "tallies", "settings")
"""What is carried over from a damaged file, as far as it can be read. The journal is not: a chain with a hole proves nothing."""


OWN_KINDS = "kind IN ('opened', 'key', 'day', 'month', 'year')"
"""The condition of the index over what a journal says about itself; a query must say it in these very words to use it."""
_JOURNAL = f"""
CREATE TABLE journal (n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL,
  signature BLOB NOT NULL) STRICT;
CREATE INDEX journal_own ON journal (kind, n) WHERE {OWN_KINDS};
CREATE TABLE training (n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL,
  signature BLOB NOT NULL) STRICT;
CREATE INDEX training_own ON training (kind, n) WHERE {OWN_KINDS};
"""


def _statements(text: str) -> list[str]:
    return [statement for statement in text.split(";") if statement.strip()]


def m001_first_tables(db: sqlite3.Connection) -> None:
    """Make the tables of the first version."""
    for statement in _statements(_FACTS + _TILL + _SHELF + _SETTINGS):
        db.execute(statement)


def m002_signed_journal(db: sqlite3.Connection) -> None:
    """Begin a signed journal; records of an unsigned one stay beside it. An intent keeps the sale that it would become."""
    db.execute("ALTER TABLE journal RENAME TO journal_unsigned")
    for statement in _statements(_JOURNAL):
        db.execute(statement)
    db.execute("ALTER TABLE intents ADD COLUMN draft BLOB")


def m003_vault_orders(db: sqlite3.Connection) -> None:
    """What HQ says about members waits for the service that owns the vault."""
    db.execute("CREATE TABLE vault_orders (n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL) STRICT")


def m004_one_tree(db: sqlite3.Connection) -> None:
    """Keep a fact under one integer key, without what surrounds its body on the wire: a third of the bytes, a fifth of the pages."""
    for statement in _statements(_ONE_TREE):
        db.execute(statement)
    move_facts(db)
    db.execute("DROP TABLE former_outbox")
    db.execute("DROP TABLE former_lanes")


def m005_refunds(db: sqlite3.Connection) -> None:
    """What went back, and how often receipts were printed; a sale is found by the number on its receipt."""
    for statement in _statements(_REFUNDS):
        db.execute(statement)


def m006_daily_demand(db: sqlite3.Connection) -> None:
    """What was asked for by slot and day, and the plans that follow from it."""
    for statement in _statements(_DEMAND):
        db.execute(statement)


def m007_offline_sales(db: sqlite3.Connection) -> None:
    """What was sold offline and HQ does not hold is counted by itself, however long the queue is."""
    db.execute("CREATE TABLE offline_sales (epoch TEXT NOT NULL, seq INTEGER NOT NULL, member_id TEXT NOT NULL,"
               " total_minor INTEGER NOT NULL, PRIMARY KEY (epoch, seq)) STRICT, WITHOUT ROWID")


def m008_tills_of_their_own(db: sqlite3.Connection) -> None:
    """Give each screen that sells a basket and open payments of its own; those that are there may be of either."""
    db.execute("ALTER TABLE basket RENAME TO former_basket")
    db.execute("CREATE TABLE basket (role TEXT PRIMARY KEY DEFAULT 'pay', body BLOB NOT NULL) STRICT, WITHOUT ROWID")
    db.execute("INSERT INTO basket SELECT role, body FROM former_basket, (SELECT 'pay' AS role UNION SELECT 'mirror')")
    db.execute("DROP TABLE former_basket")
    db.execute("ALTER TABLE intents ADD COLUMN role TEXT NOT NULL DEFAULT ''")


def m009_receipts_are_looked_for(db: sqlite3.Connection) -> None:
    """A receipt's number is looked for from the newest sale backwards: its index cost every sale a page and the reading of its body."""
    db.execute("DROP INDEX sales_receipt")


def m010_trust(db: sqlite3.Connection) -> None:
    """What HQ told the device about itself waits for the sync process; and in which boots the time was not known, until when."""
    db.execute("CREATE TABLE device_orders (n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL) STRICT")
    db.execute("CREATE TABLE unset_clocks (boot_id TEXT PRIMARY KEY, until INTEGER) STRICT, WITHOUT ROWID")


def m011_terms(db: sqlite3.Connection) -> None:
    """At which price and under which offer each day's goods were sold, and when the pieces came that lie in the slots."""
    for statement in _statements(_TERMS):
        db.execute(statement)


def m012_refunds_of_hq(db: sqlite3.Connection) -> None:
    """What HQ gave back of this device's sales stands beside what the till gave, marked: it lessens what is left and counts in no total."""
    db.execute("ALTER TABLE refunds ADD COLUMN by_hq INTEGER NOT NULL DEFAULT 0")


MIGRATIONS = (m001_first_tables, m002_signed_journal, m003_vault_orders, m004_one_tree, m005_refunds, m006_daily_demand,
              m007_offline_sales, m008_tills_of_their_own, m009_receipts_are_looked_for, m010_trust, m011_terms,
              m012_refunds_of_hq)
"""In order; one that was released is never changed."""


_APPLIED = """CREATE TABLE IF NOT EXISTS _sqlite_migrations (
  id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT, UNIQUE (migration_set, name))"""


def is_current(db: sqlite3.Connection) -> bool:
    """Whether a database has the newest schema."""
    return not _pending(db)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to the newest schema; each migration is one transaction.

    What was applied is written down as sqlite-utils does, for its command to show; its library is 20 MB that no kiosk shall carry.
    """
    for migration in _pending(db):
        db.execute("BEGIN IMMEDIATE")
        try:
            migration(db)
            db.execute(_APPLIED)
            db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
                       (_SET, migration.__name__, str(datetime.now(UTC))))
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")


def _pending(db: sqlite3.Connection) -> list[Callable[[sqlite3.Connection], None]]:
    applied: set[str] = set()
    if db.execute("SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()[0]:
        applied = {row[0] for row in db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (_SET,))}
    return [migration for migration in MIGRATIONS if migration.__name__ not in applied]
