"""Who is at the console: passwords (Argon2id), sessions kept at the server, and slower answers to whoever guesses.

A session's word is 256 random bits in a cookie; the ledger has only its SHA-256. The token of forms is an HMAC under that word, so a form
of one session is worth nothing in another. Limits follow OWASP ASVS 4.0.3, level 2: chapters 2.1, 2.2.1, 3.2, 3.3, 4.2.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from kiosk.domain.staff import Role
from kiosk.errors import HqError
from kiosk.hq.ledger import catalogue, people
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.stamp import Stamp

IDLE_MS = 30 * 60_000
LIFE_MS = 12 * 3_600_000
TOUCH_MS = 60_000
SHORTEST, LONGEST = 12, 128
FEWEST_SIGNS = 6
SPENT = ""
"""What stands where the digest of a password was that held once."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_FREE_TRIES, _FREE_TRIES_OF_MANY = 5, 50
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5, 900
_hasher = PasswordHasher()
_few = threading.BoundedSemaphore(2)
"""A digest takes 64 MiB and tenths of a second: many guesses at once wait for one another, the console does not."""
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Names that nobody has cost as much time as others."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. form_token: what the forms of this session carry. one_time: their password is spent, they need one."""

    name: str
    roles: frozenset[Role]
    form_token: str
    one_time: bool

    def may(self, role: Role) -> bool:
        """Whether they have a role; whoever has any role may view."""
        return role in self.roles or role is Role.VIEWER


def add_user(ledger: Ledger, name: str, roles: Iterable[Role], who: str, now: Stamp) -> str:
    """Add a user, or give a known one other roles and a new start; return a password that holds once. Raises HqError."""
    kept = frozenset(roles)
    if not _NAME.fullmatch(name):
        raise HqError(f"{name!r} is no name for a user: up to 32 of a-z 0-9 . _ -")
    if not kept:
        raise HqError("a user has at least one role")
    password = secrets.token_urlsafe(15)
    digest = _hash(password)
    with ledger.write() as db:
        people.put(db, (name, kept, digest, True, now.at_ms))
        people.end_sessions(db, name)
        catalogue.note(db, (now.at_ms, who, "user", name, "", ", ".join(sorted(kept))))
    return password


def log_in(ledger: Ledger, name: str, password: str, address: str, now: Stamp) -> str:
    """Return the word of a new session, "" when name and password do not belong together; raise HqError when somebody must wait.

    Unknown names, wrong passwords and switched-off users get the same answer in the same time. No lock is held while that time passes.
    """
    name = name.strip().lower()[:64]
    keys = {f"{name}|{address}": _FREE_TRIES, f"name:{name}": _FREE_TRIES_OF_MANY, f"address:{address}": _FREE_TRIES_OF_MANY}
    with ledger.read() as db:
        left_s = max(_wait_s(*people.tries(db, key), free, now.at_ms) for key, free in keys.items())
        user = people.user(db, name)
    if left_s:
        raise HqError(f"too many tries: wait {left_s} s")
    right = _fits(user["password"] if user is not None else SPENT, password)
    with ledger.write() as db:
        if user is None or not right or people.user(db, name) != user:
            for key in keys:
                people.count_failure(db, key, now.at_ms)
            catalogue.note(db, (now.at_ms, name if user is not None else "?", "log_in_failed", address, "", ""))
            return ""
        people.forgive(db, f"{name}|{address}")
        people.spend(db, name)
        catalogue.note(db, (now.at_ms, name, "log_in", address, "", ""))
        return open_session(db, name, now)


def open_session(db: Db, name: str, now: Stamp) -> str:
    """Return the word of a new session of a user who has shown to be that user."""
    word = secrets.token_urlsafe(32)
    people.sweep(db, now.at_ms - 2 * LIFE_MS)
    people.open_session(db, _digest(word), name, now.at_ms)
    return word


def who_is(db: Db, word: str, at_ms: int) -> tuple[Person | None, bool]:
    """Return whose session a word opens, and whether it should be touched; (None, False) when it opens none or has run out."""
    found = people.session(db, _digest(word)) if len(word) == 43 else None
    if found is None or at_ms - found["seen_ms"] > IDLE_MS or at_ms - found["at_ms"] > LIFE_MS:
        return None, False
    token = hmac.new(word.encode(), b"kiosk hq form", hashlib.sha256).hexdigest()
    return Person(found["user"], frozenset(map(Role, json.loads(found["roles"]))), token, bool(found["one_time"])), \
        at_ms - found["seen_ms"] >= TOUCH_MS


def touch(db: Db, word: str, at_ms: int) -> None:
    """Note that a session is in use."""
    people.touch(db, _digest(word), at_ms)


def log_out(db: Db, word: str, name: str, now: Stamp) -> None:
    """End a session."""
    people.end_session(db, _digest(word))
    catalogue.note(db, (now.at_ms, name, "log_out", "", "", ""))


def change_password(ledger: Ledger, person: Person, old: str, new: str, now: Stamp) -> None:
    """Give a user a new password and end all their sessions; raise HqError when the old one is wrong or the new one too weak."""
    _check_strength(person.name, new)
    with ledger.read() as db:
        user = people.user(db, person.name)
    if user is None or (not person.one_time and not _fits(user["password"], old)):
        raise HqError("the present password is wrong")
    digest = _hash(new)
    with ledger.write() as db:
        people.set_password(db, person.name, digest)
        catalogue.note(db, (now.at_ms, person.name, "password", person.name, "", ""))


def switch_off(db: Db, name: str, who: str, now: Stamp) -> None:
    """Let a user in no more; raise HqError when nobody has that name."""
    people.switch_off(db, name, now.at_ms)
    catalogue.note(db, (now.at_ms, who, "user_off", name, "", ""))


def _check_strength(name: str, password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise HqError(f"a password has {SHORTEST} to {LONGEST} signs")
    if len(set(password.lower())) < FEWEST_SIGNS or name in password.lower():
        raise HqError(f"a password has at least {FEWEST_SIGNS} different signs and does not hold your name")


def _hash(password: str) -> str:
    with _few:
        return _hasher.hash(password)


def _fits(kept: str, password: str) -> bool:
    known = kept != SPENT and len(password) <= LONGEST
    try:
        with _few:
            return _hasher.verify(kept if known else _NOBODY, password if known else "") and known
    except (Argon2Error, InvalidHashError):
        return False


def _wait_s(failures: int, last_ms: int, free: int, at_ms: int) -> int:
    """Return how many seconds somebody has to wait who failed so often: none at first, then twice as long each time."""
    if failures < free:
        return 0
    wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S << min(failures - free, 10))
    return max(0, wait_s - (at_ms - last_ms) // 1000)


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
