"""Rows of the wallet: accounts, holds on them, and an append-only list of postings. `kiosk.hq.wallet` decides; this writes down."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from kiosk.hq.ledger.store import Db, Row, insert_all

FUNDING = "funding"
"""Where money comes from that members put into the wallet."""


def member_account(member_id: str) -> str:
    """Return the account of a member."""
    return f"member:{member_id}"


def clearing(tender: str) -> str:
    """Return the account through which a tender's money goes: what was taken and is not yet a sale, or given back and not yet paid out."""
    return f"clearing:{tender}"


def service(tender: str) -> str:
    """Return the account of what a payment service owes us."""
    return f"service:{tender}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of money between two accounts. exposure_minor: what it overdrew beyond before.

    kind: welcome | top_up | capture (taken from a payer) | sale | refund (a sale given back) | payout (to the payer) | void | debt.
    """

    id: str
    kind: str
    source: str
    target: str
    amount_minor: int
    currency: str
    sale_id: str = ""
    intent_id: str = ""
    exposure_minor: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """What HQ knows of a payment intent. state: held | declined | released | captured."""

    intent_id: str
    state: str
    account: str
    currency: str
    amount_minor: int
    member_id: str
    reason: str
    device: str


def open_account(db: Db, account: str, currency: str, at_ms: int) -> None:
    """Open an account; one that is open stays as it is."""
    db.execute("INSERT OR IGNORE INTO accounts (id, currency, at_ms) VALUES (?, ?, ?)", (account, currency, at_ms))


def balance(db: Db, account: str, currency: str) -> tuple[int, int] | None:
    """Return (balance, held) in minor units, None when there is no such account."""
    row = db.execute("SELECT balance_minor, held_minor FROM accounts WHERE id = ? AND currency = ?", (account, currency)).fetchone()
    return (row[0], row[1]) if row else None


def balances(db: Db, ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Return (account, currency) -> balance in minor units of those of these accounts that are open."""
    rows = db.execute("SELECT id, currency, balance_minor FROM accounts WHERE id IN (SELECT value FROM json_each(?))", (listed(ids),))
    return {(r[0], r[1]): r[2] for r in rows}


def hold(db: Db, account: str, currency: str, more_minor: int) -> None:
    """Put a hold on money, or with a negative amount take it off."""
    db.execute("UPDATE accounts SET held_minor = held_minor + ? WHERE id = ? AND currency = ?", (more_minor, account, currency))


def intent(db: Db, intent_id: str) -> Intent | None:
    """Return what is known of an intent."""
    return intents(db, (intent_id,)).get(intent_id)


def intents(db: Db, ids: Collection[str]) -> dict[str, Intent]:
    """Return intent id -> what is known of it, for those that are known."""
    rows = db.execute("SELECT intent_id, state, account, currency, amount_minor, member_id, reason, device FROM intents"
                      " WHERE intent_id IN (SELECT value FROM json_each(?))", (listed(ids),))
    return {row[0]: Intent(*row) for row in rows}


def held_since(db: Db, before_ms: int) -> list[str]:
    """Return the intents for which money has been held since before a moment."""
    return [r[0] for r in db.execute("SELECT intent_id FROM intents WHERE state = 'held' AND at_ms < ? LIMIT 100", (before_ms,))]


def save_intent(db: Db, value: Intent, at_ms: int) -> None:
    """Write an intent down, in the place of what was known of it."""
    save_intents(db, ((value, at_ms),))


def save_intents(db: Db, values: Iterable[tuple[Intent, int]]) -> None:
    """Write intents down, each with its moment, in the place of what was known of them."""
    insert_all(db, "INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               [(value.intent_id, value.state, value.account, value.currency, value.amount_minor, value.member_id, value.reason,
                 value.device, at_ms) for value, at_ms in values], " ON CONFLICT (intent_id) DO UPDATE SET state = excluded.state")


def transferred(db: Db, transfer_id: str) -> bool:
    """Return whether a transfer has been made."""
    return bool(made(db, (transfer_id,)))


def made(db: Db, ids: Collection[str]) -> set[str]:
    """Return which of these transfers have been made."""
    return {r[0] for r in db.execute("SELECT id FROM transfers WHERE id IN (SELECT value FROM json_each(?))", (listed(ids),))}


def transfer(db: Db, value: Transfer, at_ms: int) -> None:
    """Move money: one transfer, two postings that add up to zero, two balances."""
    transfer_all(db, ((value, at_ms),))


def transfer_all(db: Db, values: Sequence[tuple[Transfer, int]]) -> None:
    """Move money by many transfers, each with its moment; a balance is written once, however many of them change it."""
    insert_all(db, "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?)",
               [(t.id, t.kind, t.sale_id or None, t.intent_id or None, t.exposure_minor, at_ms) for t, at_ms in values])
    insert_all(db, "INSERT INTO postings VALUES (?, ?, ?, ?)",
               [row for t, _at_ms in values for row in ((t.id, t.source, t.currency, -t.amount_minor),
                                                        (t.id, t.target, t.currency, t.amount_minor))])
    changes: dict[tuple[str, str], list[int]] = {}
    for t, at_ms in values:
        for account, minor in ((t.source, -t.amount_minor), (t.target, t.amount_minor)):
            changes.setdefault((account, t.currency), [0, at_ms])[0] += minor
    db.executemany("INSERT INTO accounts (id, currency, balance_minor, at_ms) VALUES (?, ?, ?, ?)"
                   " ON CONFLICT (id, currency) DO UPDATE SET balance_minor = balance_minor + excluded.balance_minor",
                   [(*key, minor, at_ms) for key, (minor, at_ms) in changes.items()])


def listed(words: Iterable[str]) -> str:
    """Return words as the JSON array that `IN (SELECT value FROM json_each(?))` takes."""
    return json.dumps(list(words))


def moved(db: Db, kind: str, intent_id: str) -> int:
    """Return the minor units of all transfers of one kind for an intent."""
    row = db.execute("SELECT coalesce(sum(p.amount_minor), 0) FROM transfers t JOIN postings p ON p.transfer = t.id AND p.amount_minor > 0"
                     " WHERE t.kind = ? AND t.intent_id = ?", (kind, intent_id)).fetchone()
    return int(row[0])


def add_member(db: Db, row: tuple[str, str, str, str, int, int]) -> None:
    """Write a member down: (id, device, consent version, consent language, templates, at_ms)."""
    db.execute("INSERT INTO members (id, device, consent_version, consent_language, templates, at_ms) VALUES (?, ?, ?, ?, ?, ?)"
               " ON CONFLICT (id) DO UPDATE SET consent_version = excluded.consent_version, consent_language = excluded.consent_language,"
               " templates = excluded.templates WHERE erased_ms IS NULL", row)


def erase_member(db: Db, member_id: str, at_ms: int) -> None:
    """Note that a member's face is forgotten; the money stays."""
    db.execute("UPDATE members SET erased_ms = coalesce(erased_ms, ?), templates = 0 WHERE id = ?", (at_ms, member_id))


def is_member(db: Db, member_id: str) -> bool:
    """Return whether somebody has an account."""
    return db.execute("SELECT 1 FROM members WHERE id = ?", (member_id,)).fetchone() is not None


def members(db: Db, limit: int = 200, only: str = "") -> list[Row]:
    """Return members with balance, newest first; with `only` that one."""
    return db.execute("SELECT m.*, a.currency, a.balance_minor, a.held_minor FROM members m"
                      " LEFT JOIN accounts a ON a.id = 'member:' || m.id WHERE ? IN ('', m.id) ORDER BY m.at_ms DESC, m.id LIMIT ?",
                      (only, limit)).fetchall()


def add_code(db: Db, digest: str, member_id: str, at_ms: int) -> None:
    """Write the hash of a one-time code down."""
    db.execute("INSERT INTO codes (digest, member_id, at_ms) VALUES (?, ?, ?)", (digest, member_id, at_ms))


def use_code(db: Db, digest: str, intent_id: str) -> str:
    """Use a code for an intent and return its member, "" when it is unknown or was used for another intent."""
    row = db.execute("SELECT member_id, intent_id FROM codes WHERE digest = ?", (digest,)).fetchone()
    if row is None or row["intent_id"] not in (None, intent_id):
        return ""
    db.execute("UPDATE codes SET intent_id = ? WHERE digest = ?", (intent_id, digest))
    return str(row["member_id"])


def sums(db: Db) -> dict[str, int]:
    """Return currency -> sum of all postings; each is zero."""
    return {r[0]: r[1] for r in db.execute("SELECT currency, sum(amount_minor) FROM postings GROUP BY currency")}


def wrong_balances(db: Db) -> list[str]:
    """Return the accounts whose balance is not the sum of their postings, or whose hold is not the sum of its intents."""
    rows = db.execute(
        "SELECT a.id || ' ' || a.currency FROM accounts a"
        " LEFT JOIN (SELECT account, currency, sum(amount_minor) s FROM postings GROUP BY account, currency) p"
        " ON p.account = a.id AND p.currency = a.currency"
        " LEFT JOIN (SELECT account, currency, sum(amount_minor) s FROM intents WHERE state = 'held' GROUP BY account, currency) h"
        " ON h.account = a.id AND h.currency = a.currency"
        " WHERE a.balance_minor != coalesce(p.s, 0) OR a.held_minor != coalesce(h.s, 0) ORDER BY 1")
    return [r[0] for r in rows]


def unposted_minor(db: Db) -> dict[str, int]:
    """Return currency -> sum of sales less refunds less what was posted to the sales accounts; each is zero."""
    rows = db.execute("SELECT currency, sum(x) FROM (SELECT currency, total_minor x FROM sales UNION ALL"
                      " SELECT currency, -amount_minor FROM refunds UNION ALL"
                      " SELECT currency, -amount_minor FROM postings WHERE account LIKE 'sales:%') GROUP BY currency")
    return {r[0]: r[1] for r in rows}


def uncleared(db: Db) -> dict[tuple[str, str], int]:
    """Return (tender, currency) -> what lies in its clearing account, where that is not zero."""
    rows = db.execute("SELECT substr(id, 10), currency, balance_minor FROM accounts WHERE id LIKE 'clearing:%' AND balance_minor != 0"
                      " ORDER BY 1, 2")
    return {(r[0], r[1]): r[2] for r in rows}


def statement(db: Db, member_id: str, limit: int = 1_000_000) -> list[Row]:
    """Return the newest movements of a member's account, oldest first.

    Each row: id, at_ms, kind, sale_id, receipt, currency, amount_minor, balance_minor (after it).
    """
    rows = db.execute(
        "SELECT * FROM (SELECT p.rowid n, t.id, t.at_ms, t.kind, coalesce(t.sale_id, s.sale_id, '') sale_id,"
        " coalesce(s.receipt, r.receipt, '') receipt, p.currency, p.amount_minor,"
        " sum(p.amount_minor) OVER (PARTITION BY p.currency ORDER BY p.rowid) balance_minor FROM postings p"
        " JOIN transfers t ON t.id = p.transfer LEFT JOIN sales s ON s.intent_id = t.intent_id AND t.intent_id != ''"
        " LEFT JOIN sales r ON r.sale_id = t.sale_id WHERE p.account = ? ORDER BY p.rowid DESC LIMIT ?) ORDER BY n",
        (member_account(member_id), limit))
    return rows.fetchall()


def exposure(db: Db) -> dict[str, int]:
    """Return currency -> what members owe: the sum of their negative balances, in positive minor units."""
    rows = db.execute("SELECT currency, -sum(balance_minor) FROM accounts WHERE balance_minor < 0"
                      " AND (id LIKE 'member:%' OR id LIKE 'unclaimed:%') GROUP BY currency")
    return {r[0]: r[1] for r in rows}


def accounts(db: Db, kinds: Sequence[str], limit: int = 200) -> list[Row]:
    """Return accounts whose id begins with one of `kinds`, those in the red first."""
    where = " OR ".join("id = ? OR id LIKE ? || ':%'" for _ in kinds)
    return db.execute(f"SELECT * FROM accounts WHERE {where} ORDER BY balance_minor >= 0, id LIMIT ?",
                      (*(k for kind in kinds for k in (kind, kind)), limit)).fetchall()


def transfers(db: Db, limit: int = 50) -> list[Row]:
    """Return the newest transfers with the amount, where it came from and where it went."""
    return db.execute("SELECT t.*, p.currency, p.amount_minor, p.account target, q.account source FROM transfers t"
                      " JOIN postings p ON p.rowid = (SELECT max(rowid) FROM postings WHERE transfer = t.id)"
                      " JOIN postings q ON q.rowid = p.rowid - 1 ORDER BY p.rowid DESC LIMIT ?", (limit,)).fetchall()


def end_day(db: Db, row: tuple[str, bool, bytes, int]) -> None:
    """Write the end of a day down: (day, whether its balance was zero, what was found, at_ms)."""
    db.execute("INSERT OR IGNORE INTO day_ends VALUES (?, ?, ?, ?)", row)


def day_ended(db: Db, day: str) -> bool:
    """Return whether the end of a day was looked at."""
    return db.execute("SELECT 1 FROM day_ends WHERE day = ?", (day,)).fetchone() is not None


def day_ends(db: Db, limit: int) -> list[Row]:
    """Return the newest ends of days."""
    return db.execute("SELECT * FROM day_ends ORDER BY day DESC LIMIT ?", (limit,)).fetchall()
