"""One suite over every way to pay: the real libraries against payment services of ours, the house's own money in a real ledger.

A fault is ordered at the service: `lost` is done and never answered, `dropped` is neither. For the house's money, which lies in HQ's own
database, they are HQ being killed after and before its commit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from kiosk.design.words import known
from kiosk.domain.money import Money
from kiosk.hq import wallet
from kiosk.hq.ledger import accounts
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders.house import HouseTender
from kiosk.hq.tenders.protocol import REASONS, Answer, Charge, Refund, Status, Tender, ask
from kiosk.hq.tenders.setup import open_tenders
from kiosk.runtime import new_id
from kiosk.sim.payments.service import PaymentServices

NAMES = ("wallet", "cash_desk", "stripe", "alipay", "wechat", "emv_qr")
SERVICES = {"stripe": "stripe", "alipay": "alipay", "wechat": "wechat", "emv_qr": "acquirer"}
CURRENCIES = {"wallet": ("EUR", "JPY", "KWD"), "cash_desk": ("EUR", "JPY", "KWD"), "stripe": ("EUR", "JPY", "KWD", "UGX"),
              "alipay": ("CNY", "JPY"), "wechat": ("CNY",), "emv_qr": ("EUR", "JPY", "KWD")}
HELD_FIRST = ("wallet", "cash_desk", "stripe")


@pytest.fixture(scope="module")
def services() -> Iterator[PaymentServices]:
    made = PaymentServices()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def outside(services, tmp_path_factory):
    """The payment services' tenders, set up once."""
    config = tmp_path_factory.mktemp("tenders") / "tenders.toml"
    services.write_config(config, "JPY", timeout_s=2.0)
    return open_tenders(config, "http://127.0.0.1:9")


@dataclass
class Place:
    """A tender with its service: what a shopper and a fault do to it, and what it has taken."""

    tender: Tender
    services: PaymentServices
    ledger: Ledger | None
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tender.name

    @property
    def house(self) -> bool:
        return self.name not in SERVICES

    def charge(self, minor: int = 1250, currency: str = "", payer: str = "") -> Charge:
        currency = currency or CURRENCIES[self.name][0]
        return Charge(new_id(), Money(minor, currency), "Kiosk test", payer or ("anna" if self.house else "cus_anna/pm_card"))

    def order(self, operation: str, kind: str, reason: str = "insufficient_funds") -> None:
        if self.house:
            self.faults.append((operation, kind))
        else:
            self.services.bank.order(operation, kind, reason)

    def call(self, operation: str, charge: Charge, refund: Refund | None = None) -> Answer:
        """Call an operation; for the house's money the ordered faults happen here."""
        work: Callable[[], Answer] = (lambda: self.tender.refund(charge, refund)) if refund else (
            lambda: getattr(self.tender, operation)(charge))
        kind = next((k for o, k in self.faults if o == operation), "")
        if kind:
            self.faults.remove((operation, kind))
        if kind != "dropped":
            answer = work()
        return Answer(Status.UNKNOWN) if kind else answer

    def start(self, charge: Charge) -> tuple[Answer, Charge]:
        """Authorise as the teller does: what is not known is queried before it is asked again."""
        answer, asked_before = self.call("authorise", charge), True
        for _ in range(4):
            if answer.status is not Status.UNKNOWN:
                break
            answer = ask(self.tender, charge, asked_before=asked_before)
        return answer, dataclasses.replace(charge, reference=answer.reference, code=answer.code)

    def take(self, charge: Charge) -> Charge:
        """Go on until the money is taken, the shopper's phone included."""
        answer, charge = self.start(charge)
        if answer.code:
            self.services.bank.pay(answer.code)
        else:
            assert answer.status is Status.AUTHORISED, answer
        for _ in range(3):
            answer = self.call("capture", charge)
            if answer.status is not Status.UNKNOWN:
                break
        assert (answer.status, answer.taken_minor) == (Status.CAPTURED, charge.amount.minor)
        return charge

    def taken(self) -> int:
        """What was taken from shoppers and not given back, in minor units."""
        if not self.house:
            return self.services.bank.taken_minor(SERVICES[self.name])
        with self.ledger.read() as db:
            return sum(wallet.balance_check(db).uncleared.values())

    def held(self) -> int:
        """What is held and not taken."""
        if not self.house:
            return self.services.bank.held_minor(SERVICES[self.name])
        with self.ledger.read() as db:
            return sum(r["held_minor"] for r in db.execute("SELECT held_minor FROM accounts"))

    def calls(self) -> list[str]:
        return self.services.bank.calls(SERVICES[self.name])


@pytest.fixture(params=NAMES)
def place(request, services, outside, tmp_path) -> Iterator[Place]:
    if request.param in SERVICES:
        made = Place(outside[request.param], services, None)
        taken, held = made.taken(), made.held()
        yield made
        assert made.held() >= held and made.taken() >= taken
        services.bank.drop_faults()
        return
    ledger = Ledger(tmp_path / "hq.db")
    now = [1_772_445_600_000]

    def stamp() -> Stamp:
        now[0] += 1
        return Stamp(now[0], new_id)

    with ledger.write() as db:
        accounts.add_member(db, ("anna", "pay-1", "v1", "fr", 3, 1))
        for currency in CURRENCIES["wallet"]:
            wallet.open_member(db, "anna", Money(0, currency), 1)
            wallet.top_up(db, f"seed-{currency}", "anna", Money(1_000_000, currency), 1)
    made = Place(HouseTender(ledger, stamp, "store-1" if request.param == "cash_desk" else ""), services, ledger)
    yield made
    with ledger.read() as db:
        assert wallet.balance_check(db).even
    assert made.held() >= 0 and made.taken() >= 0
    ledger.close()


def test_the_same_key_twice_is_one_charge(place):
    before, charge = place.taken(), place.charge()
    first = place.tender.authorise(charge)
    second = place.tender.authorise(charge)
    assert (second.status, second.reference, second.code) == (first.status, first.reference, first.code)
    place.take(charge)
    assert place.tender.capture(dataclasses.replace(charge, reference=first.reference)).status is Status.CAPTURED
    assert place.taken() - before == 1250


def test_a_charge_that_was_never_made_is_absent(place):
    charge = place.charge()
    assert place.tender.query(charge).status is Status.ABSENT
    assert place.tender.void(charge).status is Status.VOIDED


@pytest.mark.parametrize("kind", ["lost", "dropped", "hang", "error"])
def test_no_answer_is_queried_before_it_is_asked_again_and_ends_in_one_charge(place, kind):
    if place.house and kind in ("hang", "error"):
        pytest.skip("the house's money lies in HQ's own database: it answers, or HQ is killed (lost, dropped)")
    before, seen = place.taken(), 0 if place.house else len(place.calls())
    place.order("authorise", kind)
    answer, charge = place.start(place.charge())
    assert answer.status in (Status.AUTHORISED, Status.PENDING)
    if not place.house:
        asked = place.calls()[seen:]
        assert asked[:2] == ["authorise", "query"] and asked.count("authorise") <= 2
    place.take(charge)
    assert place.taken() - before == 1250


@pytest.mark.parametrize("operation", ["capture", "query"])
@pytest.mark.parametrize("kind", ["lost", "dropped"])
def test_a_capture_without_an_answer_takes_once(place, operation, kind):
    before = place.taken()
    _, charge = place.start(place.charge())
    place.order(operation, kind)
    place.take(charge)
    assert place.taken() - before == 1250
    place.services.bank.drop_faults()


@pytest.mark.parametrize("kind", ["lost", "dropped"])
def test_a_timeout_after_charging_can_be_voided_and_nothing_stays_taken(place, kind):
    before, held = place.taken(), place.held()
    place.order("authorise", kind)
    charge = place.charge()
    assert place.call("authorise", charge).status is Status.UNKNOWN
    place.order("void", kind)
    answers = [place.call("void", charge) for _ in range(2)]
    assert answers[-1].status is Status.VOIDED
    assert (place.taken(), place.held()) == (before, held)
    assert place.tender.query(charge).status in (Status.VOIDED, Status.ABSENT)
    place.services.bank.drop_faults()


def test_what_was_paid_when_it_is_voided_is_given_back(place):
    before = place.taken()
    charge = place.take(place.charge())
    assert place.taken() - before == 1250
    assert place.tender.void(charge).status is Status.VOIDED
    assert place.tender.void(charge).status is Status.VOIDED
    assert place.taken() == before


def test_a_void_before_payment_leaves_nothing_to_pay(place):
    held = place.held()
    answer, charge = place.start(place.charge())
    assert place.tender.void(charge).status is Status.VOIDED
    assert place.tender.query(charge).status is Status.VOIDED
    assert place.held() == held
    if answer.code:
        with pytest.raises(Exception, match="voided"):
            place.services.bank.pay(answer.code)
    assert place.tender.authorise(charge).status is not Status.CAPTURED


def test_refunds_in_part_and_whole_are_done_once_and_never_more_than_was_taken(place):
    before = place.taken()
    charge = place.take(place.charge())
    currency = charge.amount.currency
    first = Refund(new_id(), Money(250, currency))
    assert [place.tender.refund(charge, first).status for _ in range(2)] == [Status.REFUNDED] * 2
    assert place.taken() - before == 1000
    assert place.tender.refund(charge, Refund(new_id(), Money(1001, currency))).reason == "refund_too_large"
    place.order("refund", "lost")
    rest = Refund(new_id(), Money(1000, currency))
    assert place.call("refund", charge, rest).status is Status.UNKNOWN
    assert place.tender.refund(charge, rest).status is Status.REFUNDED
    assert place.taken() == before
    assert place.tender.refund(charge, Refund(new_id(), Money(1, currency))).status is Status.DECLINED
    assert place.taken() == before


def test_what_was_not_taken_cannot_be_given_back(place):
    before = place.taken()
    answer, charge = place.start(place.charge())
    refused = place.tender.refund(charge, Refund(new_id(), Money(100, charge.amount.currency)))
    assert refused.status is Status.DECLINED and refused.reason in REASONS
    assert place.tender.query(charge).status in (Status.PENDING, Status.AUTHORISED, Status.ABSENT) and answer.reference
    assert place.taken() == before


def test_amounts_are_right_in_currencies_of_every_number_of_decimals(place):
    for currency in CURRENCIES[place.name]:
        assert place.tender.takes(currency)
        before = place.taken()
        charge = place.take(place.charge(4_210, currency))
        factor = 100 if currency == "UGX" else 1  # Stripe counts it in hundredths
        assert place.taken() - before == 4_210 * factor
        if place.name in SERVICES:
            assert place.services.bank.payments(SERVICES[place.name])[-1].amount_minor == 4_210 * factor
        found = place.tender.query(charge)
        assert found.taken_minor == 4_210


def test_a_currency_that_is_not_taken_is_refused_before_anything_is_sent(place):
    if place.name in ("wallet", "cash_desk"):
        if place.name == "wallet":
            assert place.tender.authorise(place.charge(100, "CHF")).reason == "currency"
        return
    charge = {"stripe": place.charge(1_001, "KWD")}.get(place.name) or place.charge(100, "CLF")
    seen = len(place.calls())
    assert place.tender.authorise(charge) == Answer(Status.DECLINED, "currency")
    assert len(place.calls()) == seen


@pytest.mark.parametrize("reason", ["insufficient_funds", "generic_decline"])
def test_declines_say_why_in_words_that_shoppers_are_told(place, reason):
    before, held = place.taken(), place.held()
    if place.name == "cash_desk":
        pytest.skip("a cash desk declines nothing: its cashier does")
    if place.house:
        answer = place.tender.authorise(place.charge(2_000_000) if reason == "insufficient_funds" else place.charge(payer="nobody"))
    else:
        place.order("authorise", "decline", reason)
        answer = place.tender.authorise(place.charge())
    expected = {"insufficient_funds": "insufficient_funds", "generic_decline": "unknown_member" if place.house else "declined"}[reason]
    assert (answer.status, answer.reason) == (Status.DECLINED, expected)
    assert (place.taken(), place.held()) == (before, held)


def test_every_reason_that_reaches_a_shopper_has_words():
    for reason in REASONS[:-2]:
        assert known(f"refused.{reason}") and known(f"refused.{reason}.more"), reason


@pytest.mark.parametrize(("method", "reason"), [("pm_expired_card", "card_expired"), ("pm_authentication_required", "ask_bank"),
                                                ("pm_insufficient_funds", "insufficient_funds"), ("pm_generic_decline", "declined")])
def test_a_stored_card_declines_as_the_bank_says_and_stays_declined(services, tmp_path, method, reason):
    services.write_config(tmp_path / "t.toml", "EUR")
    card = open_tenders(tmp_path / "t.toml", "")["stripe"]
    charge = Charge(new_id(), Money(500, "EUR"), "Kiosk", f"cus_x/{method}")
    assert [card.authorise(charge).reason for _ in range(2)] == [reason, reason]
    assert (card.query(charge).status, card.query(charge).reason) == (Status.DECLINED, reason)


def test_each_act_has_an_idempotency_key_of_its_own(services, tmp_path):
    services.write_config(tmp_path / "t.toml", "EUR")
    card = open_tenders(tmp_path / "t.toml", "")["stripe"]
    charge = Charge(new_id(), Money(500, "EUR"), "Kiosk", "cus_keys/pm_card")
    card.authorise(charge)
    card.capture(charge)
    card.refund(charge, Refund(charge.key, Money(100, "EUR")))  # even a refund that takes the charge's own key
    used = services.stripe_keys(charge.key)
    assert len(used) == 3 and len(set(used)) == 3
