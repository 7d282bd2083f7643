"""The shelf of the simulated store: pieces that lie on load cells, hands that move them, and what the cells weigh meanwhile.

Physics, stated: a piece weighs its unit weight with a spread of 0.8 % (standard deviation). A cell shows the sum, plus white noise of
NOISE_G, plus a slow drift of DRIFT_G (a sine of DRIFT_PERIOD_S with a phase of its own), plus, while a hand moves something, the
hand's push (half a sine over 0.4 s, 20 to 80 g) and a ringing of 5 Hz that dies within about 0.2 s.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from random import Random

import numpy as np

from kiosk.devices.simulated.setup import ShelfCell, WorldSetup
from kiosk.errors import WorldError

NOISE_G = 0.8
DRIFT_G = 0.8
DRIFT_PERIOD_S = 240.0
PIECE_SPREAD = 0.008
SETTLED_AFTER_S = 0.6
"""After a hand begins, its goods' weight has settled."""
_WEIGHS_ITSELF_S = 5.0
_REACH_S = 0.8
"""A hand is before the shelf's camera so long before and after its goods move."""
_HAND_S, _RING_HZ, _RING_S, _SETTLED_S = 0.4, 5.0, 0.06, 1.5


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of goods with its RFID tag."""

    tag: str
    gtin: str
    grams: float


@dataclass(frozen=True, slots=True)
class _Move:
    at_s: float
    grams: float
    push_g: float

    def weighs(self, t: float) -> float:
        """Return what this move adds to its cell at time `t`, in grams."""
        x = t - self.at_s
        if x < 0:
            return 0.0
        push = self.push_g * math.sin(math.pi * x / _HAND_S) if x < _HAND_S else 0.0
        x -= _HAND_S / 2
        if x < 0:
            return push
        return push + self.grams * (1.0 - math.exp(-x / _RING_S) * math.cos(2 * math.pi * _RING_HZ * x))


class _CellState:
    def __init__(self, cell: ShelfCell, index: int, rng: Random) -> None:
        self.cell, self.index, self._rng, self._serial = cell, index, rng, 0
        self.pieces = [self.new_piece() for _ in range(cell.pieces)]
        self.settled_g = sum(p.grams for p in self.pieces)
        self.moves: deque[_Move] = deque()
        self.phase = rng.uniform(0, 2 * math.pi)
        self.busy_until = 0.0

    def new_piece(self) -> Piece:
        self._serial += 1
        grams = self.cell.unit_weight_g * (1 + self._rng.gauss(0, PIECE_SPREAD))
        return Piece(f"{self.cell.gtin}.{self.cell.slot}.{self._serial}", self.cell.gtin, grams)

    def move(self, at_s: float, grams: float) -> None:
        while self.moves and at_s - self.moves[0].at_s > 2 * _SETTLED_S:
            self.settled_g += self.moves.popleft().grams
        push = self._rng.uniform(20, 80) * (1 if grams > 0 else -1 if self._rng.random() < 0.3 else 1)
        self.moves.append(_Move(at_s, grams, push))
        self.busy_until = max(self.busy_until, at_s + _SETTLED_S)


@dataclass(frozen=True, slots=True)
class _Hand:
    at_s: float
    slot: str
    pieces: int
    who: str


class Shelf:
    """The state of the shelf. `due` and `step` let the world run it in the order of time; nothing here looks at a clock.

    moved: every hand that moved goods: when it began, slot, GTIN, signed pieces.
    """

    def __init__(self, setup: WorldSetup) -> None:
        self._setup, self._rng = setup, Random(f"{setup.seed}/shelf")
        self._cells = {c.slot: _CellState(c, i, Random(f"{setup.seed}/cell/{c.slot}")) for i, c in enumerate(setup.cells)}
        self._hands: list[_Hand] = []
        self._next_visit_s = 1.5 / setup.pace if setup.cells and not setup.shelf_waits else math.inf
        self._visits = 0
        self._staff_here = False
        self.carried: deque[Piece] = deque()
        self.moved: list[tuple[float, str, str, int]] = []
        self.counts = {"picked": 0, "put_back": 0, "refilled": 0, "emptied_slots": 0, "only_touched": 0}

    def due(self) -> float:
        """Return the time of the next thing that happens here."""
        hand = min((h.at_s for h in self._hands), default=math.inf)
        return min(hand, math.inf if self._staff_here else self._next_visit_s)

    def step(self) -> None:
        """Let the next thing happen."""
        now = self.due()
        for hand in [h for h in self._hands if h.at_s <= now]:
            self._hands.remove(hand)
            self._reach(hand)
        if not self._staff_here and self._next_visit_s <= now:
            self._visit(now)

    def seen(self, now: float) -> None:
        """The shelf's screen is lit: whoever has waited for it may come once the shelf had time to weigh itself."""
        if self._setup.shelf_waits and math.isinf(self._next_visit_s) and self._cells:
            self._next_visit_s = now + _WEIGHS_ITSELF_S

    def staff(self, here: bool, now: float) -> None:
        """Let shoppers stay away from the shelf while staff works at it."""
        self._staff_here = here
        if not here:
            self._next_visit_s = max(self._next_visit_s, now + 1.0 / self._setup.pace)

    def order(self, at_s: float, slot: str, pieces: int, who: str) -> float:
        """Plan that somebody takes (negative) or lays down (positive) pieces, up to three at a time; return when the last hand is gone."""
        if slot not in self._cells:
            raise WorldError(f"the simulated shelf has no slot {slot!r}")
        left, sign = abs(pieces), 1 if pieces > 0 else -1
        while left:
            handful = min(left, self._rng.choice((1, 2, 3)))
            self._hands.append(_Hand(at_s, slot, sign * handful, who))
            left, at_s = left - handful, at_s + self._rng.uniform(0.5, 0.8) / self._setup.pace
        return at_s

    def sold(self, gtins: tuple[str, ...]) -> None:
        """Let goods that were carried about leave the store."""
        for code in gtins:
            piece = next((p for p in self.carried if p.gtin == code), None)
            if piece is not None:
                self.carried.remove(piece)

    def grams(self, t: float) -> dict[str, float]:
        """Return what every cell shows at time `t`, in grams."""
        return {slot: self._grams(state, t) for slot, state in self._cells.items()}

    def pieces(self) -> dict[str, int]:
        """Return how many pieces lie in every slot."""
        return {slot: len(state.pieces) for slot, state in self._cells.items()}

    def reaching(self, t: float) -> str:
        """Return the slot that a hand is in at time `t`, "" when there is none: it comes before its goods move and goes after."""
        near = [(abs(m.at_s - t), slot) for slot, state in self._cells.items() for m in state.moves if abs(m.at_s - t) < _REACH_S]
        coming = [(h.at_s - t, h.slot) for h in self._hands if h.at_s - t < _REACH_S]
        return min(near + coming, default=(0.0, ""))[1]

    def tags(self) -> dict[str, str]:
        """Return tag -> where its piece is: "shelf:<slot>" or "carried"."""
        lying = {p.tag: f"shelf:{slot}" for slot, state in self._cells.items() for p in state.pieces}
        return lying | {p.tag: "carried" for p in self.carried}

    def _grams(self, state: _CellState, t: float) -> float:
        noise = np.random.default_rng((self._setup.seed & 0xFFFFFFFF, state.index, int(t * 1000))).standard_normal() * NOISE_G
        drift = DRIFT_G * math.sin(2 * math.pi * t / DRIFT_PERIOD_S + state.phase)
        return state.settled_g + sum(m.weighs(t) for m in state.moves) + float(noise) + drift

    def _reach(self, hand: _Hand) -> None:
        state = self._cells[hand.slot]
        before = len(state.pieces)
        if hand.pieces < 0:
            taken = [state.pieces.pop() for _ in range(min(-hand.pieces, len(state.pieces)))]
            self.carried.extend(taken)
            self.counts["picked"] += len(taken)
            grams = -sum(p.grams for p in taken)
        elif hand.who == "staff":
            new = [state.new_piece() for _ in range(hand.pieces)]
            state.pieces.extend(new)
            self.counts["refilled"] += len(new)
            grams = sum(p.grams for p in new)
        else:
            back = [p for p in self.carried if p.gtin == state.cell.gtin][:hand.pieces]
            for piece in back:
                self.carried.remove(piece)
            state.pieces.extend(back)
            self.counts["put_back"] += len(back)
            grams = sum(p.grams for p in back)
        if grams:
            state.move(hand.at_s, grams)
            self.moved.append((hand.at_s, hand.slot, state.cell.gtin, len(state.pieces) - before))

    def _visit(self, now: float) -> None:
        """One shopper takes something. Every sixth only touches the goods; every fourth puts one piece back and every ninth empties a
        slot, where the cast has such people.
        """
        self._visits += 1
        pace, roles = self._setup.pace, {s.role for s in self._setup.shoppers}
        self._next_visit_s = now + self._rng.uniform(3.0, 6.0) / pace
        free = [s for s in self._cells.values() if s.pieces and s.busy_until <= now]
        if not free:
            return
        state = self._rng.choice(free)
        if self._visits % 6 == 5:
            state.move(now, 0.0)
            self.counts["only_touched"] += 1
            return
        if "empties" in roles and self._visits % 9 == 3:
            state = min(free, key=lambda s: (len(s.pieces), s.index))
            self.counts["emptied_slots"] += 1
            end = self.order(now, state.cell.slot, -len(state.pieces), "empties")
        else:
            end = self.order(now, state.cell.slot, -min(len(state.pieces), self._rng.choice((1, 1, 1, 2, 2, 3))), "shopper")
            if "puts_back" in roles and self._visits % 4 == 2:
                end = self.order(end + 2.0 / pace, state.cell.slot, 1, "puts_back")
        state.busy_until = end + _SETTLED_S
        self._next_visit_s = max(self._next_visit_s, end + 0.5 / pace)
