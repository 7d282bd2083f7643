"""Staff mode on a real database: rights, age, void, refund, reprint, hours, training, close-out; every act journalled with who."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk import wire
from kiosk.design.words import table
from kiosk.devices.printer import FilePrinter
from kiosk.domain.catalog import LANGUAGES, Product
from kiosk.domain.events import PeriodClosed, SaleCompleted, SaleRefunded, Seal, StaffActed
from kiosk.domain.money import Money
from kiosk.domain.orders import GivenLine, RefundGiven
from kiosk.domain.receipt import excerpt, token
from kiosk.flows.checkout import Checkout
from kiosk.flows.health import states
from kiosk.flows.pay_buttons import OFFLINE_REASONS
from kiosk.flows.printing import Press
from kiosk.flows.terminal import Terminal, pay_terminal
from kiosk.ui import views
from kiosk.ui.screens import render
from tests.flows.conftest import PRICES, TEA, WATER, Device, screen

WINE = "9520000000196"
PINS = {"lea": "2468", "nina": "1357", "theo": "9753"}


def keys(digits: str) -> list[str]:
    return [f"key:{digit}" for digit in digits]


class Counter:
    """A terminal with its printer, and what its database holds."""

    def __init__(self, device: Device, folder: Path) -> None:
        self.device, self.paper = device, folder / "roll.txt"
        self.press = Press(device.sight, device.shop, FilePrinter(self.paper))
        self.terminal: Terminal = pay_terminal(device.sight, device.shop, self.press)
        self.pay: Checkout = self.terminal._pay

    def touch(self, *targets: str) -> views.View:
        return self.terminal.tick(list(targets))

    def log_in(self, who: str) -> views.View:
        assert screen(self.touch("staff")) == "staff.login"
        return self.touch(*keys(PINS[who]), "ok")

    def buy(self, **pieces: int) -> SaleCompleted:
        """Somebody with a phone's code buys goods, and HQ says yes."""
        for code, count in pieces.items():
            for _ in range(count):
                assert self.pay.add({"water": WATER, "tea": TEA}[code])
        self.touch("pay")
        self.touch("qr")
        self.device.show_code("KM1.code-of-somebody", "QRCode")
        self.touch()
        assert screen(self.touch()) == "pay.waiting"
        with self.device.sight.store.snapshot() as unit:
            (intent,) = unit.intents.unsettled()
        self.device.answer(intent.intent_id, "authorised")
        assert screen(self.touch()) == "pay.paid"
        self.touch("done")
        with self.device.sight.store.snapshot() as unit:
            return unit.sales.recent(1)[0]

    def facts(self, kind: type) -> list[object]:
        with self.device.sight.store.snapshot() as unit:
            found = []
            for record in unit.journal.records():
                if record.kind in ("sale", "refund", "staff"):
                    (item,) = wire.decode_batch("v1/pay-1/up/money", record.body)
                    found.append(item.event)
            return [event for event in found if isinstance(event, kind)]

    def acts(self) -> list[tuple[str, str]]:
        return [(act.act, act.who) for act in self.facts(StaffActed)]

    def printed(self) -> str:
        self.press.close()
        return self.paper.read_text() if self.paper.exists() else ""


@pytest.fixture
def counter(device: Device, tmp_path: Path) -> Counter:
    wine = Product(WINE, {"en": "Wine"}, Money(899, "EUR"), 200, 1200.0, min_age=18)
    with device.sight.store.unit() as unit:
        unit.prices.put(replace(PRICES, version=4, products=(*PRICES.products, wine)))
    device.shop.refresh()
    return Counter(device, tmp_path)


def test_a_menu_shows_what_a_role_may_do_and_nothing_else_works(counter: Counter) -> None:
    assert set(counter.log_in("nina").acts) == {"refill", "count", "waste", "reprint", "out_of_order"}
    assert screen(counter.touch("refund")) == screen(counter.touch("close_day")) == screen(counter.touch("hours")) == "staff.menu"
    counter.touch("leave")
    assert set(counter.log_in("theo").acts) == {"reprint", "out_of_order", "training"}
    counter.touch("leave")
    assert {"refund", "close_day", "hours", "training"} <= set(counter.log_in("lea").acts)
    assert counter.acts() == [("opened", "nina"), ("opened", "theo"), ("opened", "lea")]


def test_wine_waits_for_staff_who_looks_at_an_age(counter: Counter) -> None:
    counter.pay.add(WINE)
    counter.pay.add(WATER)
    view = counter.touch("pay")
    assert (screen(view), view.age) == ("pay.age", 18)
    view = counter.log_in("theo")
    assert screen(view) == "staff.menu", "an operator may not judge an age"
    assert screen(counter.touch("leave")) == "pay.age"
    counter.device.show_code("KS1.badge-of-max", "QRCode")
    counter.touch()
    view = counter.touch()
    assert (screen(view), view.born_by) == ("staff.age", "1 January 2008")
    assert screen(counter.touch("approve")) == "pay.tender"
    assert counter.acts()[-1] == ("age_proven", "max")
    counter.touch("back")
    assert screen(counter.touch("pay")) == "pay.tender", "an age is looked at once"


def test_refused_wine_leaves_the_basket_and_the_rest_can_be_paid(counter: Counter) -> None:
    counter.pay.add(WINE)
    counter.pay.add(WATER)
    counter.touch("pay")
    counter.log_in("nina")
    view = counter.touch("refuse")
    assert screen(view) == "pay.basket" and [line.name for line in view.lines] == ["Water"] and view.hint == "age_refused"
    assert counter.acts()[-1] == ("age_refused", "nina")
    assert screen(counter.touch("pay")) == "pay.tender"


def test_a_line_is_voided_by_staff_and_journalled(counter: Counter) -> None:
    counter.pay.add(WATER)
    counter.pay.add(TEA)
    counter.log_in("nina")
    view = counter.touch("void_line", "line:1")
    assert screen(view) == "staff.lines" and view.chosen == ((1, 1),)
    assert len(counter.touch("ok").lines) == 1
    assert [line.name for line in counter.touch("back", "leave").lines] == ["Water"]
    act = counter.facts(StaffActed)[-1]
    assert (act.act, act.who, act.details) == ("void_line", "nina", {"code": TEA, "pieces": "1"})


def test_a_pad_that_waits_after_wrong_pins_says_so_and_calls_nobody_unknown(counter: Counter) -> None:
    counter.touch("staff")
    for _ in range(5):
        view = counter.touch(*keys("0000"), "ok")
    assert isinstance(view, views.StaffLogin) and view.waits
    counter.touch("cancel")
    assert (view := counter.log_in("lea")).waits and screen(view) == "staff.login"
    counter.device.clock.move(61.0)
    counter.touch()
    assert not counter.touch("staff").waits
    assert screen(counter.touch(*keys(PINS["lea"]), "ok")) == "staff.menu"


def test_the_pad_reads_a_badge_as_it_says(counter: Counter) -> None:
    counter.touch("staff")
    counter.device.show_code("KS1.badge-of-nobody", "QRCode")
    for _ in range(9):
        view = counter.touch()
        counter.device.show_code("KS1.badge-of-nobody", "QRCode")
    assert isinstance(view, views.StaffLogin) and view.wrong and not view.waits, "a badge that stays in view is one try"
    counter.device.show_code("KS1.badge-of-max", "QRCode")
    assert screen(counter.touch()) == "staff.menu"
    assert counter.acts() == [("refused", ""), ("opened", "max")]


def test_a_price_list_that_comes_while_staff_has_the_screen_takes_its_goods_out_of_the_basket(counter: Counter) -> None:
    counter.pay.add(WATER)
    counter.pay.add(TEA)
    counter.log_in("nina")
    counter.touch("void_line")
    with counter.device.sight.store.unit() as unit:
        unit.prices.put(replace(PRICES, version=9, products=PRICES.products[:1]))
    assert [line.name for line in counter.touch("line:0").lines] == ["Water"]
    assert "void_line" in counter.touch("back").acts
    with counter.device.sight.store.unit() as unit:
        unit.prices.put(replace(PRICES, version=10, products=PRICES.products[1:]))
    assert "void_line" not in counter.touch().acts
    assert screen(counter.touch("leave")) == "pay.basket"


def test_what_hq_has_locked_no_staff_puts_back_into_service(counter: Counter) -> None:
    with counter.device.sight.store.unit() as unit:
        unit.settings.put("out_of_order", "hq")
    assert "out_of_order" not in counter.log_in("nina").acts
    counter.touch("out_of_order", "out_of_order")
    assert (screen(view := counter.touch("leave")), view.reason) == ("out_of_order", "hq")


def test_a_payment_that_is_under_way_ends_on_the_screen_before_a_lock_takes_it(counter: Counter) -> None:
    counter.pay.add(WATER)
    counter.touch("pay", "qr")
    counter.device.show_code("KM1.code-of-somebody", "QRCode")
    assert screen(counter.touch()) == "pay.waiting"
    with counter.device.sight.store.unit() as unit:
        unit.settings.put("out_of_order", "hq")
        (intent,) = unit.intents.unsettled()
    assert screen(counter.touch()) == "pay.waiting"
    counter.device.answer(intent.intent_id, "authorised")
    assert screen(counter.touch()) == "pay.paid"
    assert screen(counter.touch("done")) == "out_of_order" or screen(counter.touch()) == "out_of_order"


def test_goods_come_back_by_line_then_the_rest_and_never_more(counter: Counter) -> None:
    sale = counter.buy(water=2, tea=3)
    with counter.device.sight.store.snapshot() as unit:
        before = unit.stock.on_hand("P2")
    counter.log_in("lea")
    assert screen(counter.touch("refund", *keys("7"), "ok")) == "staff.number"
    assert counter.touch().wrong == "receipt_unknown"
    view = counter.touch(*keys(sale.receipt[-1]), "ok")
    assert screen(view) == "staff.lines" and len(view.lines) == 2
    view = counter.touch("line:1", "line:1")
    assert view.chosen == ((1, 2),) and view.due == Money(2 * 288, "EUR")
    assert screen(counter.touch("restock")) == "staff.report"
    with counter.device.sight.store.snapshot() as unit:
        assert unit.stock.on_hand("P2") == before + 2
    counter.touch("done", "refund", *keys(sale.receipt[-1]), "ok")
    view = counter.touch("whole")
    assert view.chosen == ((0, 2), (1, 1))
    counter.touch("write_off", "done", "refund", *keys(sale.receipt[-1]), "ok")
    view = counter.touch("whole", "restock")
    assert screen(view) == "staff.lines" and view.due is None and all(line.fixed for line in view.lines)
    first, second = counter.facts(SaleRefunded)
    assert first.amount_minor + second.amount_minor == sale.total_minor
    assert {rate: first.vat.get(rate, 0) + second.vat.get(rate, 0) for rate in sale.vat} == sale.vat
    assert (first.sale_id, first.tender, first.staff) == (sale.sale_id, "wallet_qr", "lea")
    assert (first.reason, second.reason) == ("returned", "written_off")
    assert first.receipt != second.receipt and first.receipt.startswith("pay-1-R-")
    with counter.device.sight.store.snapshot() as unit:
        assert unit.journal.verify() is None
        records = [record for record in unit.journal.records() if record.kind == "refund"]
    paper = counter.printed()
    assert paper.count("REFUNDED") == len(records) == 2
    assert all(excerpt(Seal(record.number, "", "", b64encode(record.signature).decode())) in paper for record in records)


def by_hq(refund_id: str, sale: SaleCompleted, line: int, pieces: int) -> RefundGiven:
    amount = sale.lines[line].amount_minor * pieces // sale.lines[line].quantity
    return RefundGiven(refund_id, sale.sale_id, (GivenLine(line, sale.lines[line].gtin, pieces, amount),), amount, "returned")


def test_what_hq_gave_back_is_said_and_cannot_be_given_again(counter: Counter) -> None:
    sale = counter.buy(water=2, tea=3)
    with counter.device.sight.store.snapshot() as unit:
        before = unit.closures.unclosed(), unit.closures.takings()
    counter.device.receive(by_hq("hq-1", sale, 1, 1))
    counter.log_in("lea")
    view = counter.touch("refund", *keys(sale.receipt[-1]), "ok")
    assert [line.note for line in view.lines] == ["", "2 left · HQ gave 1"]
    view = counter.touch("whole")
    assert view.chosen == ((0, 2), (1, 2)) and view.due == Money(sale.total_minor - 288, "EUR")
    counter.device.receive(by_hq("hq-2", sale, 1, 2))  # while staff has chosen already: the screen shows it before anything is paid
    view = counter.touch("restock")
    assert screen(view) == "staff.lines" and view.chosen == ((0, 2),) and view.due == Money(sale.lines[0].amount_minor, "EUR")
    counter.device.receive(by_hq("hq-3", sale, 0, 2))
    assert counter.touch().chosen == () and counter.touch().due is None
    view = counter.touch("whole", "write_off")
    assert screen(view) == "staff.lines" and view.due is None and all(line.fixed for line in view.lines)
    assert [line.note for line in view.lines] == ["HQ gave back 2", "HQ gave back 3"]
    with counter.device.sight.store.snapshot() as unit:
        assert (unit.closures.unclosed(), unit.closures.takings()) == before
    assert counter.facts(SaleRefunded) == []


def test_a_receipts_code_before_the_camera_finds_its_sale(counter: Counter) -> None:
    sale = counter.buy(water=1)
    counter.log_in("lea")
    counter.touch("refund")
    counter.device.show_code("https://shop.example/r/" + "a" * 26, "QRCode")
    counter.touch()
    assert screen(counter.touch()) == "staff.number"
    counter.device.show_code(f"https://shop.example/r/{token(sale)}", "QRCode")
    counter.touch()
    assert screen(counter.touch()) == "staff.lines"


def test_every_copy_of_a_receipt_says_which_it_is(counter: Counter) -> None:
    sale = counter.buy(tea=1)
    counter.log_in("nina")
    for _ in range(2):
        view = counter.touch("reprint", *keys(sale.receipt[-1]), "ok")
        assert screen(view) == "staff.report"
        counter.touch("done")
    rolls = counter.printed().split("=" * 48)
    assert ["DUPLICATE 1" in roll for roll in rolls[:3]] == [False, True, False]
    assert ["DUPLICATE 2" in roll for roll in rolls[:3]] == [False, False, True]
    assert all(sale.receipt in roll and "5.5%" in roll and "Signature" in roll for roll in rolls[:3])
    assert [act.details["duplicate"] for act in counter.facts(StaffActed) if act.act == "reprint"] == ["1", "2"]


def test_a_lost_printer_is_drawn_and_the_sale_stands(counter: Counter, tmp_path: Path) -> None:
    broken = Press(counter.device.sight, counter.device.shop, FilePrinter(tmp_path / "nowhere" / "roll.txt"))
    counter.terminal._press = broken
    counter.pay.on_paid = broken.first
    sale = counter.buy(water=1)
    broken.close()
    assert counter.touch().status.printer_lost
    with counter.device.sight.store.snapshot() as unit:
        assert states(unit)["printer"] == "lost"
        assert unit.sales.get(sale.sale_id) == sale


def test_the_day_is_closed_with_a_blind_count_and_the_difference_is_journalled(counter: Counter) -> None:
    sale = counter.buy(water=2, tea=1)
    counter.log_in("lea")
    view = counter.touch("close_day", *keys("1250"))
    assert (screen(view), view.what, view.shown) == ("staff.number", "cash_count", "€12.50")
    lines = dict(counter.touch("ok").lines)
    assert lines["Sales"] == "1" and lines["Takings"] == "€4.78" and lines["Difference"] == "€12.50" and lines["Phone code"] == "€4.78"
    act = counter.facts(StaffActed)[-1]
    assert (act.act, act.who) == ("close_of_day", "lea")
    assert (act.details["expected_minor"], act.details["counted_minor"], act.details["difference_minor"]) == ("0", "1250", "1250")
    with counter.device.sight.store.snapshot() as unit:
        (closed,) = [closure for _n, closure in unit.closures._journal.closures("day")]
        assert isinstance(closed, PeriodClosed) and closed.totals.sales_minor == sale.total_minor == closed.perpetual.sales_minor
        assert unit.closures.takings() == {} and unit.journal.verify() is None


def test_cash_in_the_hand_of_staff_is_a_sale_and_must_lie_in_the_drawer_at_night(counter: Counter) -> None:
    counter.pay.add(TEA)
    counter.touch("pay", "cash")
    view = counter.log_in("nina")
    assert (screen(view), view.shown) == ("staff.number", "€0.00 / €2.88")
    assert counter.touch(*keys("200"), "ok").wrong == "too_little"
    lines = dict(counter.touch("erase", "erase", "erase", *keys("500"), "ok").lines)
    assert (lines["Given"], lines["Change"]) == ("€5.00", "€2.12")
    view = counter.touch("done")
    assert (screen(view), view.total) == ("pay.paid", Money(288, "EUR"))
    (sale,) = counter.facts(SaleCompleted)
    assert (sale.tender, sale.intent_id, sale.total_minor) == ("cash_desk", "", 288)
    act = counter.facts(StaffActed)[-1]
    assert (act.act, act.who, act.details["change_minor"]) == ("take_cash", "nina", "212")
    counter.touch("done")
    counter.log_in("lea")
    lines = dict(counter.touch("close_day", *keys("280"), "ok").lines)
    assert (lines["Cash expected"], lines["Cash counted"], lines["Difference"]) == ("€2.88", "€2.80", "-€0.08")
    with counter.device.sight.store.snapshot() as unit:
        assert unit.stock.on_hand("P2") == 5


def test_nobody_is_served_outside_opening_hours_but_staff_gets_in(counter: Counter) -> None:
    counter.log_in("lea")
    view = counter.touch("hours", "day:4", "closed")  # the clock of the test stands on a Thursday
    assert view.closed
    counter.touch("ok")
    view = counter.touch("leave")
    assert (screen(view), view.reason) == ("out_of_order", "closed")
    counter.log_in("lea")
    counter.touch("hours", "day:4", "closed", "opens_plus", "closes_minus", "ok")
    assert screen(counter.touch("leave")) == "pay.attract"
    assert [act for act, _ in counter.acts()].count("hours") == 2


def test_whoever_is_paying_at_closing_time_may_finish(counter: Counter) -> None:
    counter.pay.add(WATER)
    with counter.device.sight.store.unit() as unit:
        unit.settings.put("hours", " ".join(["0-0"] * 7))
    assert screen(counter.touch("pay")) == "pay.tender"
    counter.touch("back", "cancel")
    assert screen(counter.touch()) == "out_of_order"


def test_training_is_marked_on_every_screen_and_is_in_no_total(counter: Counter) -> None:
    counter.log_in("theo")
    assert counter.touch("training").training
    assert counter.touch("leave").status.training
    counter.pay.add(TEA)
    counter.touch("pay", "qr")
    counter.device.show_code("KM1.code-of-somebody", "QRCode")
    counter.touch()
    counter.touch()
    view = counter.touch()
    assert screen(view) == "pay.paid" and view.status.training and render(view, (800, 480))[1].facts["training"] == "yes"
    counter.touch("done")
    counter.pay.add(TEA)
    counter.touch("pay", "cash")
    counter.log_in("nina")
    assert dict(counter.touch(*keys("500"), "ok").lines)["Change"] == "€2.12"
    view = counter.touch("done")
    assert screen(view) == "pay.paid" and view.receipt.startswith("T-pay-1")
    counter.touch("done")
    with counter.device.sight.store.snapshot() as unit:
        assert unit.sales.totals() == (0, 0) and unit.closures.takings() == {}
    assert {"refund", "close_day"}.isdisjoint(counter.log_in("lea").acts)
    counter.touch("training")
    assert not counter.touch("leave").status.training
    assert [act for act, _ in counter.acts() if act.startswith("training")] == ["training_on", "training_off"]
    assert "TRAINING: NO VALUE" in counter.printed()


def test_a_basket_is_given_up_only_after_a_countdown_that_any_touch_stops(counter: Counter) -> None:
    counter.pay.add(WATER)
    counter.device.clock.move(46.0)
    view = counter.touch()
    assert (screen(view), view.seconds_left) == ("pay.still_there", 14)
    assert screen(counter.touch("pay")) == "pay.basket", "the touch answers the question and presses nothing else"
    counter.device.clock.move(59.0)
    assert counter.touch().seconds_left == 1
    counter.device.clock.move(2.0)
    assert screen(counter.touch()) == "pay.attract"


def test_a_ticket_for_the_cash_desk_goes_only_after_a_countdown_and_staff_can_still_take_the_cash(counter: Counter) -> None:
    counter.pay.add(TEA)
    assert screen(counter.touch("pay", "cash")) == "pay.cash"
    ticket = counter.touch().ticket
    counter.device.clock.move(46.0)
    view = counter.touch()
    assert (screen(view), view.seconds_left) == ("pay.still_there", 14)
    view = counter.touch("stay")
    assert (screen(view), view.ticket) == ("pay.cash", ticket)
    counter.device.clock.move(50.0)
    assert screen(counter.touch()) == "pay.still_there"
    assert counter.log_in("nina").what == "take_cash"
    counter.touch("back")
    assert screen(counter.touch("leave")) == "pay.cash"
    counter.device.clock.move(61.0)
    assert screen(counter.touch()) == "pay.attract"


def test_the_button_for_large_type_goes_round_and_is_forgotten_with_the_shopper(counter: Counter) -> None:
    counter.pay.add(WATER)
    seen = [(s.large, s.contrast) for s in (counter.touch("seeing").status for _ in range(4))]
    assert seen == [(True, False), (True, True), (False, True), (False, False)]
    assert counter.touch("seeing").status.large
    counter.touch("cancel")
    assert not counter.touch().status.large


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_says_what_happened_and_what_to_do_next(language: str) -> None:
    reasons = {key.removeprefix("refused.") for key in table() if key.startswith("refused.") and not key.endswith(".more")}
    assert set(OFFLINE_REASONS.values()) | {"not_recognised", "several_people", "not_me", "insufficient_funds"} <= reasons
    for reason in (*reasons, "something_new"):
        key = f"refused.{reason}" if reason in reasons else "refused.other"
        assert table()[key][language] and table()[f"{key}.more"][language], reason
        presented = render(views.PayRefused(views.Status(language), reason), (800, 480))[1]
        assert {"retry", "qr", "cash", "cancel"} <= presented.targets.keys(), reason
