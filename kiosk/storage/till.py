"""What the till writes beside the journal: sales and their receipts' numbers, payment intents, and the open basket.

A device may have two screens that sell, a terminal's and a mirror's, each a process of its own with the role's name: what is open at one of
them is none of the other's business.
"""

from __future__ import annotations

from kiosk import wire
from kiosk.domain import intent as rules
from kiosk.domain.events import PaymentRequested, SaleCompleted
from kiosk.domain.intent import Intent, IntentState
from kiosk.domain.orders import PaymentAnswered, PaymentCode
from kiosk.errors import StorageError
from kiosk.storage.book import Book

PAY, MIRROR = "pay", "mirror"
"""The roles that sell."""
_CODE_OF = "'payment_code' || iif(role IN ('', 'pay'), '', '.' || role)"
_INTENT = "intent_id, sale_id, amount_minor, currency, tender, member_id, state, answer, reason"
_HOLDING = tuple(state for state in IntentState if rules.holds_money(state))


class Sales:
    """Sales that took place, and the numbers of their receipts."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, sale: SaleCompleted) -> None:
        """Keep a sale; one with the same id is refused with StorageError."""
        changed = self._book.db.execute("INSERT OR IGNORE INTO sales (sale_id, total_minor, body) VALUES (?, ?, ?)",
                                        (sale.sale_id, sale.total_minor, wire.encode_value(sale))).rowcount
        if not changed:
            raise StorageError(f"sale {sale.sale_id} of {self._book.device} is already written")

    def get(self, sale_id: str) -> SaleCompleted | None:
        """Return a sale, None when it is not known."""
        row = self._book.db.execute("SELECT body FROM sales WHERE sale_id = ?", (sale_id,)).fetchone()
        return None if row is None else _sale(row[0])

    def recent(self, n: int) -> list[SaleCompleted]:
        """Return the latest `n` sales, the newest first."""
        return [_sale(row[0]) for row in self._book.db.execute("SELECT body FROM sales ORDER BY n DESC LIMIT ?", (n,))]

    def totals(self) -> tuple[int, int]:
        """Return (number of sales, their sum in minor units) since this file was made."""
        count, total = self._book.db.execute("SELECT count(*), coalesce(sum(total_minor), 0) FROM sales").fetchone()
        return count, total

    def next_receipt(self, prefix: str) -> str:
        """Return prefix and the next number, e.g. K1-000042. Without a hole: a unit that fails gives its number back."""
        query = "INSERT INTO receipts VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number"
        number = self._book.number(query, prefix)
        return f"{prefix}-{number:06d}"


class Intents:
    """Payment intents, kept before any tender is asked."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def open(self, request: PaymentRequested, sale_id: str, draft: SaleCompleted | None = None, role: str = PAY) -> Intent:
        """Keep a new intent in the state asked, with the sale that it becomes: only with that can a restart of `role` bring it to its end.

        Record the request itself with `facts.record` in the same unit.
        """
        changed = self._book.db.execute(
            "INSERT OR IGNORE INTO intents (intent_id, sale_id, amount_minor, currency, tender, member_id, state, draft, role)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (request.intent_id, sale_id, request.amount_minor, request.currency, request.tender, request.member_id, IntentState.ASKED,
             wire.encode_value(draft) if draft else None, role),
        ).rowcount
        if not changed:
            raise StorageError(f"payment intent {request.intent_id} of {self._book.device} is already open")
        return self._known(request.intent_id)

    def get(self, intent_id: str) -> Intent | None:
        """Return an intent, None when it is not known."""
        row = self._book.db.execute(f"SELECT {_INTENT} FROM intents WHERE intent_id = ?", (intent_id,)).fetchone()
        return None if row is None else _intent(row)

    def draft(self, intent_id: str) -> SaleCompleted | None:
        """Return the sale that an intent becomes, None when it is not known (any more)."""
        row = self._book.db.execute("SELECT draft FROM intents WHERE intent_id = ?", (intent_id,)).fetchone()
        return _sale(row[0]) if row and row[0] else None

    def answer(self, answer: PaymentAnswered) -> Intent | None:
        """Write HQ's word down; it moves an intent that still waits, and only that. None (and counted) for one that is not known."""
        known = self.get(answer.intent_id)
        if known is None or answer.outcome not in (IntentState.AUTHORISED, IntentState.DECLINED):
            self._book.tally("answers_unknown")
            return None
        after = rules.NEXT.get((known.state, IntentState(answer.outcome)))
        if after is None or known.answer not in ("", answer.outcome):
            self._book.tally("answers_contrary")
            return known
        self._book.db.execute("UPDATE intents SET state = ?, answer = ?, reason = ?, member_id = ? WHERE intent_id = ?",
                              (after, answer.outcome, answer.reason or known.reason, answer.member_id or known.member_id, answer.intent_id))
        return self._known(answer.intent_id)

    def keep_code(self, code: PaymentCode) -> None:
        """Keep the code that pays an intent which still waits; the one before it on that screen is forgotten."""
        known = self.get(code.intent_id)
        if known is None or known.state is not IntentState.ASKED:
            self._book.tally("codes_late")
            return
        self._book.db.execute(f"INSERT OR REPLACE INTO settings SELECT {_CODE_OF}, ? FROM intents WHERE intent_id = ?",
                              (wire.encode_value(code).decode(), code.intent_id))

    def code(self, intent_id: str) -> PaymentCode | None:
        """Return the code that pays an intent, None before it came."""
        row = self._book.db.execute(f"SELECT value FROM settings JOIN intents ON key = {_CODE_OF} WHERE intent_id = ?",
                                    (intent_id,)).fetchone()
        code: PaymentCode | None = None if row is None else wire.decode_value(row[0].encode(), PaymentCode)
        return code if code is not None and code.intent_id == intent_id else None

    def settle(self, intent_id: str, state: IntentState, reason: str = "") -> Intent:
        """Move an intent by what happened on the kiosk and return it as it then is; raise IllegalTransitionError when it cannot.

        `unknown` after an answer has come leaves the answer's state: look at what is returned.
        """
        known = self._known(intent_id)
        self._book.db.execute("UPDATE intents SET state = ?, reason = ? WHERE intent_id = ?",
                              (rules.step(known.state, state), reason or known.reason, intent_id))
        return self._known(intent_id)

    def unsettled(self, role: str = PAY) -> list[Intent]:
        """Return a role's intents for which HQ holds money, or may, the oldest first: after a restart each is captured or cancelled."""
        marks = ", ".join("?" * len(_HOLDING))
        rows = self._book.db.execute(f"SELECT {_INTENT} FROM intents WHERE state IN ({marks}) AND role IN (?, '') ORDER BY n",
                                     (*_HOLDING, role))
        return [_intent(row) for row in rows]

    def _known(self, intent_id: str) -> Intent:
        found = self.get(intent_id)
        if found is None:
            raise StorageError(f"payment intent {intent_id} is not known to {self._book.device}")
        return found


class Basket:
    """The open basket of each role, so that it survives a power cut."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def save(self, body: bytes | None, role: str = PAY) -> None:
        """Keep the basket; None clears it."""
        if body is None:
            self._book.db.execute("DELETE FROM basket WHERE role = ?", (role,))
        else:
            self._book.db.execute("INSERT OR REPLACE INTO basket VALUES (?, ?)", (role, body))

    def load(self, role: str = PAY) -> bytes | None:
        """Return the kept basket, None when there is none."""
        row = self._book.db.execute("SELECT body FROM basket WHERE role = ?", (role,)).fetchone()
        return None if row is None else row[0]


def _sale(body: bytes) -> SaleCompleted:
    sale: SaleCompleted = wire.decode_value(body, SaleCompleted)
    return sale


def _intent(row: tuple[str, str, int, str, str, str, str, str, str]) -> Intent:
    return Intent(*row[:6], IntentState(row[6]), *row[7:])
