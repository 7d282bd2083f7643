"""Storms: processes, network and disks of a yard are broken again and again while it sells; then HQ must hold exactly what was recorded."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kiosk.errors import WorldError
from kiosk.sim.verdict import judge
from kiosk.sim.yard import Kiosk, Yard

KINDS = {
    "service": "SIGKILL to a process that sells",
    "sync": "SIGKILL to a sync process",
    "broker": "SIGKILL to the broker",
    "hq": "SIGKILL to HQ",
    "database": "SIGKILL at once to everything that has a kiosk's database open, and to HQ: both recover from their logs alone",
    "network": "every connection of a kiosk reset, none taken for a while",
    "stall": "the network swallows every byte for a while",
    "mixed": "any of these, in any order",
}
MIXED = "mixed"
SALES_WITHIN_S = 120.0
LONGEST_DARK_S = 0.4
"""How long at most something stays broken before it is started again."""
ACT_EVERY = 10
SAMPLE_S = 0.2

Tell = Callable[[str, int, int], None]
"""(kind, done, of)"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one kind of fault did. announced: facts that kiosks had on disk meanwhile; lost, doubled, wrong: how many were not right."""

    kind: str
    count: int
    announced: int
    sales: int
    lost: int
    doubled: int
    wrong: int
    sentences: tuple[str, ...] = ()


@dataclass(slots=True)
class Trace:
    """A storm over time: (seconds, sales announced, sales at HQ) and (seconds, kind) of every blow."""

    samples: list[tuple[float, int, int]] = field(default_factory=list)
    blows: list[tuple[float, str]] = field(default_factory=list)


class Storm:
    """Breaks a yard."""

    def __init__(self, yard: Yard, seed: int) -> None:
        self._yard, self._rng = yard, random.Random(seed)
        self._began = time.monotonic()
        self._sampled = 0.0
        self._acts = self._sold = 0
        self.trace = Trace()

    def run(self, kinds: Sequence[str], count: int, tell: Tell) -> list[Row]:
        """Strike `count` times with each kind, and judge after each; the yard is open and drained when it ends."""
        rows, before = [], judge(self._yard)
        before.lost, before.doubled = [], []  # the yard sells already: what has not come yet is under way, not lost
        for kind in kinds:
            for n in range(count):
                self._strike(kind)
                if n % ACT_EVERY == 0:
                    self._acts += 1
                    self._yard.act(self._acts)
                tell(kind, n + 1, count)
            self._yard.drain()
            self._sample(0.0)
            now = judge(self._yard)
            rows.append(Row(kind, count, now.announced - before.announced, now.sales - before.sales, len(now.lost) - len(before.lost),
                            len(now.doubled) - len(before.doubled), len(now.wrong), (*now.lost, *now.doubled, *now.wrong)))
            before = now
            self._yard.mend()
        return rows

    def _strike(self, kind: str) -> None:
        yard, kiosk = self._yard, self._rng.choice(self._yard.kiosks)
        if kind == MIXED:
            kind = self._rng.choice(sorted(_BLOWS))
        self._await_sales()
        self._wait(self._rng.uniform(0.0, LONGEST_DARK_S))
        self.trace.blows.append((time.monotonic() - self._began, kind))
        _BLOWS[kind](yard, kiosk)
        self._wait(self._rng.uniform(0.0, LONGEST_DARK_S))
        yard.mend()

    def _await_sales(self) -> None:
        """Wait until somebody has sold since the last blow: a storm over processes that are just starting would break nothing."""
        deadline = time.monotonic() + SALES_WITHIN_S
        while sum(kiosk.count() for kiosk in self._yard.kiosks) <= self._sold:
            if time.monotonic() > deadline:
                raise WorldError(f"nothing was sold for {SALES_WITHIN_S:.0f} s: see the logs in {self._yard.folder}")
            self._yard.mend()
            self._wait(0.05)
        self._sold = sum(kiosk.count() for kiosk in self._yard.kiosks)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._sample(SAMPLE_S)
            time.sleep(min(left, 0.05))

    def _sample(self, every_s: float) -> None:
        now = time.monotonic() - self._began
        if now - self._sampled >= every_s:
            self._sampled = now
            self.trace.samples.append((now, *self._yard.counts()))


def _kill_database(yard: Yard, kiosk: Kiosk) -> None:
    for child in (kiosk.seller, kiosk.sync, yard.hq):
        child.kill()


_BLOWS: dict[str, Callable[[Yard, Kiosk], Any]] = {
    "service": lambda _yard, kiosk: kiosk.seller.kill(),
    "sync": lambda _yard, kiosk: kiosk.sync.kill(),
    "broker": lambda yard, _kiosk: yard.broker.kill(),
    "hq": lambda yard, _kiosk: yard.hq.kill(),
    "database": _kill_database,
    "network": lambda _yard, kiosk: kiosk.line.cut(),
    "stall": lambda _yard, kiosk: kiosk.line.stall(),
}
