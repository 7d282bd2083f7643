"""Users of the console, their sessions, and tries to log in that failed. Passwords and session words are kept as digests alone."""

from __future__ import annotations

import json
from collections.abc import Iterable

from kiosk.errors import HqError
from kiosk.hq.ledger.store import Db, Row


def put(db: Db, user: tuple[str, Iterable[str], str, bool, int]) -> None:
    """Add a user (name, roles, digest of the password, whether that holds once alone, at_ms), or give a known one all of these anew."""
    name, roles, password, one_time, at_ms = user
    db.execute("INSERT INTO users (name, roles, password, one_time, at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
               "roles = excluded.roles, password = excluded.password, one_time = excluded.one_time, off_ms = NULL",
               (name, json.dumps(sorted(roles)), password, int(one_time), at_ms))


def user(db: Db, name: str) -> Row | None:
    """Return a user who may come in."""
    found: Row | None = db.execute("SELECT * FROM users WHERE name = ? AND off_ms IS NULL", (name,)).fetchone()
    return found


def users(db: Db) -> list[Row]:
    """Return all users, by name, with `seen_ms`: when each was last there, None for never or long ago."""
    return db.execute("SELECT u.*, (SELECT MAX(seen_ms) FROM sessions s WHERE s.user = u.name) AS seen_ms "
                      "FROM users u ORDER BY name").fetchall()


def set_password(db: Db, name: str, password: str) -> None:
    """Keep a new digest; whoever is logged in under the name is put out."""
    db.execute("UPDATE users SET password = ?, one_time = 0 WHERE name = ?", (password, name))
    end_sessions(db, name)


def switch_off(db: Db, name: str, at_ms: int) -> None:
    """Let a user in no more, and put them out at once. Raises HqError when nobody has that name."""
    if not db.execute("UPDATE users SET off_ms = ? WHERE name = ? AND off_ms IS NULL", (at_ms, name)).rowcount:
        raise HqError(f"no user is called {name}")
    end_sessions(db, name)


def spend(db: Db, name: str) -> None:
    """Make a password that holds once hold no more."""
    db.execute("UPDATE users SET password = '' WHERE name = ? AND one_time = 1", (name,))


def open_session(db: Db, digest: str, name: str, at_ms: int) -> None:
    """Keep a new session by the digest of its word."""
    db.execute("INSERT INTO sessions (digest, user, at_ms, seen_ms) VALUES (?, ?, ?, ?)", (digest, name, at_ms, at_ms))


def session(db: Db, digest: str) -> Row | None:
    """Return a session with its user's `roles` and `one_time`; None for an unknown one and one whose user is off."""
    found: Row | None = db.execute("SELECT s.*, u.roles, u.one_time FROM sessions s JOIN users u ON u.name = s.user "
                                   "WHERE s.digest = ? AND u.off_ms IS NULL", (digest,)).fetchone()
    return found


def touch(db: Db, digest: str, at_ms: int) -> None:
    """Note that a session is in use."""
    db.execute("UPDATE sessions SET seen_ms = ? WHERE digest = ?", (at_ms, digest))


def end_session(db: Db, digest: str) -> None:
    """Forget a session."""
    db.execute("DELETE FROM sessions WHERE digest = ?", (digest,))


def end_sessions(db: Db, name: str) -> None:
    """Forget all sessions of a user."""
    db.execute("DELETE FROM sessions WHERE user = ?", (name,))


def tries(db: Db, key: str) -> tuple[int, int]:
    """Return how often in a row logging in failed for a key (a name or an address), and when it last did in ms."""
    row = db.execute("SELECT failures, at_ms FROM log_in_tries WHERE key = ?", (key,)).fetchone()
    return (row["failures"], row["at_ms"]) if row is not None else (0, 0)


def count_failure(db: Db, key: str, at_ms: int) -> None:
    """Count one more failure for a key."""
    db.execute("INSERT INTO log_in_tries (key, failures, at_ms) VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET "
               "failures = failures + 1, at_ms = excluded.at_ms", (key, at_ms))


def forgive(db: Db, key: str) -> None:
    """Forget the failures of a key."""
    db.execute("DELETE FROM log_in_tries WHERE key = ?", (key,))


def sweep(db: Db, before_ms: int) -> None:
    """Forget sessions and failures that nobody touched since `before_ms`."""
    db.execute("DELETE FROM sessions WHERE seen_ms < ?", (before_ms,))
    db.execute("DELETE FROM log_in_tries WHERE at_ms < ?", (before_ms,))
