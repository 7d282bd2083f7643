"""One device of the simulated store and whoever stands before it: comes, looks, touches, shows things, leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

from kiosk.devices.display import Box, Presented, Touch
from kiosk.devices.simulated.casting import Casting, Ledger
from kiosk.devices.simulated.setup import StoreShopper, WorldSetup
from kiosk.devices.simulated.shelf import Shelf
from kiosk.devices.simulated.shopper import GIVE_UP, Act, Errand, Visit, decide, noticed, touched

PATIENCE_S = 12.0
REPEAT_S = 1.5
"""A touch or a shown item that changed nothing is tried again after this long: what a person takes for "it did not hear me"."""

REACTION_S = 0.5
"""How long a person waits for a screen to react before he goes on all the same."""

WALK_S = 0.35
_READ = ("items", "entered", "wanted", "asked", "reason", "chosen", "index", "basket_count", "codes", "code", "scanned")
_STAFF_DOORS = ("pay.attract", "mirror.attract", "shelf.board", "out_of_order")
_STALE_S = 15.0
NOTHING = Act("wait")
STAFF = StoreShopper("staff", 8, "enrolled", False, "00000000")


@dataclass(frozen=True, slots=True)
class Guest:
    """Who stands at a device: shopper, since when, what he does since when, and whether he is going.

    before: what he did before. mask: identity of the person whose picture he holds before his face, None for nobody's.
    """

    shopper: StoreShopper
    came_s: float
    act: Act
    act_s: float
    screen: str
    left_s: float = math.inf
    before: Act = NOTHING
    mask: int | None = None


class Station:
    """A device's place in the store. `due` and `step` run it in the order of time; `see` is what its screen shows."""

    def __init__(self, device: str, place: str, setup: WorldSetup, casting: Casting, shelf: Shelf, ledger: Ledger) -> None:
        self.device, self._place, self._setup = device, place, setup
        self._casting, self._shelf, self._ledger = casting, shelf, ledger
        self._rng = Random(f"{setup.seed}/{place}/{device}")
        self._visit: Visit | None = None
        self._guest: Guest | None = None
        self._errands: list[Errand] = []
        self._seen: Presented | None = None
        self._mark: tuple[str, ...] = ()
        self._mark_s = self._left_s = self._progress_s = 0.0
        self._planned: Act | None = None
        self._planned_s = self._next_come_s = math.inf
        self._touches: list[Touch] = []
        self._scanned: list[str] = []
        self._mask: int | None = None
        self._total = 0

    def send_staff(self, errand: Errand, now: float) -> None:
        """Let staff come as soon as the device is free."""
        self._errands.append(errand)
        self._plan_coming(now)

    def see(self, presented: Presented, now: float) -> list[Touch]:
        """The screen shows this now; return the touches since the last call."""
        facts = presented.facts
        # On a refill the count moves by itself, with the weight; on a count it is what staff looks at.
        count = facts.get("value", "") if facts.get("mode") == "count" else ""
        mark = (presented.screen, *(facts.get(name, "") for name in _READ), count)
        self._seen = presented
        if mark != self._mark:
            if self._mark and presented.screen != self._mark[0]:
                # Touches on a screen that is gone before they could be read mean nothing on the next one.
                self._touches.clear()
            old, self._mark, self._mark_s, self._progress_s = self._mark, mark, now, now
            if self._visit is None:
                self._plan_coming(now)
            else:
                self._notice(old[0] if old else "", presented)
                self._plan(now)
        touches, self._touches = self._touches, []
        return touches

    def guests(self, now: float) -> list[Guest]:
        """Return who is seen at the device: whoever is there, or somebody who is just leaving."""
        guest = self._guest
        return [guest] if guest is not None and now - guest.left_s < 2 * WALK_S else []

    def due(self) -> float:
        """Return the time of the next thing that happens here."""
        if self._visit is None:
            return self._next_come_s
        return min(self._planned_s, self._progress_s + PATIENCE_S / self._setup.pace)

    def step(self) -> None:
        """Let the next thing happen."""
        now = self.due()
        if self._visit is None:
            self._come(now)
        elif self._planned is not None and self._planned_s <= now:
            self._do(self._visit, self._planned, now)
        else:
            self._ledger.walked_off += 1
            self._leave(self._visit, now)

    def _plan_coming(self, now: float) -> None:
        """Somebody comes when the last one is gone and the screen invites; staff also to a screen that is out of order."""
        self._next_come_s = math.inf
        if self._visit is not None or self._seen is None:
            return
        gap = self._rng.uniform(0.3, 0.9) / self._setup.pace
        screen = self._seen.screen
        invited = self._place != "shelf" and screen == f"{self._place}.attract"
        if invited or (self._errands and screen in _STAFF_DOORS):
            self._next_come_s = max(now, self._left_s) + gap
        elif self._place != "shelf" and not screen.startswith(("out_of_order", "staff.")):
            self._next_come_s = max(now, self._left_s) + _STALE_S

    def _come(self, now: float) -> None:
        self._next_come_s = math.inf
        if self._errands and self._seen is not None and self._seen.screen in _STAFF_DOORS:
            errand, who = self._errands.pop(0), STAFF
            if errand.wish == "count":
                errand.pieces = self._shelf.pieces().get(errand.slot, 0)
            visit = Visit("staff", "", pin=self._setup.staff_pin, errand=errand, code=self._setup.staff_badge)
            self._shelf.staff(here=self._place == "shelf", now=now)
        else:
            cast = self._casting.pay(self._rng) if self._place == "pay" else self._casting.mirror(self._rng)
            if cast is None:
                self._next_come_s = now + 1.0
                return
            kind, who = cast
            visit = self._new_visit(kind, who)
        self._visit, self._total = visit, 0
        self._ledger.visits[visit.kind] = self._ledger.visits.get(visit.kind, 0) + 1
        self._guest = Guest(who, now, Act("wait"), now, self._mark[0], mask=self._mask)
        self._progress_s = now
        self._plan(now + WALK_S / self._setup.pace)

    def _new_visit(self, kind: str, who: StoreShopper) -> Visit:
        claimed = self._casting.member(self._rng) if kind in GIVE_UP else who
        claims, self._mask = claimed.phone if claimed else "00000000", claimed.identity if claimed and kind == "spoof" else None
        wants = self._wants() if self._place == "pay" else ()
        # A mirror stands too far away to read a phone that is held up.
        code = self._casting.code(who) if self._place == "pay" else ""
        return Visit(kind, claims, wants, code=code, pin=who.pin, looks=self._rng.choice((1, 1, 2)))

    def _wants(self) -> tuple[str, ...]:
        """What is carried from the shelf goes first; the rest comes from elsewhere in the store. No two of the same."""
        count = self._rng.choice((1, 1, 1, 2, 2, 3))
        known = [p.gtin for p in self._setup.products]
        carried = [p.gtin for p in self._shelf.carried if p.gtin in known]
        return tuple(dict.fromkeys([*carried, *self._rng.sample(known, len(known))]))[:count]

    def _notice(self, before: str, presented: Presented) -> None:
        """Remember what the new screen says about how it went."""
        visit, screen, ledger = self._visit, presented.screen, self._ledger
        if visit is None:
            return
        total = presented.facts.get("total_minor", "")
        if total.isdigit():
            self._total = int(total)
        if screen == before:
            return
        first_paid = screen in ("pay.paid", "pay.cash") and not visit.done
        noticed(visit, screen)
        if first_paid:
            tender = "cash" if screen == "pay.cash" else visit.tender or "face"
            ledger.tenders[tender] = ledger.tenders.get(tender, 0) + 1
            ledger.sales, ledger.total_minor = ledger.sales + 1, ledger.total_minor + self._total
            ledger.strangers_accepted += visit.kind == "stranger"
            ledger.spoofs_accepted += visit.kind == "spoof"
            self._shelf.sold(visit.wants)
        elif screen == "pay.refused":
            ledger.strangers_refused += visit.kind == "stranger"
            ledger.spoofs_refused += visit.kind == "spoof"
            ledger.members_refused += visit.kind not in GIVE_UP

    def _plan(self, now: float) -> None:
        """Decide what to do on the present screen, and when: after the time that eyes and hand need."""
        if self._visit is None or self._seen is None:
            return
        self._planned = decide(self._visit, self._seen.screen, self._seen.facts)
        self._planned_s = now + self._delay(self._planned)

    def _delay(self, act: Act) -> float:
        pace, screen = self._setup.pace, self._mark[0]
        if act.kind == "look" and act.what:
            return self._rng.uniform(0.05, 0.2) / pace  # a ring that moves is followed, not thought about
        if act.what.startswith("key:"):
            return self._rng.uniform(0.15, 0.25) / pace
        if screen == "mirror.tryon" and act.what in ("next", "add"):
            return self._rng.uniform(0.7, 1.2) / pace
        return self._rng.uniform(0.15, 0.4) / pace

    def _do(self, visit: Visit, act: Act, now: float) -> None:
        self._planned_s = now + REPEAT_S
        if act.kind == "leave":
            self._leave(visit, now)
            return
        if act.kind == "wait":
            self._planned_s = math.inf
        elif act.kind == "touch":
            self._touch(visit, act.what, now)
        elif act.kind == "read_code":
            self._planned_s = math.inf
            visit.read = self._mark[0] == "my.data"
            (self._ledger.pages if visit.read else self._ledger.codes).append(act.what)
        elif act.kind == "put":
            self._put(visit, now)
        elif act.kind == "scan":
            self._scan(visit)
        elif act.kind == "show_item":
            visit.shown = True
        elif act.kind == "show_code" and self._guest is not None and self._guest.act != act:
            self._casting.code_shown(self._guest.shopper)
        guest = self._guest
        if guest is not None and (guest.act != act or act.kind != "look"):
            self._guest = replace(guest, act=act, act_s=now, screen=self._mark[0], before=guest.act)

    def _touch(self, visit: Visit, target: str, now: float) -> None:
        box = self._seen.targets.get(target) if self._seen else None
        if box is None:
            return
        self._touches.append(self._finger(box))
        touched(visit, self._mark[0], target)
        if self._seen is not None and decide(visit, self._seen.screen, self._seen.facts) != self._planned:
            # What he remembers goes on even if the screen shows no change; but first he gives it time to show one.
            self._plan(now)
            self._planned_s = max(self._planned_s, now + REACTION_S)

    def _finger(self, box: Box) -> Touch:
        x, y, width, height = box
        return Touch(round(x + width * self._rng.uniform(0.35, 0.65)), round(y + height * self._rng.uniform(0.35, 0.65)))

    def _scan(self, visit: Visit) -> None:
        if visit.errand is not None:
            visit.errand.scans += 1
            self._scanned.append(next(cell.gtin for cell in self._setup.cells if cell.slot == visit.errand.slot))

    def codes(self) -> list[str]:
        """Return what the hand-held scanner has read since the last call."""
        codes, self._scanned = self._scanned, []
        return codes

    def _put(self, visit: Visit, now: float) -> None:
        errand = visit.errand
        if errand is None:
            return
        end = self._shelf.order(now, errand.slot, errand.pieces, "staff")
        errand.pieces = 0
        self._ledger.refills += 1
        self._planned, self._planned_s = decide(visit, self._mark[0], self._seen.facts if self._seen else {}), end + 2.0
        self._progress_s = end

    def _leave(self, visit: Visit, now: float) -> None:
        guest = self._guest
        if guest is not None:
            if visit.kind == "staff":
                self._shelf.staff(here=False, now=now)
                if visit.errand is not None and not visit.errand.done:
                    # The mirror took staff for a shopper, or nobody answered: staff steps aside and comes again.
                    self._errands.insert(0, visit.errand)
            else:
                self._casting.gone(guest.shopper, joined=visit.enrolled, left=visit.read)
                self._ledger.enrolled += visit.enrolled
            self._guest = replace(guest, act=Act("leave"), act_s=now, screen=self._mark[0], left_s=now, before=guest.act)
        self._visit, self._planned, self._planned_s, self._left_s = None, None, math.inf, now
        self._plan_coming(now)
