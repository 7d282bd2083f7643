"""The money pages: how the day stands, ways to pay, members' accounts and statements, refunds; and what people do there."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.domain.catalog import CODE_TENDERS, TenderPolicy
from kiosk.domain.money import Money
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import asking, dayend, imports, publish, refunds, statement
from kiosk.hq.console.acts import text
from kiosk.hq.console.forms import name_of
from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, page
from kiosk.hq.ledger import accounts, catalogue, charges, clocks, fleet, journals, trade
from kiosk.hq.ledger.store import Db, Row
from kiosk.hq.refunds import HQ_DEVICE, Giving

HOUSE = ("wallet", "cash_desk")
SERVICES = ("stripe", *CODE_TENDERS)
REASONS = ("returned", "damaged", "wrong_price", "goodwill")
STATEMENT_ROWS = 200
_DEFAULT_LASTS_S = 120


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay as the page shows it. state: ready | off (no account is set up) | house. uncleared: minor units on their way."""

    name: str
    state: str
    offered: bool
    charges: int
    open: int
    uncleared: int
    owed: int


def show_wallet(request: Request, problem: str = "") -> Response:
    """How the day stands, the ways to pay, who has how much, and what moved."""
    desk: Desk = request.app.state.desk
    now = desk.stamp()
    with desk.ledger.read() as db:
        values = shell(db, now.at_ms) | {
            "day": dayend.look(db, now.at_ms), "ends": dayend.recent(db), "ways": _ways(db, desk), "members": accounts.members(db, 12),
            "policy": catalogue.tender_policy(db), "codes": CODE_TENDERS, "refunds": charges.recent_refunds(db, 12),
            "stranded": charges.stranded(db, now.at_ms - dayend.STRANDED_MS), "charges": charges.recent(db, 12),
            "accounts": accounts.accounts(db, ("sales", "till", "unclaimed", "funding")), "transfers": accounts.transfers(db, 30),
            "problem": problem, "offline_minor": journals.sold_offline(db), "loss_minor": journals.offline_loss(db)}
    return page(request, desk, "wallet.html", values, 409 if problem else 200)


def _ways(db: Db, desk: Desk) -> list[Way]:
    states, policy, uncleared = charges.tender_states(db), catalogue.tender_policy(db), accounts.uncleared(db)
    offered = set(policy.codes) if policy else set()
    made = []
    for name in (*HOUSE, *SERVICES):
        row = states.get(name)
        owed = accounts.balance(db, accounts.service(name), desk.currency)
        state = "house" if name in HOUSE else "ready" if name in desk.tenders else "off"
        made.append(Way(name, state, name in offered, row["charges"] if row else 0, row["open"] if row else 0,
                        uncleared.get((name, desk.currency), 0), -owed[0] if owed else 0))
    return made


def show_member(request: Request, problem: str = "") -> Response:
    """One member's account and statement."""
    desk: Desk = request.app.state.desk
    member_id = request.path_params["member_id"]
    with desk.ledger.read() as db:
        found = next((m for m in accounts.members(db, 1, member_id)), None)
        if found is None:
            return PlainTextResponse("there is no such member", 404)
        values = shell(db, desk.stamp().at_ms) | {
            "member": found, "statement": list(reversed(accounts.statement(db, member_id, STATEMENT_ROWS))),
            "mandate": charges.mandate(db, member_id), "stores": sorted({d["store"] for d in fleet.devices(db)}), "problem": problem}
    return page(request, desk, "member.html", values, 409 if problem else 200)


def statement_file(request: Request) -> Response:
    """A member's whole statement as CSV."""
    desk: Desk = request.app.state.desk
    member_id = request.path_params["member_id"]
    try:
        with desk.ledger.read() as db:
            rows = statement.rows(db, member_id)
    except HqError as error:
        return PlainTextResponse(str(error), 404)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(statement.COLUMNS)
    writer.writerows(rows)
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": 'attachment; filename="statement.csv"', "cache-control": "no-store"})


def show_sale(request: Request, problem: str = "") -> Response:
    """One sale with its lines, what was given back, and the form that gives back."""
    desk: Desk = request.app.state.desk
    sale_id = request.path_params["sale_id"]
    with desk.ledger.read() as db:
        sale = trade.sale(db, sale_id)
        if sale is None:
            return PlainTextResponse("there is no such sale", 404)
        given = charges.refunds_of(db, sale_id)
        charge = charges.get(db, sale["intent_id"]) if sale["intent_id"] else None
        left = sale["total_minor"] - sum(r.amount_minor for r in given)
        values = shell(db, desk.stamp().at_ms) | {
            "sale": sale, "lines": trade.lines(db, [sale_id])[sale_id], "given": given, "charge": charge, "left": left,
            "clock_state": clocks.clock_of(db, sale_id),
            "back": charges.refunded_pieces(db, sale_id), "reasons": REASONS, "problem": problem}
    return page(request, desk, "sale.html", values, 409 if problem else 200)


def refund(request: Request, desk: Desk, form: FormData) -> Response:
    """Give a sale back, whole or the pieces that were chosen. The form's own id makes it happen once, however often it is sent."""
    sale_id, reason = request.path_params["sale_id"], text(form, "reason")
    try:
        with desk.ledger.write() as db:
            sale = trade.sale(db, sale_id)
            if sale is None or reason not in REASONS:
                raise HqError("there is no such sale, or no such reason")
            lines, amount = _chosen(db, sale, form)
            giving = Giving(text(form, "refund_id")[:64], sale_id, lines, amount, sale["currency"], reason, name_of(request), HQ_DEVICE)
            now = desk.stamp()
            if giving.id and refunds.give_back(db, giving, now):
                what = imports.plain(Money(amount, sale["currency"]))
                catalogue.note(db, (now.at_ms, giving.who, "refund", sale_id, sale["tender"], what))
    except (HqError, InvalidValueError) as error:
        return show_sale(request, str(error))
    return RedirectResponse(f"/sales/{sale_id}", 303)


def _chosen(db: Db, sale: Row, form: FormData) -> tuple[tuple[refunds.RefundLine, ...], int]:
    if text(form, "what") == "all":
        return refunds.rest_of(db, sale)
    wanted = [(number, int(pieces)) for number, pieces in _pieces(form) if int(pieces)]
    if not wanted:
        raise HqError("choose how many pieces come back")
    lines = refunds.of_lines(db, sale["sale_id"], wanted)
    return lines, sum(line.amount_minor for line in lines)


def _pieces(form: FormData) -> list[tuple[int, str]]:
    found = [(int(name[5:]), text(form, name).strip() or "0") for name in form if name.startswith("line-") and name[5:].isdigit()]
    if any(not (pieces.isascii() and pieces.isdigit()) or len(pieces) > 6 for _, pieces in found):
        raise HqError("pieces are whole numbers")
    return found


def pay_in_cash(request: Request, desk: Desk, _form: FormData) -> Response:
    """Close a refund that its tender refused: the cash desk has paid it."""
    refund_id = request.path_params["refund_id"]
    try:
        with desk.ledger.write() as db:
            now = desk.stamp()
            refunds.pay_in_cash(db, refund_id, now.at_ms)
            catalogue.note(db, (now.at_ms, name_of(request), "refund_in_cash", refund_id, "", ""))
    except HqError as error:
        return show_wallet(request, str(error))
    return RedirectResponse("/wallet", 303)


def drop_charge(request: Request, desk: Desk, _form: FormData) -> Response:
    """Give back what was taken and has become no sale."""
    intent_id = request.path_params["intent_id"]
    with desk.ledger.write() as db:
        now = desk.stamp()
        if any(row["intent_id"] == intent_id for row in charges.stranded(db, now.at_ms - dayend.STRANDED_MS)):
            asking.drop(db, intent_id, now.at_ms)
            catalogue.note(db, (now.at_ms, name_of(request), "charge_void", intent_id, "", ""))
    return RedirectResponse("/wallet", 303)


def top_up(request: Request, desk: Desk, form: FormData) -> Response:
    """Put money into a member's wallet. The form's own id makes it happen once, however often it is sent."""
    member_id, source = request.path_params["member_id"], text(form, "source")
    try:
        amount = imports.price(text(form, "amount"), desk.currency)
        with desk.ledger.write() as db:
            now = desk.stamp()
            if asking.top_up(db, member_id, amount, source, now, text(form, "topup_id")[:64]):
                catalogue.note(db, (now.at_ms, name_of(request), "topup", member_id, source, imports.plain(amount)))
    except (HqError, InvalidValueError) as error:
        return show_member(request, str(error))
    return RedirectResponse(f"/wallet/members/{member_id}", 303)


def set_codes(request: Request, desk: Desk, form: FormData) -> Response:
    """Change which payment codes kiosks offer: a new signed version goes out."""
    codes = tuple(code for code in CODE_TENDERS if text(form, f"code-{code}"))
    lasts = text(form, "lasts") or str(_DEFAULT_LASTS_S)
    try:
        if not (lasts.isascii() and lasts.isdigit()) or len(lasts) > 4:
            raise HqError("how long a code lasts is a number of seconds")
        off = [code for code in codes if code not in desk.tenders]
        if off:
            raise HqError(f"no account is set up for {', '.join(off)}: kiosk hq serve --tenders FILE")
        with desk.ledger.write() as db:
            publish.publish_tenders(db, TenderPolicy(0, desk.currency, codes, int(lasts)), desk.stamp(), name_of(request))
    except HqError as error:
        return show_wallet(request, str(error))
    return RedirectResponse("/wallet", 303)
