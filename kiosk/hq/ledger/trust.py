"""What the certificate authority issued, and the one-time codes under which devices claim their certificate."""

from __future__ import annotations

from kiosk.hq.ledger.store import Db, Row

FREE, WAITING, ISSUED = "free", "waiting", "issued"
"""A code nobody used; one that waits for approval; one whose device has its certificate."""


def add_certificate(db: Db, row: tuple[str, str, str, str, str, int, int], at_ms: int, who: str) -> None:
    """Write a certificate down: (serial, name, purpose, issuer, key, begins_ms, ends_ms)."""
    db.execute("INSERT INTO certificates (serial, name, purpose, issuer, key, begins_ms, ends_ms, at_ms, who)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, at_ms, who))


def certificates(db: Db, at_ms: int) -> list[Row]:
    """Return certificates that have not ended, newest first."""
    return db.execute("SELECT * FROM certificates WHERE ends_ms > ? ORDER BY at_ms DESC, rowid DESC", (at_ms,)).fetchall()


def living(db: Db, name: str, at_ms: int) -> list[Row]:
    """Return the certificates of a name that count, newest first."""
    return db.execute("SELECT * FROM certificates WHERE name = ? AND ends_ms > ? AND revoked_ms IS NULL ORDER BY at_ms DESC, rowid DESC",
                      (name, at_ms)).fetchall()


def revoke(db: Db, name: str, at_ms: int) -> int:
    """Revoke every certificate of a name that counts, and return how many those were."""
    return db.execute("UPDATE certificates SET revoked_ms = ? WHERE name = ? AND ends_ms > ? AND revoked_ms IS NULL",
                      (at_ms, name, at_ms)).rowcount


def revoked(db: Db, at_ms: int) -> list[Row]:
    """Return the revoked certificates that would count otherwise."""
    return db.execute("SELECT * FROM certificates WHERE revoked_ms IS NOT NULL AND ends_ms > ? ORDER BY serial", (at_ms,)).fetchall()


def denied(db: Db, at_ms: int) -> list[str]:
    """Return the names all of whose certificates are revoked: the broker closes even sessions that stand."""
    rows = db.execute("SELECT name FROM certificates WHERE ends_ms > ? GROUP BY name HAVING count(*) = count(revoked_ms) ORDER BY name",
                      (at_ms,))
    return [row[0] for row in rows]


def claimers(db: Db, at_ms: int) -> list[str]:
    """Return the names of claim certificates that count."""
    rows = db.execute("SELECT name FROM certificates WHERE purpose = 'claim' AND ends_ms > ? AND revoked_ms IS NULL ORDER BY name",
                      (at_ms,))
    return [row[0] for row in rows]


def add_code(db: Db, row: tuple[str, str, int, int, int]) -> None:
    """Keep a store code: (digest, store, automatic, at_ms, ends_ms). The code itself is kept nowhere."""
    db.execute("INSERT INTO claim_codes (digest, store, automatic, at_ms, ends_ms) VALUES (?, ?, ?, ?, ?)", row)


def code(db: Db, digest: str) -> Row | None:
    """Return a store code by its digest."""
    row: Row | None = db.execute("SELECT * FROM claim_codes WHERE digest = ?", (digest,)).fetchone()
    return row


def bind_code(db: Db, digest: str, device: str, key: str, request: str) -> None:
    """Bind a code to the device and the key that used it first; the state becomes `waiting`."""
    db.execute("UPDATE claim_codes SET device = ?, key = ?, request = ?, state = 'waiting' WHERE digest = ? AND state = 'free'",
               (device, key, request, digest))


def answer_code(db: Db, digest: str, chain: str) -> None:
    """Note the certificate that answers a code."""
    db.execute("UPDATE claim_codes SET chain = ?, state = 'issued' WHERE digest = ?", (chain, digest))


def waiting_codes(db: Db) -> list[Row]:
    """Return claims that wait for somebody's approval, oldest first."""
    return db.execute("SELECT * FROM claim_codes WHERE state = 'waiting' ORDER BY at_ms").fetchall()


def ask(db: Db, device: str, epoch: str, request: str) -> None:
    """Note that a device asks for its next certificate; only the newest request of a device is answered."""
    db.execute("INSERT OR REPLACE INTO certificate_requests VALUES (?, ?, ?)", (device, epoch, request))


def asked(db: Db) -> list[Row]:
    """Return the requests that wait: device, epoch, request."""
    return db.execute("SELECT * FROM certificate_requests ORDER BY device").fetchall()


def answered(db: Db, device: str) -> None:
    """Forget a device's request."""
    db.execute("DELETE FROM certificate_requests WHERE device = ?", (device,))


def setting(db: Db, key: str) -> str:
    """Return a text of the authority, "" when it was never put."""
    row = db.execute("SELECT value FROM trust_settings WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def put_setting(db: Db, key: str, value: str) -> None:
    """Keep a text of the authority."""
    db.execute("INSERT OR REPLACE INTO trust_settings VALUES (?, ?)", (key, value))
