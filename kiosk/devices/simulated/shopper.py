"""What a person does before a screen: one table (kind of visit, screen) -> rule. Pure: no clock, no I/O.

Screens and targets are a contract with the UI: `Presented.screen`, `Presented.targets`. Facts that people read, all optional:
items (pieces in the basket), ways (to pay, that are offered), entered (digits typed so far, all stages together), wanted (4, 6 or 8);
codes (payment codes that are offered), code (the one on the screen); on staff.slots chosen (the slot) and value (the count shown); on
pay.face asked (what to do with the head).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Act:
    """What a person decides to do now.

    kind: touch | show_item | show_code | read_code | look | wait | put | scan | leave. what: the target, GTIN or text that goes with it; of
    a look what the screen asks to do meanwhile: left, right, closer, blink.
    """

    kind: str
    what: str = ""


@dataclass(slots=True)
class Errand:
    """What staff came for. wish: refill | receive | count | out_of_order | close_day | refund.

    pieces: on a refill those that are still to be put into `slot`; on a count those that lie there. number: of the receipt of a refund.
    ordered: pieces to scan; scans: scanned so far.
    """

    wish: str
    slot: str = ""
    pieces: int = 0
    number: str = ""
    done: bool = False
    scans: int = 0
    ordered: int = 0


GIVE_UP = ("stranger", "spoof")
"""Who does not try another way when he is refused."""


@dataclass(slots=True)
class Visit:
    """One person's stay at one device, and what he remembers of it.

    kind: face | stranger | spoof | qr | code | cash | enrol | leave | staff; a spoof is a stranger who holds up a member's picture.
    wants: GTINs that he puts in the basket, () at a mirror. claims: the 8 digits whose end he types: his own, or those of the member he
    claims to be. read: his phone took the address of "my data".
    """

    kind: str
    claims: str
    wants: tuple[str, ...] = ()
    code: str = ""
    pin: str = ""
    looks: int = 1
    errand: Errand | None = None
    enrolled: bool = False
    read: bool = False
    tender: str = ""
    added: bool = False
    shown: bool = False
    done: bool = False
    refused: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    @property
    def leaving(self) -> bool:
        """Whether he is done, or was refused and does not try again."""
        return self.done or (self.kind in GIVE_UP and bool(self.refused)) or "cash" in self.refused


_SIGNATURE = 3
"""So many dots are a signature."""
_ERRAND_ENDS = {("staff.slots", "ok"), ("staff.receiving", "ok"), ("staff.report", "done"), ("staff.menu", "out_of_order")}
"""Touches after which staff has done what it came for."""

Facts = Mapping[str, str]
Rule = Callable[[Visit, Facts], Act]


def decide(visit: Visit, screen: str, facts: Facts) -> Act:
    """Return what this visitor does on this screen; waits where nobody knows what to do."""
    rule = TABLE.get((visit.kind, screen)) or TABLE.get(("*", screen))
    return rule(visit, facts) if rule else Act("wait")


def typing_order(phone: str, wanted: int) -> str:
    """Return the digits of `phone` in the order in which they are typed: the last four, then the two before, then two more.

    >>> typing_order("12345678", 6)
    '567834'
    """
    return phone[-4:] + "".join(phone[-n:-n + 2] for n in (6, 8) if n <= wanted)


def touched(visit: Visit, screen: str, target: str) -> None:
    """Let the visitor remember a touch that he made."""
    if target == "add":
        visit.added = True
    elif target == "next":
        visit.looks -= 1
    elif target.startswith("key:"):
        visit.typed.append(target[4:])
    elif target in ("erase", "ok", "cancel"):
        visit.typed.clear()
    if screen in ("pay.tender", "pay.refused") and (target in ("face", "qr", "cash") or target.startswith("code:")):
        visit.tender = target
    elif (screen, target) == ("pay.qr", "back"):
        visit.tender = "cash"
    elif (screen, target) == ("my.data", "done"):
        visit.done = True
    elif (screen, target) in _ERRAND_ENDS and visit.errand is not None:
        visit.errand.done = True


def noticed(visit: Visit, screen: str) -> None:
    """Let the visitor understand what a screen that has just come says about how it went."""
    visit.typed.clear()
    if screen in ("pay.paid", "pay.cash"):
        visit.done = True
    elif screen == "enrol.done":
        visit.enrolled = True
    elif screen == "pay.refused":
        visit.refused.append(visit.tender or "face")


def _touch(target: str) -> Rule:
    return lambda _visit, _facts: Act("touch", target)


def _follow(_visit: Visit, facts: Facts) -> Act:
    return Act("look", facts.get("asked", ""))


def _do(kind: str) -> Rule:
    return lambda _visit, _facts: Act(kind)


def _number(facts: Facts, name: str, otherwise: int) -> int:
    text = facts.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else otherwise


def _type(visit: Visit, facts: Facts, digits: str) -> Act | None:
    entered = _number(facts, "entered", len(visit.typed))
    return Act("touch", f"key:{digits[entered]}") if entered < len(digits) else None


def _attract(visit: Visit, facts: Facts) -> Act:
    if visit.leaving:
        return Act("leave")
    if visit.kind == "enrol" and not visit.enrolled:
        return Act("touch", "enrol")
    return _fill(visit, facts)


def _fill(visit: Visit, facts: Facts) -> Act:
    items = _number(facts, "items", 0)
    return Act("show_item", visit.wants[items]) if items < len(visit.wants) else Act("touch", "pay")


def _leave_attract(visit: Visit, _facts: Facts) -> Act:
    return Act("leave") if visit.leaving else Act("touch", "enrol")


def _my_data(_visit: Visit, facts: Facts) -> Act:
    # The code goes away once the phone has come in: what follows is done there.
    return Act("read_code", facts["code"]) if facts.get("code") else Act("touch", "done")


def _basket(visit: Visit, facts: Facts) -> Act:
    # Goods in the basket before he held up any are somebody else's.
    if visit.leaving or (visit.wants and not visit.shown and _number(facts, "items", 0)):
        return Act("touch", "cancel")
    return _fill(visit, facts)


def _tender(visit: Visit, facts: Facts) -> Act:
    if visit.leaving:
        return Act("touch", "back")
    offered = facts.get("codes", "")
    if visit.kind == "code" and offered and not visit.refused:
        return Act("touch", f"code:{offered.partition(',')[0]}")
    way = visit.tender or {"qr": "qr", "cash": "cash"}.get(visit.kind, "face")
    return Act("touch", way if way in _ways(facts, way) else "cash")


def _ways(facts: Facts, otherwise: str) -> list[str]:
    """Return the ways to pay that a screen offers; without a word about them, what somebody wants is thought to be one."""
    return facts.get("ways", otherwise).split(",")


def _digits(visit: Visit, facts: Facts) -> Act:
    return _type(visit, facts, typing_order(visit.claims, _number(facts, "wanted", 4))) or Act("wait")


def _pin(visit: Visit, facts: Facts) -> Act:
    return _type(visit, facts, visit.pin) or Act("wait")


def _sign(_visit: Visit, facts: Facts) -> Act:
    return Act("touch", "pad" if _number(facts, "points", 0) < _SIGNATURE else "ok")


def _enrol_digits(visit: Visit, facts: Facts) -> Act:
    return _type(visit, facts, visit.claims) or Act("touch", "ok")


def _refused(visit: Visit, facts: Facts) -> Act:
    # A member who was refused tries the next way: the phone if it has a code, then the cash desk. A stranger gives up.
    ways = () if visit.kind in GIVE_UP else ("qr", "cash") if visit.code else ("cash",)
    return Act("touch", next((way for way in ways if way not in visit.refused and way in _ways(facts, way)), "cancel"))


def _qr(visit: Visit, _facts: Facts) -> Act:
    return Act("show_code", visit.code) if visit.code else Act("touch", "back")


def _code(_visit: Visit, facts: Facts) -> Act:
    return Act("read_code", facts["code"]) if facts.get("code") else Act("wait")


def _mirror_attract(visit: Visit, _facts: Facts) -> Act:
    return Act("leave") if visit.leaving else Act("wait")


def _tryon(visit: Visit, _facts: Facts) -> Act:
    if visit.leaving:
        return Act("leave")
    if visit.looks > 0:
        return Act("touch", "next")
    return Act("touch", "pay" if visit.added else "add")


def _card(_visit: Visit, facts: Facts) -> Act:
    sizes = facts.get("sizes", "").split()
    if sizes and not facts.get("chosen"):
        return Act("touch", f"size:{sizes[len(sizes) // 2]}")
    return Act("touch", "add" if facts.get("chosen") else "done")


def _staff_door(visit: Visit, _facts: Facts) -> Act:
    return Act("leave") if visit.errand is None or visit.errand.done else Act("touch", "staff")


def _staff_badge(visit: Visit, facts: Facts) -> Act:
    # The terminal's camera reads a badge; where nobody scans, there is the PIN.
    door = _staff_door(visit, facts)
    return Act("show_code", visit.code) if door.kind == "touch" and visit.code else door


def _staff_number(visit: Visit, facts: Facts) -> Act:
    # The drawer of a store without cash is empty: it is counted as it comes.
    number = visit.errand.number if visit.errand is not None and facts.get("what") == "receipt_refund" else ""
    return _type(visit, facts, number) or Act("touch", "ok")


def _staff_lines(visit: Visit, facts: Facts) -> Act:
    if visit.errand is None or visit.errand.done or facts.get("mode") != "refund":
        return Act("touch", "back")
    return Act("touch", "restock" if facts.get("due_minor") else "whole")


def _staff_login(visit: Visit, facts: Facts) -> Act:
    return _type(visit, facts, visit.pin) or Act("touch", "ok")


def _staff_menu(visit: Visit, _facts: Facts) -> Act:
    if visit.errand is None or visit.errand.done:
        return Act("touch", "leave")
    return Act("touch", visit.errand.wish)


def _staff_slots(visit: Visit, facts: Facts) -> Act:
    errand = visit.errand
    if errand is None or errand.done:
        return Act("touch", "back")
    if facts.get("chosen") != errand.slot:
        return Act("touch", f"slot:{errand.slot}")
    if errand.wish == "refill" and errand.pieces:
        return Act("put", errand.slot)
    value = _number(facts, "value", errand.pieces)
    if errand.wish == "count" and value != errand.pieces:
        return Act("touch", "plus" if value < errand.pieces else "minus")
    return Act("touch", "ok")


def _staff_receiving(visit: Visit, facts: Facts) -> Act:
    """Each piece is scanned, and the next one only when the screen has counted the last; then the goods are put on the shelf."""
    errand = visit.errand
    if errand is None or errand.done:
        return Act("touch", "back")
    if errand.scans > _number(facts, "scanned", 0):
        return Act("wait")
    if errand.scans < errand.ordered:
        return Act("scan", errand.slot)
    return Act("put", errand.slot) if errand.pieces else Act("touch", "ok")


TABLE: dict[tuple[str, str], Rule] = {
    ("*", "pay.attract"): _attract,
    ("leave", "pay.attract"): _leave_attract,
    ("*", "pay.basket"): _basket,
    ("*", "pay.age"): _touch("cancel"),
    ("*", "pay.still_there"): _touch("stay"),
    ("*", "pay.tender"): _tender,
    ("*", "pay.digits"): _digits,
    ("*", "pay.face"): _follow,
    ("*", "pay.pin"): _pin,
    ("*", "pay.confirm"): _touch("confirm"),
    ("*", "pay.qr"): _qr,
    ("*", "pay.code"): _code,
    ("*", "pay.waiting"): _do("wait"),
    ("*", "pay.paid"): _touch("done"),
    ("*", "pay.refused"): _refused,
    ("*", "pay.cash"): _touch("done"),
    ("*", "enrol.consent"): _touch("decline"),
    ("enrol", "enrol.consent"): _touch("accept"),
    ("leave", "enrol.consent"): _touch("my_data"),
    ("*", "my.data"): _touch("done"),
    ("leave", "my.data"): _my_data,
    ("*", "my.erase"): _touch("no"),
    ("*", "enrol.age"): _touch("minor"),
    ("enrol", "enrol.age"): _touch("adult"),
    ("*", "enrol.sign"): _touch("cancel"),
    ("enrol", "enrol.sign"): _sign,
    ("*", "enrol.pin"): _touch("cancel"),
    ("enrol", "enrol.pin"): _pin,
    ("*", "enrol.review"): _touch("cancel"),
    ("enrol", "enrol.review"): _touch("keep"),
    ("*", "enrol.digits"): _touch("cancel"),
    ("enrol", "enrol.digits"): _enrol_digits,
    ("*", "enrol.face"): _do("look"),
    ("*", "enrol.done"): _touch("done"),
    ("*", "mirror.attract"): _mirror_attract,
    ("*", "mirror.tryon"): _tryon,
    ("*", "mirror.card"): _card,
    ("*", "mirror.basket"): _touch("pay"),
    ("*", "mirror.compare"): _touch("done"),
    ("*", "mirror.back"): _touch("done"),
    ("*", "mirror.likes"): _touch("done"),
    ("*", "mirror.phone"): _touch("done"),
    ("*", "mirror.ordered"): _touch("done"),
    ("*", "staff.login"): _touch("cancel"),
    ("staff", "pay.attract"): _staff_badge,
    ("staff", "mirror.attract"): _staff_door,
    ("staff", "mirror.tryon"): _staff_door,
    ("staff", "shelf.board"): _staff_door,
    ("staff", "out_of_order"): _staff_door,
    ("staff", "staff.login"): _staff_login,
    ("staff", "staff.menu"): _staff_menu,
    ("staff", "staff.slots"): _staff_slots,
    ("staff", "staff.number"): _staff_number,
    ("staff", "staff.lines"): _staff_lines,
    ("staff", "staff.receiving"): _staff_receiving,
    ("staff", "staff.report"): _touch("done"),
}
"""(kind of visit, screen) -> what is done there; "*" is everybody whose kind has no row of its own."""
