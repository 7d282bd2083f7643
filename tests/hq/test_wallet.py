import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.events import PaymentRequested, SaleCompleted, SaleLine
from kiosk.domain.money import Money
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import wallet
from kiosk.hq.ledger import accounts
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.ledger.trade import Origin

HERE = Origin("pay-1", "store-1", "e1", 1, 1000, 1000)


def enrolled(db, member="anna", credit=2000):
    accounts.add_member(db, (member, "pay-1", "v1", "fr", 3, 1))
    wallet.open_member(db, member, Money(credit, "EUR"), 1)


def request(intent="i1", amount=500, tender="wallet_face", member="anna", code=""):
    return PaymentRequested(intent, amount, "EUR", tender, member, code)


def sale(sale_id="s1", intent="i1", total=500, tender="wallet_face", member="anna", offline=False):
    line = SaleLine("4006381333931", 1, total, 0, total, 200)
    return SaleCompleted(sale_id, "R-1", intent, (line,), total, "EUR", {"200": 83}, tender, member, offline, 1)


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / "hq.db")
    yield made
    made.close()


def balance(db, member="anna"):
    return accounts.balance(db, f"member:{member}", "EUR")


def test_hold_capture_and_books(ledger):
    with ledger.write() as db:
        enrolled(db)
        assert wallet.hold(db, request(), "pay-1", 2).outcome == "authorised"
        assert balance(db) == (2000, 500)
        assert wallet.settle(db, sale(), HERE) is True
        assert wallet.settle(db, sale(), HERE) is False
        assert balance(db) == (1500, 0)
        books = wallet.balance_check(db)
    assert books.even and books.sums == {"EUR": 0} and books.exposure == {}


def test_declines_say_why(ledger):
    with ledger.write() as db:
        enrolled(db)
        assert wallet.hold(db, request(amount=2001), "pay-1", 2).reason == "insufficient_funds"
        assert wallet.hold(db, request("i2", member="nobody"), "pay-1", 2).reason == "unknown_member"
        assert wallet.hold(db, PaymentRequested("i3", 1, "CHF", "wallet_face", "anna"), "pay-1", 2).reason == "currency"
        assert wallet.hold(db, request("i4", tender="wallet_qr", member="", code="KM1.no"), "pay-1", 2).reason == "bad_code"
        assert wallet.hold(db, request("i5", amount=1500), "pay-1", 2).outcome == "authorised"
        assert wallet.hold(db, request("i6", amount=501), "pay-1", 2).reason == "insufficient_funds"


def test_code_pays_once(ledger):
    with ledger.write() as db:
        enrolled(db)
        code = wallet.issue_code(db, "anna", "secret", 1)
        first = wallet.hold(db, request("i1", tender="wallet_qr", member="", code=code), "pay-1", 2)
        again = wallet.hold(db, request("i1", tender="wallet_qr", member="", code=code), "pay-1", 2)
        second = wallet.hold(db, request("i2", tender="wallet_qr", member="", code=code), "pay-1", 2)
        stored = [r["digest"] for r in db.execute("SELECT digest FROM codes")]
    assert (first.outcome, first.member_id) == ("authorised", "anna") and again == first
    assert second.reason == "bad_code" and code not in stored
    with ledger.write() as db, pytest.raises(HqError, match="not known"):
        wallet.issue_code(db, "nobody", "x", 1)


def test_offline_sale_may_overdraw_and_is_reported(ledger):
    with ledger.write() as db:
        enrolled(db, credit=300)
        wallet.settle(db, sale(total=500, offline=True), HERE)
        wallet.settle(db, sale("s2", "i2", 200, offline=True), HERE)
        assert balance(db) == (-400, 0)
        assert [r["exposure_minor"] for r in accounts.transfers(db) if r["kind"] == "capture"] == [200, 200]
        assert wallet.balance_check(db).exposure == {"EUR": 400}
        wallet.top_up(db, "t1", "anna", Money(400, "EUR"), 3)
        wallet.top_up(db, "t1", "anna", Money(400, "EUR"), 3)
        assert balance(db) == (0, 0) and wallet.balance_check(db).exposure == {}
        for minor in (0, -1):
            with pytest.raises(HqError):
                wallet.top_up(db, f"t{minor}", "anna", Money(minor, "EUR"), 4)


def test_cash_desk_goes_through_the_till_and_an_intent_pays_one_sale(ledger):
    with ledger.write() as db:
        wallet.settle(db, sale(tender="cash_desk", member=""), HERE)
        assert accounts.balance(db, "till:store-1", "EUR") == (-500, 0)
        with pytest.raises(HqError, match="another sale"):
            wallet.settle(db, sale("s2", "i1"), HERE)
        assert wallet.balance_check(db).even


def test_postings_are_append_only(ledger):
    with ledger.write() as db:
        enrolled(db)
    for change in ("UPDATE postings SET amount_minor = 1", "DELETE FROM postings", "DELETE FROM transfers",
                   "UPDATE transfers SET kind = 'x'"):
        with pytest.raises(InvalidValueError, match="append-only"), ledger.write() as db:
            db.execute(change)


def test_balance_check_sees_a_wrong_balance(ledger):
    with ledger.write() as db:
        enrolled(db)
        db.execute("UPDATE accounts SET balance_minor = balance_minor + 1 WHERE id = 'member:anna'")
        assert wallet.balance_check(db).wrong == ["member:anna EUR"] and not wallet.balance_check(db).even


@dataclass(frozen=True)
class Step:
    what: str
    intent: int


def play(db, step):
    intent = f"i{step.intent}"
    if step.what == "request":
        return wallet.hold(db, request(intent), "pay-1", 2)
    if step.what == "cancel":
        return wallet.release(db, intent, "pay-1", 2)
    return wallet.settle(db, sale(f"s{step.intent}", intent), HERE)


def check(db, steps):
    sold = {s.intent for s in steps if s.what == "sale"}
    asked = {s.intent for s in steps if s.what == "request"}
    ended = {s.intent for s in steps if s.what == "cancel"} | sold
    postings = db.execute("SELECT count(*) FROM transfers WHERE kind = 'sale'").fetchone()[0]
    assert postings == len(sold)
    assert {accounts.intent(db, f"i{i}").state for i in sold} <= {"captured"}
    held = sum(500 for i in asked - ended if accounts.intent(db, f"i{i}").state == "held")
    assert balance(db) == (1200 - 500 * len(sold), held)
    assert wallet.balance_check(db).even


class Undo(Exception):
    pass


def play_all(ledger, steps):
    with ledger.write() as db:
        enrolled(db, credit=1200)
        for step in steps:
            play(db, step)
        check(db, steps)
        raise Undo


def test_every_order_of_one_intent_ends_the_same(tmp_path):
    ledger = Ledger(tmp_path / "hq.db")
    for what in set(itertools.permutations(("request", "sale", "cancel", "request", "sale", "cancel"))):
        steps = [Step(w, 1) for w in what]
        with pytest.raises(Undo):
            play_all(ledger, steps)
    ledger.close()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(Step, st.sampled_from(("request", "sale", "cancel")), st.integers(1, 4)), max_size=20))
def test_any_order_of_several_intents_balances(tmp_path_factory, steps):
    ledger = Ledger(tmp_path_factory.getbasetemp() / "orders.db")
    with pytest.raises(Undo):
        play_all(ledger, steps)
    ledger.close()
