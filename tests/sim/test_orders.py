"""Every order of request, late yes, late no, offline capture, cancel and duplicate over a real kiosk and HQ: one posting, or none."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from kiosk.domain.checkout import Event, State
from kiosk.domain.money import Money
from kiosk.hq import wallet
from kiosk.hq.worker import STATE_TOPIC
from kiosk.sim.till import CREDIT, CURRENCY, TEA, Till, TillWorld
from kiosk.sync.relay import DOUBT_S
from kiosk.ui import views

MEMORY = Path("/dev/shm")
PAYING = (State.AUTHORISING, State.CHECKING)


class Checkouts(RuleBasedStateMachine):
    """A shopper, a kiosk, HQ, and whatever may come between them, in any order. One exchange is one message under way."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.world = TillWorld(Path(self.folder.name), random.Random(1))
        for _wait in range(12):
            self.world.step(None, 1.0)
        self.shown = None
        self.receipts = set()

    @initialize(poor=st.booleans())
    def enrol(self, poor):
        self.credit = Money(0, CURRENCY) if poor else CREDIT
        self.world.hq.enrol("ada", self.credit)

    @property
    def till(self) -> Till:
        return self.world.kiosk.till

    def look(self):
        self.shown = self.till.tick()
        if isinstance(self.shown, views.PayPaid):
            self.receipts.add(self.shown.receipt)

    @precondition(lambda self: self.till.state is State.IDLE)
    @rule()
    def ask_to_pay(self):
        self.till.add(TEA)
        self.till.touch(Event.PAY)
        self.till.pay_by_face("ada")
        self.look()

    @rule(event=st.sampled_from([Event.CANCEL, Event.BACK, Event.RETRY, Event.DONE, Event.CONFIRM, Event.PAY]))
    def touch(self, event):
        self.look()  # a shopper touches what is shown
        self.till.touch(event)

    @rule()
    def kiosk_sends_and_hears(self):
        self.world.kiosk.link.tick()

    @rule()
    def broker_delivers(self):
        self.world.broker.deliver()

    @rule()
    def hq_works(self):
        self.world.hq.turn()

    @rule(seconds=st.sampled_from([0.5, 3.1, 6.0, 25.0]))
    def time_passes(self, seconds):
        self.world.clock.move(seconds)
        self.world.kiosk.clock.move(seconds)
        self.look()

    @rule(twice=st.sampled_from([0.0, 1.0]), lost=st.sampled_from([0.0, 0.5]), slow_s=st.sampled_from([0.0, 8.0]))
    def weather_changes(self, twice, lost, slow_s):
        weather = self.world.broker.weather
        weather.twice, weather.lost, weather.slow_s = twice, lost, slow_s

    @rule()
    def what_is_under_way_is_lost(self):
        self.world.broker.forget_under_way()

    @rule()
    def power_fails(self):
        self.world.kiosk.cut_power()
        self.world.kiosk.come_back()
        self.look()

    @rule()
    def till_is_killed(self):
        self.world.kiosk.restart_pay()
        self.look()

    @rule()
    def hq_starts_anew(self):
        self.world.hq.die()
        self.world.hq.come_back()

    @invariant()
    def nothing_is_posted_twice(self):
        for sale_id in self.world.kiosk.asked.values():
            assert self.world.hq.posted(sale_id) <= 1

    def teardown(self):
        """Whatever happened: in the end both books say the same, and the screen had said it."""
        world = self.world
        try:
            weather = world.broker.weather
            weather.twice = weather.lost = weather.slow_s = 0.0
            for _wait in range(90):
                self.look()
                world.step(None, 1.0)
                if world.kiosk.settled() and self.till.state is State.IDLE and world.hq.balance("ada")[1] == 0:
                    break
            sold = [sale_id for sale_id in world.kiosk.asked.values() if world.kiosk.sold(sale_id)]
            assert [world.hq.posted(sale_id) for sale_id in sold] == [1] * len(sold)
            assert sum(world.hq.posted(sale_id) for sale_id in world.kiosk.asked.values()) == len(sold)
            assert self.credit.minor - world.hq.balance("ada")[0] == 320 * len(sold) and world.hq.balance("ada")[1] == 0
            assert len(self.receipts) == len(sold) and world.kiosk.journal_fault() == ""
            with world.hq.ledger.read() as db:
                assert wallet.balance_check(db).even
        finally:
            world.close()
            self.folder.cleanup()


TestCheckouts = Checkouts.TestCase
TestCheckouts.settings = settings(max_examples=8, stateful_step_count=30, deadline=None, derandomize=True,
                                  suppress_health_check=list(HealthCheck))


def sell(world: TillWorld, seconds: int) -> list[int]:
    """Let Ada ask for tea and some time pass; return how often each sale of the kiosk is posted at HQ."""
    world.kiosk.till.add(TEA)
    world.kiosk.till.touch(Event.PAY)
    world.kiosk.till.pay_by_face("ada")
    for _second in range(seconds):
        world.step(None, 1.0)
    return [world.hq.posted(sale_id) for sale_id in world.kiosk.asked.values() if world.kiosk.sold(sale_id)]


@pytest.fixture
def world(tmp_path):
    made = TillWorld(tmp_path, random.Random(1))
    for _wait in range(12):
        made.step(None, 1.0)
    made.hq.enrol("ada", CREDIT)
    yield made
    made.close()


def test_the_last_will_of_an_hq_before_comes_late_and_silences_no_kiosk(world):
    late = world.hq.worker.last_will
    world.hq.die()
    world.hq.come_back()
    world.step(None, 1.0)
    world.broker.publish(*late, retain=True)
    for _wait in range(3):
        world.step(None, 1.0)
    assert world.kiosk.relay.hq_online and sell(world, 5) == [1]


def test_facts_go_to_hq_though_word_that_it_is_back_was_lost(world):
    world.hq.die()
    for _wait in range(2):
        world.step(None, 1.0)
    assert not world.kiosk.relay.hq_online
    world.broker.weather.hold = lambda topic, _payload: float("inf") if topic == STATE_TOPIC else 0.0
    world.hq.come_back()
    assert sell(world, int(DOUBT_S) + 10) == [1] and not world.kiosk.relay.hq_online


@pytest.mark.slow
def test_many_more_orders():
    run_state_machine_as_test(Checkouts, settings=settings(TestCheckouts.settings, max_examples=300, derandomize=False))
