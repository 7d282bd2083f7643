"""Facts of kiosks, payment services with faults, and HQ's books between them: one charge or one void, whatever comes in whatever order."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.catalog import TenderPolicy
from kiosk.domain.events import MemberEnrolled, MemberErased, PaymentCancelled, PaymentRequested, SaleRefunded
from kiosk.domain.money import Money
from kiosk.domain.orders import PaymentAnswered, PaymentCode
from kiosk.errors import HqError
from kiosk.hq import asking, dayend, publish, refunds, wallet
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger import accounts, charges, facts
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders.protocol import Answer, Status
from kiosk.hq.tenders.setup import open_tenders
from kiosk.hq.tenders.teller import Teller, settle
from kiosk.runtime import new_id
from kiosk.sim.payments.service import PaymentServices
from kiosk.wire import ORDER_KINDS, decode_value
from tests.hq.conftest import Device, sale

DEADLINE_S = 120.0
PM = "cus_anna/pm_card"


@pytest.fixture(scope="module")
def services():
    made = PaymentServices()
    made.start()
    yield made
    made.close()


class House:
    """HQ without broker and web: ingest, teller and ledger, and a clock that the test moves."""

    def __init__(self, folder, services, welcome=2000):
        self.services, self.at_ms = services, 1_772_445_600_000
        self.ledger, self.own = Ledger(folder / "hq.db"), Ledger(folder / "hq.db")
        services.write_config(folder / "tenders.toml", "EUR", timeout_s=5.0)
        self.tenders = open_tenders(folder / "tenders.toml", "http://127.0.0.1:9")
        self.ingest, self.pay = Ingest(self.ledger, Money(welcome, "EUR")), Device("pay-1")
        self.teller = Teller(self.own, self.tenders, self.stamp)
        self.ingest.states([self.pay.birth()], self.stamp())
        with self.ledger.write() as db:
            publish.publish_tenders(db, TenderPolicy(0, "EUR", ("alipay", "emv_qr"), 120), self.stamp(), "test")
        self.before = {name: services.bank.taken_minor(name) for name in ("stripe", "alipay", "acquirer")}

    def stamp(self):
        return Stamp(self.at_ms, new_id)

    def send(self, *events):
        self.ingest.commit([self.pay.send(*events)], self.stamp())

    def work(self, seconds=0):
        """Let the teller do all that is due after so many seconds, whatever its services take."""
        deadline = time.monotonic() + DEADLINE_S
        self.at_ms += seconds * 1000
        while self.teller.turn(0.2):
            assert time.monotonic() < deadline

    def restart(self):
        self.teller.close()
        self.teller = Teller(self.own, self.tenders, self.stamp)

    def told(self, intent_id):
        with self.ledger.read() as db:
            rows = db.execute("SELECT kind, body FROM downbox ORDER BY seq").fetchall()
        orders = [decode_value(r["body"], ORDER_KINDS[r["kind"]]) for r in rows if r["kind"].startswith("payment")]
        return [order for order in orders if order.intent_id == intent_id]

    def charge(self, intent_id):
        with self.ledger.read() as db:
            return charges.get(db, intent_id)

    def books(self):
        with self.ledger.read() as db:
            return wallet.balance_check(db)

    def balance(self, account):
        with self.ledger.read() as db:
            found = accounts.balance(db, account, "EUR")
        return found[0] if found else 0

    def taken(self, service):
        return self.services.bank.taken_minor(service) - self.before[service]

    def alarms(self):
        with self.ledger.read() as db:
            return {r["kind"] for r in facts.alarms(db)}

    def close(self):
        self.teller.close()
        self.own.close()
        self.ledger.close()


@pytest.fixture
def house(tmp_path, services):
    services.bank.drop_faults()
    made = House(tmp_path, services)
    yield made
    assert made.books().even
    made.close()


def ask(intent, amount=500, tender="alipay", member=""):
    return PaymentRequested(intent, amount, "EUR", tender, member)


def test_a_code_is_shown_paid_and_sold_and_the_day_ends_at_zero(house):
    key = new_id()
    house.send(ask(key))
    house.work()
    (code,) = house.told(key)
    assert isinstance(code, PaymentCode) and (code.lasts_s, house.taken("alipay")) == (120, 0)
    house.services.bank.pay(code.text)
    house.work(3)
    assert house.told(key)[-1] == PaymentAnswered(key, "authorised", "", "")
    assert house.books().uncleared == {("alipay", "EUR"): 500}
    house.send(sale("s1", key, 500, "alipay"))
    house.work()
    assert house.books().zero and house.balance("service:alipay") == -500 and house.taken("alipay") == 500
    assert len(house.told(key)) == 2


@pytest.mark.parametrize("kind", ["lost", "dropped", "error"])
def test_a_service_without_an_answer_is_queried_first_and_a_kill_changes_nothing(house, kind):
    key, seen = new_id(), len(house.services.bank.calls("alipay"))
    house.services.bank.order("authorise", kind)
    house.send(ask(key))
    house.work()
    assert house.charge(key).status == "asked" and house.told(key) == []
    house.restart()
    house.work(2)
    assert house.services.bank.calls("alipay")[seen:] == ["authorise", "query", "authorise"]
    (code,) = house.told(key)
    house.services.bank.pay(code.text)
    house.work(3)
    house.send(sale("s1", key, 500, "alipay"))
    house.work()
    assert house.books().zero and house.taken("alipay") == 500


def test_a_kill_between_writing_down_and_asking_is_taken_up_by_asking_first(house):
    key, seen = new_id(), len(house.services.bank.calls("alipay"))
    house.send(ask(key))
    with house.ledger.write() as db:
        charges.try_again(db, key, house.at_ms + 60_000)  # what stands in the books when HQ is killed in the middle of a call
    house.work(5)
    assert house.services.bank.calls("alipay")[seen:] == []
    house.work(60)
    assert house.services.bank.calls("alipay")[seen:] == ["query", "authorise"]


def test_a_code_that_nobody_pays_runs_out_and_can_be_paid_no_more(house):
    key = new_id()
    house.send(ask(key))
    house.work()
    (code,) = house.told(key)
    house.work(100)
    assert house.charge(key).status == "pending"
    house.work(30)
    assert house.told(key)[-1] == PaymentAnswered(key, "declined", "code_expired")
    with pytest.raises(Exception, match="voided"):
        house.services.bank.pay(code.text)
    assert house.books().zero


@pytest.mark.parametrize("paid_first", [True, False])
def test_a_shopper_who_leaves_pays_nothing_even_when_the_phone_has_just_paid(house, paid_first):
    key = new_id()
    house.send(ask(key))
    house.work()
    if paid_first:
        house.services.bank.pay(house.told(key)[0].text)
    house.send(PaymentCancelled(key, "shopper_left"))
    house.services.bank.order("void", "lost")
    house.work()
    house.work(2)
    assert house.charge(key).status == "voided" and house.taken("alipay") == 0 and house.books().zero


def test_a_sale_beats_a_cancel_and_money_that_never_came_is_told(house):
    key = new_id()
    house.send(ask(key))
    house.work()
    house.send(PaymentCancelled(key, "restart"))
    house.work()
    house.send(sale("s1", key, 500, "alipay"))
    house.work()
    assert house.books().even and house.books().uncleared == {("alipay", "EUR"): -500}
    assert "unpaid_sale" in house.alarms()
    with house.ledger.read() as db:
        assert not dayend.look(db, house.at_ms).zero


def test_a_face_is_charged_to_the_stored_card_when_the_wallet_is_too_empty(house):
    first, second, third = new_id(), new_id(), new_id()
    house.send(MemberEnrolled("anna", "v1", "fr", 3))
    with house.ledger.write() as db:
        asking.set_mandate(db, "anna", PM, house.at_ms)
    house.send(ask(first, 1500, "wallet_face", "anna"), sale("s1", first, 1500, "wallet_face", "anna"))
    assert house.balance("member:anna") == 500 and house.charge(first) is None
    house.send(ask(second, 1500, "wallet_face", "anna"))
    house.work()
    assert house.told(second) == [PaymentAnswered(second, "authorised", "", "anna")] and house.taken("stripe") == 0
    house.send(sale("s2", second, 1500, "wallet_face", "anna"))
    house.work()
    assert house.taken("stripe") == 1500 and house.balance("service:stripe") == -1500 and house.books().zero
    house.send(MemberErased("anna", "shopper"), ask(third, 1500, "wallet_face", "anna"))
    house.work()
    assert house.told(third)[-1].outcome == "declined" and house.taken("stripe") == 1500


@pytest.mark.parametrize(("method", "reason"), [("pm_insufficient_funds", "insufficient_funds"), ("pm_expired_card", "card_expired")])
def test_a_card_that_declines_declines_the_face_and_an_offline_sale_of_it_is_the_members_debt(house, method, reason):
    key = new_id()
    house.send(MemberEnrolled("anna", "v1", "fr", 3))
    with house.ledger.write() as db:
        asking.set_mandate(db, "anna", f"cus_anna/{method}", house.at_ms)
    house.send(ask(key, 2500, "wallet_face", "anna"))
    house.work()
    assert house.told(key) == [PaymentAnswered(key, "declined", reason)]
    house.send(sale("s1", key, 2500, "wallet_face", "anna"))
    house.work()
    assert house.balance("member:anna") == -500 and house.books().exposure == {"EUR": 500} and house.books().zero


def test_codes_that_are_not_offered_and_other_currencies_are_refused(house):
    wechat, swiss = new_id(), new_id()
    house.send(ask(wechat, tender="wechat"), PaymentRequested(swiss, 500, "CHF", "alipay"))
    assert [house.told(k)[0].reason for k in (wechat, swiss)] == ["service_down", "currency"]
    strange = sale("s9", "", 500)
    house.send(type(strange)(*(getattr(strange, f) if f != "currency" else "CHF" for f in strange.__dataclass_fields__)))
    house.send(SaleRefunded("r9", "s9", "R-9", strange.lines, 500, "CHF", {}, "cash_desk", "", "returned", "lea"))
    with house.ledger.read() as db:
        assert db.execute("SELECT count(*) FROM sales").fetchone()[0] == 0
        assert [r["kind"] for r in facts.quarantined(db)] == ["refused", "refused"]


def test_a_top_up_is_in_the_wallet_when_the_card_was_charged_and_only_then(house):
    house.send(MemberEnrolled("anna", "v1", "fr", 3))
    with house.ledger.write() as db:
        with pytest.raises(HqError, match="no mandate"):
            asking.top_up(db, "anna", Money(1000, "EUR"), "stripe", house.stamp())
        asking.set_mandate(db, "anna", PM, house.at_ms)
        asking.top_up(db, "anna", Money(1000, "EUR"), "stripe", house.stamp())
        asking.top_up(db, "anna", Money(300, "EUR"), "till:store-1", house.stamp())
    assert house.balance("member:anna") == 2300
    house.services.bank.order("capture", "lost")
    house.work()
    house.work(3)
    assert house.balance("member:anna") == 3300 and house.taken("stripe") == 1000 and house.balance("till:store-1") == -300
    with house.ledger.write() as db:
        asking.set_mandate(db, "anna", "cus_anna/pm_expired_card", house.at_ms)
        asking.top_up(db, "anna", Money(1000, "EUR"), "stripe", house.stamp())
    house.work()
    assert house.balance("member:anna") == 3300 and house.books().zero


def refund(refund_id, sale_id, pieces, amount, tender="alipay"):
    line = sale(total=amount).lines[0]
    lines = (type(line)(line.gtin, pieces, amount // pieces, 0, amount, 200),)
    return SaleRefunded(refund_id, sale_id, f"RR-{refund_id}", lines, amount, "EUR", {"200": 1}, tender, "", "returned", "lea")


def sell(house, tender="alipay", amount=500, member=""):
    key = new_id()
    house.send(ask(key, amount, tender, member))
    house.work()
    if tender == "alipay":
        house.services.bank.pay(house.told(key)[0].text)
        house.work(3)
    house.send(sale(f"s-{key}", key, amount, tender, member))
    house.work()
    return f"s-{key}"


@pytest.mark.parametrize("kind", ["", "lost", "dropped"])
def test_refunds_of_a_kiosk_go_back_to_the_code_once_in_part_and_never_more_than_was_paid(house, kind):
    sale_id = sell(house)
    if kind:
        house.services.bank.order("refund", kind)
    house.send(refund("r1", sale_id, 1, 200))
    house.send(refund("r1", sale_id, 1, 200), refund("r2", sale_id, 1, 301), refund("r3", sale_id, 3, 300), refund("r4", "s-none", 1, 5))
    house.work()
    house.work(2)
    assert house.taken("alipay") == 300 and house.books().zero and house.balance("sales:store-1") == 300
    house.send(refund("r5", sale_id, 1, 300))
    house.work()
    assert house.taken("alipay") == 0 and house.balance("service:alipay") == 0 and house.books().zero
    with house.ledger.read() as db:
        assert [(r.refund_id, r.status) for r in charges.refunds_of(db, sale_id)] == [("r1", "done"), ("r5", "done")]
        assert len(facts.quarantined(db)) == 3


def test_refunds_of_wallet_and_cash_are_booked_at_once_and_stand_on_the_statement(house):
    house.send(MemberEnrolled("anna", "v1", "fr", 3))
    by_face, in_cash = sell(house, "wallet_face", 500, "anna"), "s-cash"
    house.send(sale(in_cash, "", 400), refund("r1", by_face, 1, 250, "wallet_face"), refund("r2", in_cash, 2, 400, "cash_desk"))
    assert house.balance("member:anna") == 1750 and house.balance("till:store-1") == 0 and house.books().zero
    with house.ledger.read() as db:
        told = [(r["kind"], r["amount_minor"], r["balance_minor"], r["sale_id"]) for r in accounts.statement(db, "anna")]
    assert told == [("welcome", 2000, 2000, ""), ("capture", -500, 1500, by_face), ("payout", 250, 1750, by_face)]


def test_a_refund_that_the_service_refuses_is_told_and_can_be_paid_in_cash(house):
    sale_id = sell(house)
    house.services.bank.order("refund", "decline", "generic_decline")
    with house.ledger.write() as db:
        row = db.execute("SELECT * FROM sales").fetchone()
        lines, amount = refunds.rest_of(db, row)
        giving = refunds.Giving("r1", sale_id, lines, amount, "EUR", "returned", "console", "hq")
        assert refunds.give_back(db, giving, house.stamp()) and not refunds.give_back(db, giving, house.stamp())
    house.work()
    assert "refund_failed" in house.alarms() and house.books().uncleared == {("alipay", "EUR"): 500}
    with house.ledger.write() as db:
        refunds.pay_in_cash(db, "r1", house.at_ms)
        with pytest.raises(HqError, match="not one that its tender refused"):
            refunds.pay_in_cash(db, "r1", house.at_ms)
    assert house.books().zero and house.balance("till:store-1") == 500 and house.taken("alipay") == 500


def test_a_tender_that_was_switched_off_is_told_and_declined(house):
    house.tenders.pop("emv_qr")
    key = new_id()
    house.send(ask(key, tender="emv_qr"))
    house.work()
    assert house.told(key) == [PaymentAnswered(key, "declined", "service_down")] and "tender_off" in house.alarms()


FACTS = ("request", "cancel", "sale", "code", "paid", "late yes", "no")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(FACTS), min_size=1, max_size=9))
def test_any_order_of_facts_and_answers_ends_in_one_posting_or_none(tmp_path_factory, services, steps):
    folder = tmp_path_factory.getbasetemp() / "orders"
    folder.mkdir(exist_ok=True)
    house = _HOUSES.setdefault("one", None) or House(folder, services)
    _HOUSES["one"] = house
    key = new_id()
    answers = {"code": Answer(Status.PENDING, code="x"), "paid": Answer(Status.CAPTURED, taken_minor=500),
               "no": Answer(Status.DECLINED, "declined"), "late yes": Answer(Status.AUTHORISED)}
    for step in steps:
        if step == "request":
            house.send(ask(key))
        elif step == "cancel":
            house.send(PaymentCancelled(key, "shopper_left"))
        elif step == "sale":
            house.send(sale(f"s-{key}", key, 500, "alipay"))
        else:
            with house.ledger.write() as db:
                settle(db, key, "notice", answers[step], house.stamp())
    with house.ledger.write() as db:
        db.execute("UPDATE charges SET due_ms = NULL")
        rows = db.execute("SELECT t.kind FROM transfers t WHERE t.intent_id = ? OR t.sale_id = ?", (key, f"s-{key}")).fetchall()
        sold = db.execute("SELECT count(*) FROM sales WHERE intent_id = ?", (key,)).fetchone()[0]
        row = charges.get(db, key)
    kinds = sorted(r["kind"] for r in rows)
    assert house.books().even and sold == ("sale" in steps) == kinds.count("sale")
    assert kinds.count("capture") <= 1 and kinds.count("void") <= kinds.count("capture")
    words = [order.outcome for order in house.told(key) if isinstance(order, PaymentAnswered)]
    assert len(set(words)) <= 1
    if row is not None and "sale" in steps:
        assert row.wish in ("take", "drop")


_HOUSES: dict[str, House | None] = {}


def test_the_table_of_acts_is_whole():
    from kiosk.hq.tenders.steps import act

    told = {}
    for status, wish in itertools.product(("asked", "pending", "authorised", "captured", "declined", "voided"), ("ask", "take", "drop")):
        row = charges.ChargeRow("i", "alipay", "sale", "d", "e", "s", "", "", 1, "EUR", "n", "", "", status, wish, "", "", 0, 0, 0)
        told[status, wish] = act(row)
    assert {pair for pair, what in told.items() if what == "void"} == {(s, "drop") for s in ("asked", "pending", "authorised", "captured")}
    assert {pair for pair, what in told.items() if what == "capture"} == {("authorised", "take")}
    assert {pair for pair, what in told.items() if what == "authorise"} == {("asked", "ask"), ("asked", "take")}
    assert {pair for pair, what in told.items() if what == "query"} == {("pending", "ask"), ("pending", "take")}
