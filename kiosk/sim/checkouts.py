"""Checkouts with a fault in each: struck at a step, healed, brought to the end, and judged by both sets of books and by the screen."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kiosk.domain.checkout import Event, State
from kiosk.domain.money import Money
from kiosk.hq import wallet
from kiosk.hq.ledger import facts
from kiosk.sim.lossy import Weather
from kiosk.sim.till import CREDIT, CURRENCY, TEA, WATER, Till, TillWorld
from kiosk.ui import views

STEPS = ("basket", "asked", "held", "answered", "paid", "posted")
"""Where it stands: goods are scanned; the intent is on disk; HQ holds the money; its word has come; the sale is booked; HQ has the sale."""
OUTCOMES = ("paid", "paid offline", "not paid")
NEVER = "never struck"
"""The step of a checkout that was over before its fault came."""
_FOREVER = float("inf")
_PLANS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("power cut", STEPS), ("power cut, torn disk", STEPS), ("restart", STEPS), ("HQ silent", ("basket", "asked", "held", "paid")),
    ("answer late: yes", ("held",)), ("answer late: no", ("held",)), ("answer lost", ("held",)), ("answer twice", ("held",)),
    ("broker dies", STEPS), ("cancel", STEPS), ("offline", ("basket",)), ("charged, then silent", ("held",)),
    ("disk full", ("basket", "asked", "answered", "paid")), ("everything at once", ("basket",)),
)
FAULTS = tuple(fault for fault, _steps in _PLANS)
WHOLE_DAY = "the whole day"
"""The fault of a verdict on the books of all checkouts of a kiosk together, given only when they do not hold."""
_NEVER_ALARMED = ("sale_signature", "journal_key", "sums", "refused")
TRIALS_A_WORLD = 100
"""So many checkouts follow each other on one kiosk and one HQ before both begin anew."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One checkout. outcome: paid, paid offline or not paid; wrong: what must never be, "" when all is well; number: of the checkout."""

    number: int
    fault: str
    step: str
    outcome: str
    wrong: str


@dataclass(slots=True)
class Table:
    """What came out. rows: (fault, step) -> outcome -> how often; wrong: every checkout that broke a promise."""

    rows: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    wrong: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count a checkout."""
        if verdict.wrong:
            self.wrong.append(verdict)
        if verdict.fault == WHOLE_DAY:
            return
        self.rows.setdefault((verdict.fault, verdict.step), Counter())[verdict.outcome] += 1

    @property
    def count(self) -> int:
        """Checkouts in all."""
        return sum(sum(row.values()) for row in self.rows.values())

    @property
    def struck(self) -> int:
        """Those of them whose fault met its step before the shopper was gone."""
        return sum(sum(row.values()) for (_fault, step), row in self.rows.items() if step != NEVER)


def plans() -> Iterator[tuple[str, str]]:
    """Yield every (fault, step), over and over."""
    while True:
        for fault, steps in _PLANS:
            for step in steps:
                yield fault, step


def run(count: int, seed: int, folder: Path, on_verdict: Callable[[Verdict], None] = lambda _verdict: None) -> Table:
    """Run `count` faulty checkouts below `folder` (best in memory) and return the table; the same seed runs the same checkouts."""
    table = Table()

    def judged(verdict: Verdict) -> None:
        table.add(verdict)
        on_verdict(verdict)

    for first in range(0, count, TRIALS_A_WORLD):
        _run_world(range(first, min(first + TRIALS_A_WORLD, count)), seed, folder, judged)
    return table


def run_again(number: int, seed: int, folder: Path) -> Verdict:
    """Run one checkout of a long run anew, after those that went before it on the same kiosk, and return how it ended."""
    verdicts: list[Verdict] = []
    _run_world(range(number - number % TRIALS_A_WORLD, number + 1), seed, folder, verdicts.append)
    return next(verdict for verdict in verdicts if verdict.number == number)


def _run_world(numbers: range, seed: int, folder: Path, on_verdict: Callable[[Verdict], None]) -> None:
    rng, following = random.Random(f"{seed}-{numbers.start}"), islice(plans(), numbers.start, None)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        world = TillWorld(Path(place), rng)
        try:
            _open_shop(world)
            for number in numbers:
                on_verdict(Trial(world, rng, number, *next(following)).run())
            if wrong := _fault_of_books(world):
                on_verdict(Verdict(numbers.start, WHOLE_DAY, NEVER, "not paid", wrong))
        finally:
            world.close()


def _open_shop(world: TillWorld) -> None:
    for _wait in range(20):
        world.step(None, 1.0)


def _fault_of_books(world: TillWorld) -> str:
    """Both books must be whole in the end, whatever happened: return what is not, "" when all is well."""
    with world.hq.ledger.read() as db:
        even = wallet.balance_check(db).even
        alarms = [str(row["kind"]) for row in facts.alarms(db) if row["kind"] in _NEVER_ALARMED]
    return world.kiosk.journal_fault() or ("" if even else "HQ's books are not even") or " ".join(alarms)


class Trial:
    """One shopper and one fault."""

    def __init__(self, world: TillWorld, rng: random.Random, number: int, fault: str, step: str) -> None:
        self._world, self._rng, self._number, self._fault, self._wanted = world, rng, number, fault, step
        self._member = f"m-{number}"
        self._poor = fault == "answer late: no" or rng.random() < 0.05
        self._before = set(world.kiosk.asked)
        self._struck = self._done = self._started = False
        self._step = "basket"
        self._heal_s = _FOREVER
        self._receipts: set[str] = set()
        self._offline = False
        self._tries = rng.choice((1, 1, 2))
        self._struck_at = ""

    def run(self) -> Verdict:
        """Go through the checkout and return how it ended."""
        world = self._world
        world.hq.enrol(self._member, Money(0, CURRENCY) if self._poor else CREDIT)
        credit = world.hq.balance(self._member)[0]
        world.between = self._strike
        self._prepare()
        for _tick in range(600):
            world.step(self._shop, self._rng.choice((0.05, 0.2, 0.5)))
            self._heal_when_due()
            if self._done and world.state() is State.IDLE and not world.kiosk.dark:
                break
        else:
            return self._verdict("not paid", f"no end: the screen stays at {world.state()}")
        self._heal()
        if not self._settle():
            return self._verdict("not paid", "HQ and kiosk do not come to rest")
        return self._judge(credit)

    # --- the shopper --------------------------------------------------------------------------------------------------------------

    def _shop(self, till: Till, shown: views.View) -> None:
        if self._done:
            return
        if self._cancels(shown):
            self._strikes()
            for event in (Event.CANCEL, Event.BACK, Event.DONE, Event.CANCEL):
                till.touch(event)
            return
        if isinstance(shown, views.PayAttract):
            self._arrive(till)
        elif isinstance(shown, views.PayStillThere):
            till.stay()
        elif isinstance(shown, views.PayBasket):
            till.touch(Event.PAY)
        elif isinstance(shown, views.PayTender):
            till.pay_by_face(self._member)
        elif isinstance(shown, views.PayConfirm):
            till.touch(Event.CONFIRM)
        elif isinstance(shown, views.PayRefused):
            self._tries -= 1
            # Below zero: the power went while the shopper left, the basket came back, and patience is no greater for it.
            till.touch(Event.RETRY if self._tries > 0 else Event.CANCEL)
        elif isinstance(shown, views.PayPaid):
            self._receipts.add(shown.receipt)
            self._offline = shown.offline
            till.touch(Event.DONE)
            self._done = True

    def _cancels(self, shown: views.View) -> bool:
        at = self._started and self._step == self._wanted and not isinstance(shown, views.PayPaid)
        return self._fault == "cancel" and at and not self._struck

    def _arrive(self, till: Till) -> None:
        """Scan, or leave when the screen has gone home."""
        if self._started:
            self._done = True
            return
        for code in (TEA, WATER, TEA)[:self._rng.randint(1, 3)]:
            self._started = till.add(code) or self._started

    # --- the fault ----------------------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        kiosk, broker, rng = self._world.kiosk, self._world.broker, self._rng
        if self._fault.startswith("power cut") and rng.random() < 0.6:
            kiosk.cut_at, kiosk.torn = kiosk.syncs + rng.randint(1, 12), "torn" in self._fault
        elif self._fault == "everything at once":
            kiosk.cut_at = kiosk.syncs + rng.randint(1, 30)
            broker.weather = Weather(0.3, 0.3, 4.0)
            self._heal_s = self._world.clock.monotonic() + rng.choice((3.0, 10.0, 60.0))
            self._strikes()
        elif self._fault in ("answer late: yes", "answer late: no", "answer lost", "answer twice"):
            broker.weather = Weather(twice=1.0, slow_s=2.0) if self._fault == "answer twice" else Weather(hold=self._hold_answer())
            self._heal_s = self._world.clock.monotonic() + rng.choice((8.0, 30.0))
            self._strikes(self._wanted)
        elif self._fault == "cancel":
            broker.weather = Weather(slow_s=1.5)  # so that every step lasts long enough for a finger

    def _hold_answer(self) -> Callable[[str, bytes], float]:
        late_s = _FOREVER if self._fault == "answer lost" else self._rng.choice((2.6, 3.0, 3.4, 5.0, 20.0))
        left = [self._rng.randint(1, 3) if self._fault == "answer lost" else 99]

        def hold(topic: str, _payload: bytes) -> float:
            if not topic.endswith("/down/payment") or not left[0]:
                return 0.0
            left[0] -= 1
            return late_s

        return hold

    def _strike(self) -> None:
        """Look where the checkout stands, and strike when it is there."""
        kiosk = self._world.kiosk
        if kiosk.dark:
            if not self._struck:
                self._strikes()
            return
        self._step = self._where()
        if self._struck or not self._started or self._step != self._wanted or kiosk.cut_at:
            return
        world = self._world
        blows: dict[str, Callable[[], object]] = {
            "power cut": kiosk.cut_power, "power cut, torn disk": kiosk.cut_power, "restart": kiosk.restart_pay, "HQ silent": world.hq.die,
            "broker dies": world.broker.die, "offline": world.broker.die, "charged, then silent": self._charge_and_die,
            "disk full": lambda: kiosk.fill_disk(True)}
        blow = blows.get(self._fault)
        if blow is not None:
            self._strikes()
            blow()
            self._heal_s = self._world.clock.monotonic() + self._rng.choice((0.5, 2.5, 3.5, 10.0, 60.0))

    def _charge_and_die(self) -> None:
        self._world.broker.forget_under_way()
        self._world.hq.die()

    def _strikes(self, step: str = "") -> None:
        if not self._struck:
            self._struck, self._struck_at = True, step or self._step

    def _where(self) -> str:
        world = self._world
        asked = [pair for pair in world.kiosk.asked.items() if pair[0] not in self._before]
        if not asked:
            return "basket"
        intent_id, sale_id = asked[-1]
        if world.kiosk.sold(sale_id):
            return "posted" if world.hq.posted(sale_id) else "paid"
        if world.kiosk.answered(intent_id):
            return "answered"
        return "held" if world.hq.knows(intent_id) else "asked"

    def _heal_when_due(self) -> None:
        if self._world.clock.monotonic() >= self._heal_s:
            self._heal()

    def _heal(self) -> None:
        world = self._world
        self._heal_s = _FOREVER
        world.broker.weather = Weather()
        world.kiosk.cut_at, world.kiosk.torn = 0, False
        world.kiosk.fill_disk(False)
        if not world.broker.alive:
            world.broker.come_back()
        if not world.hq.there:
            world.hq.come_back()

    # --- the judgement ------------------------------------------------------------------------------------------------------------

    def _settle(self) -> bool:
        """Let both sides finish what they have to tell each other."""
        world = self._world
        for _tick in range(150):
            world.step(None, 1.0)
            if world.kiosk.settled() and world.hq.balance(self._member)[1] == 0 and world.state() is State.IDLE:
                return True
        return world.kiosk.settled()

    def _judge(self, credit: int) -> Verdict:
        world = self._world
        sales = [sale_id for intent_id, sale_id in world.kiosk.asked.items() if intent_id not in self._before]
        sold = [sale_id for sale_id in sales if world.kiosk.sold(sale_id)]
        posted = [world.hq.posted(sale_id) for sale_id in sales]
        left, held = world.hq.balance(self._member)
        wrong = ""
        if len(sold) > 1 or max(posted, default=0) > 1 or sum(posted) > 1:
            wrong = f"double charge: {len(sold)} sold, {sum(posted)} posted"
        elif sum(posted) < len(sold):
            wrong = "lost sale"
        elif sum(posted) > len(sold) or (left != credit) != bool(sold):
            wrong = f"charged {credit - left} without a sale"
        elif held:
            wrong = f"{held} is held for ever"
        elif len(self._receipts) != len(sold):
            wrong = f"the screen said paid {len(self._receipts)} times for {len(sold)} sales"
        outcome = ("paid offline" if self._offline else "paid") if self._receipts else "not paid"
        return self._verdict(outcome, wrong)

    def _verdict(self, outcome: str, wrong: str) -> Verdict:
        return Verdict(self._number, self._fault, self._struck_at or NEVER, outcome, wrong)
