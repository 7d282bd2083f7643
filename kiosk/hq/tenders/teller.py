"""Works on what payment services are to do: asks them outside every transaction, writes down what they said, tells the kiosk.

Each call is written down before it is made, so HQ may be killed at any moment: what may be under way is queried before it is asked again.
Calls run in a few threads of their own, for a service that is slow must not hold up the others; rows are written by one thread alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from kiosk.domain.money import Money
from kiosk.domain.orders import Order, PaymentAnswered, PaymentCode
from kiosk.hq import downbox, refunds, wallet
from kiosk.hq.ledger import accounts, charges, facts
from kiosk.hq.ledger.accounts import Transfer, clearing, member_account, service
from kiosk.hq.ledger.charges import ChargeRow, RefundRow
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.stamp import Stamp
from kiosk.hq.tenders import steps
from kiosk.hq.tenders.protocol import Answer, Charge, Refund, Status, Tender, ask, declined

log = logging.getLogger(__name__)

CALLS = 8
POLL_MS = 2_000
"""A code is asked after this often; a notification is faster."""
CALL_MS = 60_000
"""A call that did not come to its end by then (HQ was killed) is taken up again."""
FIRST_WAIT_MS, LONGEST_WAIT_MS = 500, 60_000
GRACE_MS = 5_000
"""A code is voided so long after the kiosk stopped showing it: a shopper may be confirming at that moment."""
LOOK_AGAIN_MS, LATE_MS = 30_000, 120_000
"""A request whose answer was lost may still reach its service: until it is so old, what the service does not know is looked for again."""

Job = tuple[str, str]
"""("charge" or "refund", its id)"""


class Teller:
    """Call `turn` again and again from one thread."""

    def __init__(self, ledger: Ledger, tenders: Mapping[str, Tender], now: Callable[[], Stamp]) -> None:
        self._ledger, self._tenders, self._now = ledger, tenders, now
        self._pool = ThreadPoolExecutor(CALLS, "tender")
        self._running: dict[Job, tuple[Future[Answer], str]] = {}

    def turn(self, patience_s: float = 0.0) -> bool:
        """Start what is due and write down what was answered; waits up to `patience_s` for answers. True when something happened."""
        started = self._start()
        if self._running and patience_s:
            wait([future for future, _ in self._running.values()], patience_s, FIRST_COMPLETED)
        ended = [(job, future.result(), act) for job, (future, act) in self._running.items() if future.done()]
        for job, answer, act in ended:
            del self._running[job]
            with self._ledger.write() as db:
                if job[0] == "charge":
                    settle(db, job[1], act, answer, self._now())
                else:
                    self._refunded(db, job[1], answer)
        return bool(started or ended)

    def close(self) -> None:
        """End; calls under way are given up, and taken up again after the next start."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> int:
        now = self._now()
        with self._ledger.read() as db:
            waiting = [r for r in charges.due(db, now.at_ms) if ("charge", r.intent_id) not in self._running]
            owed = [r for r in charges.refunds_due(db, now.at_ms) if ("refund", r.refund_id) not in self._running]
        for row in waiting:
            self._take_up(row, now)
        for refund in owed:
            self._take_up_refund(refund, now)
        return len(waiting) + len(owed)

    def _take_up(self, row: ChargeRow, now: Stamp) -> None:
        with self._ledger.write() as db:
            row = _expired(charges.get(db, row.intent_id) or row, now.at_ms)
            act, tender = steps.act(row), self._tenders.get(row.tender)
            charges.save(db, row, None)
            if not act:
                _post_unpaid(db, row, now)
                return
            if tender is None:
                facts.alarm(db, "tender_off", row.device, row.tender, now.at_ms)
                settle(db, row.intent_id, act, declined("service_down"), now)
                return
            charges.try_again(db, row.intent_id, now.at_ms + CALL_MS)
        self._running["charge", row.intent_id] = (self._pool.submit(_call, tender, act, row), act)

    def _take_up_refund(self, row: RefundRow, now: Stamp) -> None:
        with self._ledger.write() as db:
            charge = self._charge_of(db, row)
            tender = self._tenders.get(row.tender)
            if tender is None or charge is None:
                charges.save_refund(db, row.refund_id, "failed", "tender_off", None)
                return
            if charge.status != "captured":
                charges.try_refund_again(db, row.refund_id, now.at_ms + POLL_MS)
                return
            charges.try_refund_again(db, row.refund_id, now.at_ms + CALL_MS)
        refund = Refund(row.refund_id, Money(row.amount_minor, row.currency))
        self._running["refund", row.refund_id] = (self._pool.submit(tender.refund, _charge(charge), refund), "refund")

    @staticmethod
    def _charge_of(db: Db, row: RefundRow) -> ChargeRow | None:
        found = db.execute("SELECT intent_id FROM sales WHERE sale_id = ?", (row.sale_id,)).fetchone()
        return charges.get(db, found[0]) if found else None

    def _refunded(self, db: Db, refund_id: str, answer: Answer) -> None:
        row, now = charges.refund(db, refund_id), self._now()
        if row is None or row.status != "asked":
            return
        if answer.status is Status.REFUNDED:
            refunds.pay_out(db, row, service(row.tender), now.at_ms)
            charges.save_refund(db, refund_id, "done", "", None)
        elif answer.status in (Status.UNKNOWN, Status.PENDING, Status.ABSENT):
            charges.save_refund(db, refund_id, "asked", "", now.at_ms + _patience_ms(row.tries))
        else:
            log.warning("refund %s was not taken by %s: %s", refund_id, row.tender, answer.reason)
            charges.save_refund(db, refund_id, "failed", answer.reason, None)
            facts.alarm(db, "refund_failed", row.device, f"{row.tender} {row.amount_minor} {row.currency}: {answer.reason}", now.at_ms)


def settle(db: Db, intent_id: str, done: str, answer: Answer, now: Stamp) -> None:
    """Write down what a service said of a charge, move the money in the books, and tell the kiosk what it waits for."""
    before = charges.get(db, intent_id)
    if before is None:
        return
    lost = done == "void" and answer.status is Status.VOIDED and before.status == "asked" and before.tries > 1
    if lost and now.at_ms < before.at_ms + LATE_MS:
        charges.save(db, before, now.at_ms + LOOK_AGAIN_MS)
        return
    if answer.status is Status.CAPTURED and answer.taken_minor not in (0, before.amount_minor):
        facts.alarm(db, "tender_amount", before.device, f"{before.tender} {answer.taken_minor}, {before.amount_minor} asked", now.at_ms)
    row = steps.after(before, done, answer)
    if row.status != before.status:
        why = f" ({row.reason})" if row.reason else ""
        log.info("%s: a charge of %d %s is %s%s", row.tender, row.amount_minor, row.currency, row.status, why)
        _post(db, before, row, now)
    row = _tell(db, row, now)
    charges.save(db, row, _due_ms(row, before, done, answer, now.at_ms))


def _expired(row: ChargeRow, now_ms: int) -> ChargeRow:
    late = row.wish == "ask" and row.status in ("asked", "pending") and now_ms >= row.expires_ms + GRACE_MS
    return replace(row, wish="drop", reason="code_expired" if row.code else "service_down") if late else row


def _due_ms(row: ChargeRow, before: ChargeRow, done: str, answer: Answer, now_ms: int) -> int | None:
    if answer.status is Status.UNKNOWN:
        return now_ms + _patience_ms(row.tries)
    act = steps.act(row)
    if not act:
        return None
    if act == "query":
        return min(now_ms + POLL_MS, max(now_ms, row.expires_ms + GRACE_MS)) if row.wish == "ask" else now_ms + POLL_MS
    return now_ms + _patience_ms(row.tries) if act == done and row.status == before.status else now_ms


def _post(db: Db, before: ChargeRow, row: ChargeRow, now: Stamp) -> None:
    """Move the money: a service's account, the tender's clearing account, and at the end the member's where a sale was not paid."""
    way, owed = clearing(row.tender), service(row.tender)
    if row.status == "captured":
        _move(db, Transfer(f"capture:{row.intent_id}", "capture", owed, way, row.amount_minor, row.currency, "", row.intent_id), now)
        if row.purpose == "top_up":
            wallet.top_up(db, f"topup:{row.intent_id}", row.member_id, Money(row.amount_minor, row.currency), now.at_ms, way)
    elif row.status == "voided" and before.status == "captured":
        _move(db, Transfer(f"void:{row.intent_id}", "void", way, owed, row.amount_minor, row.currency, "", row.intent_id), now)
    _post_unpaid(db, row, now)


def _post_unpaid(db: Db, row: ChargeRow, now: Stamp) -> None:
    """A sale took place that nobody will pay: alarm it; where the member is known it is that member's debt, which counts as exposure."""
    if row.status not in steps.ENDED or row.wish != "take" or row.purpose != "sale":
        return
    facts.alarm(db, "unpaid_sale", row.device, f"{row.tender} {row.amount_minor} {row.currency}: {row.reason}", now.at_ms)
    if row.member_id:
        _move(db, Transfer(f"debt:{row.intent_id}", "debt", member_account(row.member_id), clearing(row.tender), row.amount_minor,
                           row.currency, "", row.intent_id, row.amount_minor), now)


def _move(db: Db, transfer: Transfer, now: Stamp) -> None:
    if not accounts.transferred(db, transfer.id):
        accounts.transfer(db, transfer, now.at_ms)


def _tell(db: Db, row: ChargeRow, now: Stamp) -> ChargeRow:
    """Tell the kiosk what is new: the code once, and one word at the end."""
    if row.purpose != "sale" or row.told in ("authorised", "declined"):
        return row
    word: Order | None = None
    told = row.told
    if row.status in ("authorised", "captured"):
        word, told = PaymentAnswered(row.intent_id, "authorised", "", row.member_id), "authorised"
    elif row.status in steps.ENDED:
        word, told = PaymentAnswered(row.intent_id, "declined", row.reason), "declined"
    elif row.code and row.told == "":
        word, told = PaymentCode(row.intent_id, row.code, max(0, (row.expires_ms - now.at_ms) // 1000)), "code"
    if word is not None and (row.wish == "ask" or told == "declined"):
        downbox.put(db, row.device, row.epoch, word, now)
    return replace(row, told=told)


def _call(tender: Tender, act: str, row: ChargeRow) -> Answer:
    charge = _charge(row)
    if act == "authorise":
        return ask(tender, charge, asked_before=row.tries > 0)
    if act == "query":
        return tender.query(charge)
    return tender.capture(charge) if act == "capture" else tender.void(charge)


def _charge(row: ChargeRow) -> Charge:
    lasts_s = max(1, (row.expires_ms - row.at_ms) // 1000)
    return Charge(row.intent_id, Money(row.amount_minor, row.currency), f"Kiosk {row.store}", row.payer, row.reference, row.code, lasts_s)


def _patience_ms(tries: int) -> int:
    return int(min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** min(tries, 10)))
