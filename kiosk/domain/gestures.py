"""Two gestures and no others: a hand held on a hot-spot presses it, a hand that is swept aside changes what is worn.

People before a mirror move their arms all the time, so a gesture has to look meant: the trunk stands still, one hand is raised and the
other hangs, and the raised hand rests before it does anything. Lengths are in shoulder widths: it does not matter how near somebody stands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import hypot
from typing import Final, TypeVar

HOLD_S: Final = 1.5
"""So long a hand rests on a hot-spot until it is pressed."""
_ARM_S: Final = 0.24
"""So long a raised hand rests before a swipe begins."""
_LEAVES_S: Final = 0.2
"""So long before a swipe's own way begins a hand may have left the place where it rested: it is often seen only then."""
_BETWEEN: Final = 0.12
"""A hand that is seen so far from both ends of a swipe, as a part of it, is seen on its way."""
_SURE, _HANGS = 0.5, 0.85
"""A hand that is seen so well is there; and one that hangs is seen so well that it is no guess."""
_CALM_S: Final = 1.2
"""So long the trunk has been standing still."""
_CALM: Final = 0.14
"""How far a trunk that stands still moves in that time."""
_REST: Final = 0.18
"""How far a hand that rests moves."""
_DRIFT_S: Final = 0.5
"""A hand that settles on a hot-spot, or tires, may drift: where it rests follows it this slowly."""
_SWEEP, _SWEEP_S, _SLOPE = 0.42, (0.12, 0.7), 0.5
"""A swipe's least way, its least and longest time, and how much it may rise or fall on that way."""
_AGAIN_S: Final = 1.0
"""Nothing is taken for a gesture so soon after one."""
_GAP_S: Final = 0.6
"""When a hand was not seen for longer, it begins anew."""
_KEPT_S: Final = 2.0

Point = tuple[float, float]
"""x, y in pixels of the camera's picture, origin top-left, as the camera sees it."""
_P = TypeVar("_P", bound=Point | None)


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand. at: its middle; raised: it is lifted above its elbow or held out; rests: it hangs beside the body.

    seen: how well, 0..1; before the trunk a hand is often guessed, low and as if it hung, and the guess may be far off. held: where the end
    of an arm that is held out stands before the background, None when it doesn't: better than the guess where a hand is held still.
    """

    at: Point
    raised: bool
    rests: bool
    seen: float = 1.0
    held: Point | None = None


@dataclass(frozen=True, slots=True)
class Posture:
    """A body as far as gestures need it. time_s: of the frame, monotonic; trunk: its middle; width: of the shoulders in pixels.

    facing: the shoulders are turned to the camera. hands: (the person's own left, right), None for one that is not seen. watched: what
    stands before the background is known, so that a hand which presses is `held`, and a mere guess presses nothing.
    """

    time_s: float
    trunk: Point
    width: float
    facing: bool
    hands: tuple[Hand | None, Hand | None]
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Gesture:
    """What was understood. pressed: the hot-spot's name, "" for none; swipe: "next", "previous" or "".

    spot, progress: the hot-spot on which a hand rests, and how much of the time has passed, 0..1. hand: where a hand that may press is.
    """

    pressed: str = ""
    swipe: str = ""
    spot: str = ""
    progress: float = 0.0
    hand: Point | None = None


NOTHING: Final = Gesture()


@dataclass(slots=True)
class _Track:
    """Where one hand was.

    on: the hot-spot that it rests on since on_s; anchor: where it has been of late; seen_s, held_s: when it was last seen, held out.
    """

    path: deque[tuple[float, Point | None]]
    on: str = ""
    on_s: float = 0.0
    seen_s: float = 0.0
    anchor: Point = (0.0, 0.0)
    held_s: float = float("-inf")


class Gestures:
    """Reads postures one by one, in the order of time."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was seen: somebody else stands there."""
        self._trunk: deque[tuple[float, Point]] = deque()
        self._hands = (_Track(deque()), _Track(deque()))
        self._quiet_until_s = float("-inf")

    def feed(self, seen: Posture | None, spot_at: Callable[[Point], str]) -> Gesture:
        """Take a posture, None when nobody is seen. spot_at: the hot-spot under a point of the picture, "" for none."""
        if seen is None:
            self.reset()
            return NOTHING
        _keep(self._trunk, seen.time_s, seen.trunk)
        calm = seen.facing and self._calm(seen)
        meant = [_Meant(track, hand, other) for track, hand, other in
                 ((self._hands[0], seen.hands[0], seen.hands[1]), (self._hands[1], seen.hands[1], seen.hands[0]))]
        found, up = NOTHING, None
        for one in meant:
            hangs = one.hand is not None and one.hand.rests and one.hand.seen >= _HANGS and one.hand.held is None
            if not calm or hangs or not (one.other is None or one.other.rests):
                _forget(one.track)
                continue
            _keep(one.track.path, seen.time_s, _sure(one.hand))
            if not seen.watched or (one.hand is not None and one.hand.held is not None):
                one.track.held_s = seen.time_s
            held = self._hold(one.track, one.hand, seen, spot_at) if one.hand is not None else NOTHING
            if one.hand is not None and held.progress >= found.progress:
                found, up = held, _up(one.hand, seen) or up
            swiped = self._swiped(one.track, seen)
            if swiped and seen.time_s >= self._quiet_until_s:
                found = Gesture(swipe=swiped)
                break
        if found.pressed or found.swipe:
            self._quiet_until_s = seen.time_s + _AGAIN_S
            for track in self._hands:
                _forget(track)
        return replace(found, hand=up)

    def _calm(self, seen: Posture) -> bool:
        """Whether the trunk has been standing still for long enough."""
        lately = [point for time_s, point in self._trunk if time_s >= seen.time_s - _CALM_S]
        known_s = seen.time_s - self._trunk[0][0]
        return known_s >= _CALM_S and _spread(lately) <= _CALM * seen.width

    def _hold(self, track: _Track, hand: Hand, seen: Posture, spot_at: Callable[[Point], str]) -> Gesture:
        up = _up(hand, seen)
        at, raised = up or hand.at, up is not None
        spot = spot_at(at) if raised else ""
        moved = hypot(at[0] - track.anchor[0], at[1] - track.anchor[1]) > _REST * seen.width
        if raised and spot != track.on and not moved and spot_at(_between(at, track.anchor)) == track.on:
            spot = track.on  # a hand that trembles on a hot-spot's edge has not left it
        if not spot or spot != track.on or moved:
            track.on, track.on_s, track.anchor = spot, seen.time_s, at
        track.anchor = _between(track.anchor, at, min(1.0, (seen.time_s - track.seen_s) / _DRIFT_S))
        track.seen_s = seen.time_s
        if not spot or seen.time_s < self._quiet_until_s:
            track.on_s = seen.time_s
            return NOTHING
        progress = min(1.0, (seen.time_s - track.on_s) / HOLD_S)
        return Gesture(spot if progress >= 1.0 else "", "", spot, progress)

    def _swiped(self, track: _Track, seen: Posture) -> str:
        """Return which way a hand was swept after it had rested; as the mirror shows it, to the right is "next"."""
        path = list(track.path)
        end = path[-1][1] if seen.time_s - track.held_s <= _SWEEP_S[1] else None  # one end of a sweep is outwards of the trunk
        for first in range(len(path) - 2, -1, -1):
            begun_s, start = path[first]
            lasted = seen.time_s - begun_s
            if end is None or lasted > _SWEEP_S[1]:
                return ""
            if start is None:
                continue
            across, down = end[0] - start[0], end[1] - start[1]
            if lasted < _SWEEP_S[0] or abs(across) < _SWEEP * seen.width or abs(down) > _SLOPE * abs(across):
                continue
            if _passes(path[first:]) and _rested(path[: first + 1], seen.width):
                return "next" if across < 0 else "previous"  # the camera sees a shopper's right on its left
        return ""


def _up(hand: Hand, seen: Posture) -> Point | None:
    """Return where a hand is that is lifted or held out, None for one that isn't."""
    return hand.held or (hand.at if hand.raised and not seen.watched else None)


def _sure(hand: Hand | None) -> Point | None:
    """Return where a hand is that is no guess, None when it may be one."""
    if hand is None:
        return None
    return hand.held or (hand.at if hand.seen >= _SURE and not hand.rests else None)


def _passes(path: list[tuple[float, Point | None]]) -> bool:
    """Whether a hand was seen on its way, too: a guess that is put right jumps, a hand does not."""
    seen = [point[0] for _, point in path if point is not None]
    way = seen[-1] - seen[0]
    return any(_BETWEEN < (x - seen[0]) / way < 1 - _BETWEEN for x in seen)


def _rested(path: list[tuple[float, Point | None]], width: float) -> bool:
    """Whether a hand rested until a moment before the end of its path; where it was not seen for sure it may have rested."""
    for last in range(len(path) - 1, -1, -1):
        if path[-1][0] - path[last][0] > _LEAVES_S:
            return False
        lately = [point for time_s, point in path[: last + 1] if time_s >= path[last][0] - _ARM_S]
        known_s = path[last][0] - path[0][0]
        if known_s >= _ARM_S and _spread([point for point in lately if point is not None]) <= _REST * width:
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Meant:
    track: _Track
    hand: Hand | None
    other: Hand | None


def _keep(path: deque[tuple[float, _P]], time_s: float, point: _P) -> None:
    if path and not 0 <= time_s - path[-1][0] <= _GAP_S:
        path.clear()
    path.append((time_s, point))
    while time_s - path[0][0] > _KEPT_S:
        path.popleft()


def _forget(track: _Track) -> None:
    track.path.clear()
    track.on = ""


def _between(first: Point, second: Point, share: float = 0.5) -> Point:
    return first[0] + share * (second[0] - first[0]), first[1] + share * (second[1] - first[1])


def _spread(points: list[Point]) -> float:
    """Return the longer side of the box around points."""
    if not points:
        return 0.0
    return max(max(p[k] for p in points) - min(p[k] for p in points) for k in range(2))
