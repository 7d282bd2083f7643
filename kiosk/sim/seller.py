"""A till without a shopper: writes sales, stock, health and requests into a device's database as fast as it is told to, for storms.

What it has committed it says in a record file, one line a unit, after the commit: that is what was announced, and what must be at HQ.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk import wire
from kiosk.domain.events import (
    IdentityDecided,
    MemberErased,
    PaymentCancelled,
    PaymentRequested,
    ReplenishmentRequested,
    SaleCompleted,
    SaleLine,
    StockChanged,
)
from kiosk.domain.intent import IntentState, holds_money
from kiosk.errors import StorageFullError
from kiosk.runtime import new_id
from kiosk.storage.store import Store, Unit

GTIN = "4006381333931"
PRICE = 150
SLOTS = 12
FULL = 40
REORDER = 10
MEMBERS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it sells: sales a second (0: as fast as it can), and how many health facts come with each."""

    sales_per_s: float = 20.0
    health: int = 3


class Seller:
    """Sells from a device's store until it is stopped, or killed. What a restart finds open it cancels, as a till does."""

    def __init__(self, store: Store, record: Path, seed: int, pace: Pace) -> None:
        """Cancel what a former run left open. record: the file that lines are added to."""
        self._store, self._rng, self._pace = store, random.Random(seed), pace
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._write(self._resume)

    def close(self) -> None:
        """Close store and record."""
        os.close(self._record)
        self._store.close()

    def turn(self) -> None:
        """One shopper: ask for the money, take it, and look after the shelf."""
        intent, sale = new_id(), new_id()
        quantity = self._rng.randint(1, 3)
        member = f"member-{self._rng.randrange(MEMBERS)}"
        asked = PaymentRequested(intent, quantity * PRICE, "EUR", "wallet_face", member)
        self._write(lambda unit: self._ask(unit, asked, sale))
        if self._rng.random() < 0.1:
            self._write(lambda unit: self._cancel(unit, intent, "shopper"))
        else:
            self._write(lambda unit: self._sell(unit, asked, sale, quantity))
        self._write(self._tidy)
        if self._pace.sales_per_s:
            time.sleep(self._rng.uniform(0.5, 1.5) / self._pace.sales_per_s)

    def _write(self, work: Callable[[Unit], list[wire.Envelope]]) -> None:
        """Commit, then announce what was committed; a full disk is waited out."""
        try:
            with self._store.unit() as unit:
                facts = work(unit)
        except StorageFullError:
            time.sleep(0.05)
            return
        if facts:
            line = [self._store.epoch, *([fact.lane, fact.seq, fact.id, _name(fact)] for fact in facts)]
            os.write(self._record, json.dumps(line).encode() + b"\n")

    def _ask(self, unit: Unit, asked: PaymentRequested, sale: str) -> list[wire.Envelope]:
        unit.intents.open(asked, sale)
        return [unit.facts.record(asked)]

    def _cancel(self, unit: Unit, intent: str, reason: str) -> list[wire.Envelope]:
        unit.intents.settle(intent, IntentState.CANCELLED, reason)
        return [unit.facts.record(PaymentCancelled(intent, reason))]

    def _resume(self, unit: Unit) -> list[wire.Envelope]:
        return [fact for intent in unit.intents.unsettled() for fact in self._cancel(unit, intent.intent_id, "restart")]

    def _sell(self, unit: Unit, asked: PaymentRequested, sale_id: str, quantity: int) -> list[wire.Envelope]:
        known = unit.intents.get(asked.intent_id)
        if known is None or not holds_money(known.state):
            return self._cancel(unit, asked.intent_id, known.reason if known else "unknown")
        authorised = known.state is IntentState.AUTHORISED
        slot = f"A{self._rng.randrange(SLOTS)}"
        line = SaleLine(GTIN, quantity, PRICE, 0, quantity * PRICE, 55)
        sale = SaleCompleted(sale_id, unit.sales.next_receipt(self._store.device), asked.intent_id, (line,), asked.amount_minor, "EUR",
                             {"55": asked.amount_minor * 55 // 1055}, asked.tender, asked.member_id, not authorised, 1)
        unit.intents.settle(asked.intent_id, IntentState.CAPTURED if authorised else IntentState.OFFLINE_CAPTURED)
        unit.sales.add(sale)
        told = unit.facts.record(sale)
        unit.journal.append("sale", wire.encode_event(told))
        on_hand = unit.stock.move(slot, GTIN, -quantity)
        facts = [told, unit.facts.record(StockChanged(slot, GTIN, -quantity, on_hand, "retail_selling", "sale", 1.0))]
        on_order = next(state.on_order for state in unit.stock.all() if state.slot == slot)
        if on_hand <= REORDER and not on_order and unit.requests.open_for(slot) is None:
            request = ReplenishmentRequested(new_id(), slot, GTIN, FULL - on_hand, on_hand, REORDER)
            unit.requests.open(request)
            facts.append(unit.facts.record(request))
        return facts

    def _tidy(self, unit: Unit) -> list[wire.Envelope]:
        """Put what HQ approved on the shelf, forget whom HQ wants forgotten, and say how faces were judged."""
        facts = []
        for state in unit.stock.all():
            if state.on_order > 0:
                on_hand = unit.stock.move(state.slot, GTIN, state.on_order)
                unit.requests.fulfil(state.slot, state.on_order)
                facts.append(unit.facts.record(StockChanged(state.slot, GTIN, state.on_order, on_hand, "stocking", "refill", 1.0)))
        for member in unit.erasures.queued():
            unit.erasures.done(member)
            facts.append(unit.facts.record(MemberErased(member, "order")))
        unit.facts.record_all([IdentityDecided("accepted", "one_of_one", 5, 0.31, 3)] * self._pace.health)
        return facts


def _name(fact: wire.Envelope) -> str:
    """Return what a fact is known by at HQ: a sale's id, or the member who was forgotten; "" for any other."""
    event = fact.event
    if isinstance(event, SaleCompleted):
        return event.sale_id
    return event.member_id if isinstance(event, MemberErased) else ""
