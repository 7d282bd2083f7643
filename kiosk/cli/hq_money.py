"""`kiosk hq ...` about money: which payment codes kiosks offer, top-ups, mandates, refunds, statements, the end of the day."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from typing import Protocol

from kiosk.domain.catalog import CODE_TENDERS, TenderPolicy
from kiosk.domain.money import Money
from kiosk.errors import HqError
from kiosk.hq import asking, dayend, imports, publish, refunds
from kiosk.hq.ledger import accounts, catalogue, trade
from kiosk.hq.ledger.store import open_ledger
from kiosk.hq.refunds import Giving
from kiosk.hq.stamp import Stamp, stamp
from kiosk.hq.statement import COLUMNS, rows
from kiosk.runtime import SystemClock, new_id

WHO = "command line"
Run = Callable[[argparse.Namespace], int]


class Command(Protocol):
    """Makes one sub-command of `kiosk hq`."""

    def __call__(self, name: str, run: Run, text: str) -> argparse.ArgumentParser:
        """Return its parser."""


def add(command: Command) -> None:
    """Register the commands."""
    tenders = command("tenders", _tenders, "publish which payment codes kiosks offer")
    tenders.add_argument("codes", nargs="*", choices=(*CODE_TENDERS, "none"), help="all that are to be offered")
    tenders.add_argument("--lasts", type=int, default=120, metavar="SECONDS", help="how long a code may be paid (default: %(default)s)")
    top_up = command("topup", _top_up, "put money into a member's wallet")
    top_up.add_argument("member")
    top_up.add_argument("amount", help="a decimal, e.g. 20.00")
    top_up.add_argument("--from", dest="source", default=accounts.FUNDING, metavar="SOURCE",
                        help="funding, till:STORE for cash, or stripe for the member's stored card (default: %(default)s)")
    mandate = command("mandate", _mandate, "keep the stored card that a member agreed to pay with by face")
    mandate.add_argument("member")
    mandate.add_argument("payer", help="CUSTOMER/PAYMENT_METHOD, as Stripe names them: cus_.../pm_...")
    refund = command("refund", _refund, "give a sale back, whole or by line, to the tender that paid it")
    refund.add_argument("sale")
    refund.add_argument("--line", action="append", default=[], metavar="N:PIECES", help="only these pieces of line N (from 1)")
    refund.add_argument("--reason", default="returned")
    statement = command("statement", _statement, "print a member's account as CSV")
    statement.add_argument("member")
    command("balance", _balance, "say whether the books end at zero; exit code 1 when not")


def _tenders(args: argparse.Namespace) -> int:
    codes = tuple(code for code in args.codes if code != "none")
    with open_ledger(args.folder).write() as db:
        if args.codes:
            publish.publish_tenders(db, TenderPolicy(0, args.currency, codes, args.lasts), _now(), WHO)
        policy = catalogue.tender_policy(db)
    if policy is None:
        print("payment codes: none")
    else:
        print(f"payment codes: version {policy.version}, {policy.currency}: {', '.join(policy.codes) or 'none'}, {policy.code_lasts_s} s")
    return 0


def _top_up(args: argparse.Namespace) -> int:
    amount = imports.price(args.amount, args.currency)
    with open_ledger(args.folder).write() as db:
        asking.top_up(db, args.member, amount, args.source, _now())
        catalogue.note(db, (_now().at_ms, WHO, "topup", args.member, args.source, f"{imports.plain(amount)} {args.currency}"))
    return 0


def _mandate(args: argparse.Namespace) -> int:
    with open_ledger(args.folder).write() as db:
        asking.set_mandate(db, args.member, args.payer, _now().at_ms)
        catalogue.note(db, (_now().at_ms, WHO, "mandate", args.member, "", args.payer))
    return 0


def _refund(args: argparse.Namespace) -> int:
    with open_ledger(args.folder).write() as db:
        sale = trade.sale(db, args.sale)
        if sale is None:
            raise HqError(f"sale {args.sale} is not in the books")
        if args.line:
            lines = refunds.of_lines(db, args.sale, [_pieces(text) for text in args.line])
            amount = sum(line.amount_minor for line in lines)
        else:
            lines, amount = refunds.rest_of(db, sale)
        giving = Giving(new_id(), args.sale, lines, amount, sale["currency"], args.reason, WHO, refunds.HQ_DEVICE)
        refunds.give_back(db, giving, _now())
        catalogue.note(db, (_now().at_ms, WHO, "refund", args.sale, sale["tender"], f"{imports.plain(Money(amount, sale['currency']))}"))
    print(f"refund {giving.id}: {imports.plain(Money(amount, sale['currency']))} {sale['currency']}")
    return 0


def _pieces(text: str) -> tuple[int, int]:
    number, _, pieces = text.partition(":")
    if not (text.isascii() and number.isdigit() and int(number) and (pieces or "1").isdigit()):
        raise HqError(f"--line {text!r}: N:PIECES is expected, e.g. 2:1")
    return int(number) - 1, int(pieces or "1")


def _statement(args: argparse.Namespace) -> int:
    with open_ledger(args.folder, new=False).read() as db:
        found = rows(db, args.member)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    writer.writerows(found)
    return 0


def _balance(args: argparse.Namespace) -> int:
    with open_ledger(args.folder, new=False).read() as db:
        found = dayend.look(db, _now().at_ms)
    print(f"the books {'add up' if found.even else 'DO NOT add up'}; the balance is {'zero' if found.zero else 'NOT zero'}")
    for name, minor in found.uncleared.items():
        tender, currency = name.split()
        print(f"  {tender}: {imports.plain(Money(minor, currency))} {currency} on the way")
    for currency, minor in found.exposure.items():
        print(f"  members owe {imports.plain(Money(minor, currency))} {currency}")
    for text, count in (("charges without a sale", found.stranded), ("refunds under way", found.refunds_open),
                        ("refunds that their tender refused", found.refunds_failed)):
        if count:
            print(f"  {count} {text}")
    for account in found.wrong:
        print(f"  account {account} does not add up")
    return 0 if found.zero else 1


def _now() -> Stamp:
    return stamp(SystemClock().now(), new_id)
