"""The ledger under any sequence of operations: every replay changes nothing, nothing is held below zero, the books add up to zero."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.events import PaymentRequested
from kiosk.domain.money import Money
from kiosk.errors import HqError
from kiosk.hq import asking, refunds, wallet
from kiosk.hq.ledger import accounts, charges
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.ledger.trade import Origin
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders.house import HouseTender
from kiosk.hq.tenders.protocol import Charge, Refund
from tests.hq.test_wallet import Undo, enrolled, sale

WHO = ("anna", "bo")
AMOUNTS = (0, 1, 50, 100, 333)
WHAT = ("top_up", "ask", "sell", "sell_cash", "cancel", "refund", "refund_all", "house_ask", "house_take", "house_void", "house_refund")


@dataclass(frozen=True)
class Step:
    what: str
    who: str
    n: int
    amount: int


def state(db):
    """Everything that a replay may not change."""
    return [tuple(map(tuple, db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()))
            for table in ("accounts", "intents", "transfers", "postings", "sales", "refunds", "refund_lines")]


class Nested(Ledger):
    """A ledger whose house tenders work inside the test's own transaction."""

    def __init__(self, db):
        self._open = db

    def write(self):
        return self

    read = write

    def __enter__(self):
        return self._open

    def __exit__(self, *_):
        return None


def play(db, step):
    at, ids = 5, count(1)
    stamp = Stamp(at, lambda: f"id{next(ids)}")
    intent, sale_id, money = f"i{step.n}", f"s{step.n}", Money(step.amount, "EUR")
    house = HouseTender(Nested(db), lambda: stamp)
    charge = Charge(f"h{step.n}", money, "x", step.who)
    origin = Origin("pay-1", "store-1", "e1", 1, at, at)
    acts = {
        "top_up": lambda: wallet.top_up(db, f"t{step.n}-{step.who}", step.who, money, at),
        "ask": lambda: wallet.hold(db, PaymentRequested(intent, step.amount, "EUR", "wallet_face", step.who), "pay-1", at),
        "sell": lambda: wallet.settle(db, sale(sale_id, intent, step.amount, member=step.who), origin),
        "sell_cash": lambda: wallet.settle(db, sale(f"c{step.n}", "", step.amount, "cash_desk", ""), origin),
        "cancel": lambda: asking.drop(db, intent, at) or wallet.release(db, intent, "pay-1", at),
        "refund": lambda: refunds.give_back(db, refunds.Giving(
            f"r{step.n}-{step.amount}", sale_id, (refunds.RefundLine("4006381333931", 1, step.amount),), step.amount, "EUR", "x", "lea",
            "d"), stamp),
        "refund_all": lambda: give_rest(db, f"ra{step.n}", sale_id, stamp),
        "house_ask": lambda: house.authorise(charge), "house_take": lambda: house.capture(charge), "house_void": lambda: house.void(charge),
        "house_refund": lambda: house.refund(charge, Refund(f"hr{step.n}-{step.amount}", Money(step.amount, "EUR"))),
    }
    with suppress(HqError):
        acts[step.what]()


def give_rest(db, refund_id, sale_id, stamp):
    row = db.execute("SELECT * FROM sales WHERE sale_id = ?", (sale_id,)).fetchone()
    if row is not None and charges.refund(db, refund_id) is None:
        lines, amount = refunds.rest_of(db, row)
        refunds.give_back(db, refunds.Giving(refund_id, sale_id, lines, amount, "EUR", "x", "lea", "d"), stamp)


STEPS = st.lists(st.builds(Step, st.sampled_from(WHAT), st.sampled_from(WHO), st.integers(1, 3), st.sampled_from(AMOUNTS)), max_size=16)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_sequence_balances_and_every_replay_changes_nothing(tmp_path_factory, steps):
    ledger = Ledger(tmp_path_factory.getbasetemp() / "any.db")
    with suppress(Undo), closing(ledger), ledger.write() as db:
        for who in WHO:
            enrolled(db, who, 400)
        for step in steps:
            play(db, step)
            books = wallet.balance_check(db)
            assert books.even, books
            assert all(r["held_minor"] >= 0 for r in db.execute("SELECT held_minor FROM accounts"))
            before = state(db)
            play(db, step)
            assert state(db) == before, step
        sold = dict(db.execute("SELECT sale_id, total_minor FROM sales").fetchall())
        given_back = dict(db.execute("SELECT sale_id, sum(amount_minor) FROM refunds GROUP BY sale_id").fetchall())
        assert all(given_back[sale_id] <= sold[sale_id] for sale_id in given_back)
        captured = {r["intent_id"]: r["amount_minor"] for r in db.execute("SELECT * FROM intents WHERE intent_id LIKE 'h%'")}
        for key, amount in captured.items():
            assert accounts.moved(db, "payout", key) + accounts.moved(db, "void", key) <= accounts.moved(db, "capture", key) <= amount
        assert not {w for w in wallet.balance_check(db).uncleared if w[0] == "cash_desk"}
        raise Undo
