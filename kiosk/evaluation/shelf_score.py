"""How well detected actions agree with the truth: the rules of the match, and the figures.

Two true actions in one cell under 2 s count as one (what cancels out is none). A detected action matches a true one in the same cell, of
the same sign, within 4 s of the settled weight; one to one, nearest first. Net error: what is booked for a cell against what left it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.devices.scale_trace import Action, Trace

WITHIN_S = 4.0
ONE_ACTION_S = 2.0


@dataclass(frozen=True, slots=True)
class Detected:
    """An action that a detector reports. product: "" when it is unsure which; pieces keeps the sign even then."""

    time_s: float
    cells: tuple[str, ...]
    product: str
    pieces: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one trace, or of many: they add up."""

    hours: float = 0.0
    true: int = 0
    found: int = 0
    matched: int = 0
    quantity_exact: int = 0
    net_error: int = 0
    picks: int = 0
    identified: int = 0
    wrong: int = 0
    missed_picks: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))

    def figures(self) -> dict[str, float]:
        """Return the figures: shares 0..1 but for counts, hours and pieces per hour."""
        unsure = self.picks - self.identified - self.wrong
        return {
            "hours": round(self.hours, 3), "true_actions": self.true, "detected_actions": self.found,
            "precision": _share(self.matched, self.found), "recall": _share(self.matched, self.true),
            "f1": _share(2 * self.matched, self.found + self.true), "quantity_exact": _share(self.quantity_exact, self.true),
            "net_error_per_hour": round(self.net_error / self.hours, 4) if self.hours else 0.0,
            "true_picks": self.picks, "identified": _share(self.identified, self.picks), "wrong": _share(self.wrong, self.picks),
            "unsure": _share(unsure, self.picks), "of_these_missed": _share(self.missed_picks, self.picks),
        }


def score(trace: Trace, detected: Sequence[Detected]) -> Tally:
    """Return the counts of one trace. A true pick that is not found counts as unsure; identified asks for the product alone."""
    truth = merge(trace.truth)
    pairs = match(truth, detected)
    picks = [i for i, a in enumerate(truth) if a.pieces < 0]
    named = [(truth[i], detected[pairs[i]]) for i in picks if i in pairs and detected[pairs[i]].product]
    return Tally(
        hours=trace.hours, true=len(truth), found=sum(1 for d in detected if d.pieces), matched=len(pairs),
        quantity_exact=sum(truth[i].pieces == detected[j].pieces for i, j in pairs.items()),
        net_error=_net_error(trace.truth, detected), picks=len(picks),
        identified=sum(a.product == d.product for a, d in named), wrong=sum(a.product != d.product for a, d in named),
        missed_picks=sum(i not in pairs for i in picks),
    )


def merge(truth: Iterable[Action]) -> list[Action]:
    """Return the true actions, those of one product on the same cells that settle within 2 s of the one before as one."""
    groups: dict[tuple[str, tuple[str, ...]], list[list[Action]]] = defaultdict(list)
    for action in sorted(truth, key=lambda a: a.time_s):
        chain = groups[action.product, action.cells]
        if chain and action.time_s - chain[-1][-1].time_s < ONE_ACTION_S:
            chain[-1].append(action)
        else:
            chain.append([action])
    runs = [run for chain in groups.values() for run in chain]
    merged = [Action(run[-1].time_s, run[0].cells, run[0].product, sum(a.pieces for a in run)) for run in runs]
    return sorted((a for a in merged if a.pieces), key=lambda a: a.time_s)


def match(truth: Sequence[Action], detected: Sequence[Detected]) -> dict[int, int]:
    """Return index of a true action -> index of the detected one that it is, nearest pairs first."""
    near = sorted((abs(a.time_s - d.time_s), i, j) for i, a in enumerate(truth) for j, d in enumerate(detected)
                  if abs(a.time_s - d.time_s) <= WITHIN_S and a.pieces * d.pieces > 0 and set(a.cells) & set(d.cells))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _net_error(truth: Iterable[Action], detected: Iterable[Detected]) -> int:
    """Pieces by which booked stock and real stock differ at the end, summed over products; what is unsure is not booked."""
    off: dict[str, int] = defaultdict(int)
    for action in truth:
        off[action.product] += action.pieces
    for one in detected:
        if one.product:
            off[one.product] -= one.pieces
    return sum(map(abs, off.values()))


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
