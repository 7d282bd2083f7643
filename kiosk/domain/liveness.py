"""Is it a living person: judged from how a face moved while it was asked to move, and from what a picture alone betrays.

Three questions, each with its rule. Did it do what was asked, when it was asked (`answer`)? Does its motion show the depth of a head
(`flat`)? A sheet of paper or a telephone moves as one plane, or as a bent one; a nose does not stay in that plane. Do its pictures look
like pictures of pictures (`passive`), or does a depth camera see none (`depth`)? All limits were set on rendered people.

The limits are not a certified defence (ISO 30107-3): a 2D camera, for low value only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.challenge import NEAR, TURN, Ask, Challenge, Step

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

_EYES = ((33, 133), (362, 263))
_RESTS_S = 0.25
_LAG_STEP_S = 0.05
_SETTLED = 0.45
_SOON_S = 0.1
_AHEAD, _RESTS = 0.12, 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a living person ends.

    turn: parallax that counts as a turn, as sine of the angle; stray: of that, how much may be seen where none is asked. near: growth that
    counts as coming closer, natural logarithm; far: of that, how much elsewhere. follows: share of the motion that what was asked
    explains, each thing at its time. relief: depth seen over depth that the turn would show of a head, plus half of how far asked eyes
    closed, at most a quarter: a bent sheet comes near a head's depth, but shuts no eyes; dark glasses hide eyes, but not depth. passive:
    highest mean of what single pictures look like. depth_mm: what a depth camera must see between nose and cheeks. lag_s: fastest and
    slowest reaction. frames: fewest that tell anything; gap_s: longest time without a face.
    """

    turn: float = 0.16
    stray: float = 0.75
    near: float = 0.06
    far: float = 0.9
    follows: float = 0.70
    relief: float = 0.82
    passive: float = 0.85
    depth_mm: float = 8.0
    lag_s: tuple[float, float] = (0.10, 0.60)
    frames: int = 15
    gap_s: float = 0.8


LIMITS = Limits()
"""The shipped ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A face over the frames of one attempt, n frames with k landmarks.

    times_s: (n,) float64, seconds since the attempt began, rising. points: (n, k, 2) float32 pixels, x to the right, y down, numbered as
    MediaPipe's mesh. claimed: (k,) float32, how far each point would lie away from the camera if this were a head, pixels of the first
    frames. openness: (n, 2) float64 of both eyes in any unit, larger is wider open. passive: (n,) float64, 0 looks alive .. 1 looks
    copied, NaN where nothing was asked. depth_mm: (n,) float64 from nose to cheeks by a depth camera, NaN without one.
    """

    times_s: Doubles
    points: Floats
    claimed: Floats
    openness: Doubles
    passive: Doubles
    depth_mm: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What one frame says of the face that is followed; as in `Track`, of which it is one row. landmarks: (k, 3) float32."""

    time_s: float
    landmarks: Floats
    openness: tuple[float, float]
    passive: float = math.nan
    depth_mm: float = math.nan


def track_of(sightings: Sequence[Sighting]) -> Track:
    """Put sightings, at least one, together; what the first three claim of depth is what the head is held to."""
    landmarks = np.stack([sighting.landmarks for sighting in sightings])
    times_s, openness, passive, depth_mm = (np.array(column, np.float64) for column in zip(
        *((sighting.time_s, sighting.openness, sighting.passive, sighting.depth_mm) for sighting in sightings), strict=True))
    return Track(times_s, landmarks[:, :, :2], np.median(landmarks[:3, :, 2], axis=0), openness, passive, depth_mm)


@dataclass(frozen=True, slots=True)
class Verdict:
    """live: whether all rules hold; rule: the first that does not, "live" when all do.

    margin: the smallest measured value over its limit: 1.0 is just alive. scores: what each rule measured.
    """

    live: bool
    rule: str
    margin: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What a track does, each (n,) float64.

    turn: parallax, about the sine of the head's yaw, > 0 to the shopper's left; 0 for anything flat. squeeze: how much narrower the face
    has become against its height, 0..1: one minus the cosine of whatever turned it. near: logarithm of its growth.
    """

    turn: Doubles
    squeeze: Doubles
    near: Doubles


def motion(track: Track, rests_until_s: float) -> Motion:
    """Measure a track against its first frames, up to `rests_until_s`.

    Each frame's points are explained as far as possible by a bent plane: a polynomial of second degree in the places of the first frames,
    which covers turning, perspective and a bend. What is left along the face's own horizontal is compared with the claimed depth,
    freed of the same polynomials: a head leaves its sine times the depth, a plane next to nothing.
    """
    calm = track.times_s <= max(rests_until_s, float(track.times_s[0]) + _RESTS_S)
    rest = np.median(track.points[calm], axis=0).astype(np.float64)
    size = float(np.linalg.norm(rest[list(_EYES[1])].mean(axis=0) - rest[list(_EYES[0])].mean(axis=0)))
    x, y = ((rest - rest.mean(axis=0)) / size).T
    bent = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    explained, _ = np.linalg.qr(bent)
    depth = track.claimed.astype(np.float64) / size
    depth -= explained @ (explained.T @ depth)
    straight = np.linalg.pinv(bent[:, :3])[1:]
    rows = [_frame(points.astype(np.float64), straight, explained, depth) for points in track.points]
    turn, squeeze, grown = np.array(rows).T
    return Motion(turn, squeeze, np.log(grown / size))


def _frame(points: Doubles, straight: Doubles, explained: Doubles, depth: Doubles) -> tuple[float, float, float]:
    """Turn, squeeze and scale of one frame."""
    across = straight @ points
    scale = float(np.linalg.norm(across, ord=2))
    way = across[0] / max(float(np.linalg.norm(across[0])), 1e-9)
    left_over = points - explained @ (explained.T @ points)
    turn = -float((left_over @ way) @ depth) / max(float(depth @ depth), 1e-9) / max(scale, 1e-9)
    return turn, 1 - abs(float(np.linalg.det(across))) / max(scale, 1e-9) ** 2, scale


def judge(challenge: Challenge, track: Track, limits: Limits = LIMITS) -> Verdict:
    """Judge one attempt. Rules, in the order in which they are asked: too_few, answer, flat, passive, depth; else live."""
    if not _seen_throughout(challenge, track, limits):
        return Verdict(False, "too_few")
    times_s, moved = track.times_s, motion(track, challenge.steps[0].from_s)
    lag_s, follows = _best_lag(challenge, times_s, moved, limits)
    shut = _shut(challenge, track, moved, lag_s)
    measured = {
        "answer": min(follows / limits.follows, *(_fit(step, times_s, moved, lag_s, limits) for step in challenge.steps)),
        "flat": _ratio(_relief(challenge, times_s, moved, lag_s) + 0.5 * min(shut, 0.5), limits.relief),
        "passive": _ratio(1 - _mean(track.passive), 1 - limits.passive),
        "depth": _ratio(_mean(track.depth_mm), limits.depth_mm),
    }
    rule = next((name for name, margin in measured.items() if margin < 1.0), "live")
    return Verdict(rule == "live", rule, min(measured.values()), measured | {"lag_s": lag_s, "follows": follows, "shut": shut})


def _ratio(value: float, limit: float) -> float:
    """How far a value is above its limit, 1.0 at it; a value that nobody measured does not count."""
    return math.inf if math.isnan(value) or limit <= 0 else value / limit


def _seen_throughout(challenge: Challenge, track: Track, limits: Limits) -> bool:
    edges = [0.0, *track.times_s, challenge.ends_s]
    return len(track.times_s) >= limits.frames and max(later - earlier for earlier, later in pairwise(edges)) <= limits.gap_s


def _best_lag(challenge: Challenge, times_s: Doubles, moved: Motion, limits: Limits) -> tuple[float, float]:
    """The one reaction time that fits best, and how well the whole motion follows what was wanted: 1.0 exactly, 0 and less not at all."""
    first, last = limits.lag_s
    lags = np.arange(first, last + 1e-9, _LAG_STEP_S)
    follows = [_follows(challenge.wanted(times_s - lag), moved) for lag in lags]
    best = int(np.argmax(follows))
    return float(lags[best]), follows[best]


def _follows(wanted: Doubles, moved: Motion) -> float:
    """Share of the motion's variance that what was wanted explains, how far being free; of turning and nearing the worse."""
    left, right, near = np.maximum(wanted[:, TURN], 0), np.maximum(-wanted[:, TURN], 0), wanted[:, NEAR]
    far = np.array([_amount(left, moved.turn), _amount(right, -moved.turn), _amount(near, moved.near)])
    explained = [_explained(moved.turn, far[0] * left - far[1] * right)]
    if near.any():
        explained.append(_explained(moved.near, far[2] * near))
    return min(explained)


def _amount(wanted: Doubles, seen: Doubles) -> float:
    return max(float(wanted @ seen) / float(wanted @ wanted), 0.0) if wanted.any() else 0.0


def _explained(seen: Doubles, told: Doubles) -> float:
    return 1 - float(((seen - told) ** 2).sum()) / max(float((seen**2).sum()), 1e-9)


def _fit(step: Step, times_s: Doubles, moved: Motion, lag_s: float, limits: Limits) -> float:
    """How well one step was answered: 1.0 is just enough. What is not asked for must not be done either."""
    seen = _settled(step, times_s, lag_s)
    if not seen.any():
        return 0.0
    turn, near = float(np.median(moved.turn[seen])), float(np.median(moved.near[seen]))
    if step.ask in (Ask.LEFT, Ask.RIGHT):
        return (turn if step.ask is Ask.LEFT else -turn) / limits.turn
    stray = limits.turn * limits.stray / max(abs(turn), 1e-9)
    if step.ask is Ask.CLOSER:
        return min(stray, near / limits.near)
    return min(stray, limits.near * limits.far / max(near, 1e-9))


def _settled(step: Step, times_s: Doubles, lag_s: float) -> NDArray[np.bool_]:
    """Frames in which a step's motion has arrived."""
    seen: NDArray[np.bool_] = (times_s >= step.from_s + _SETTLED * (step.to_s - step.from_s) + lag_s) & (times_s <= step.to_s + lag_s)
    return seen


def _relief(challenge: Challenge, times_s: Doubles, moved: Motion, lag_s: float) -> float:
    """Depth seen over depth to be seen: what has turned so far (`squeeze`) must show the sine of it (`turn`) if it is a head."""
    found = []
    for step in challenge.steps:
        if step.ask in (Ask.LEFT, Ask.RIGHT):
            seen = _settled(step, times_s, lag_s)
            if seen.any():
                cosine = 1 - min(max(float(np.median(moved.squeeze[seen])), 0.0), 1.0)
                found.append(abs(float(np.median(moved.turn[seen]))) / max(math.sqrt(1 - cosine * cosine), 0.15))
    return min(found, default=0.0)


def _shut(challenge: Challenge, track: Track, moved: Motion, lag_s: float) -> float:
    """How far both eyes closed when asked, 0..1, mean over the asked blinks; 0 when none was. Open is what they are else, looking ahead."""
    asked = [(track.times_s >= step.from_s + _SOON_S) & (track.times_s <= step.to_s + lag_s + _SOON_S)
             for step in challenge.steps if step.ask is Ask.BLINK]
    elsewhere = ~np.any(asked, axis=0) if asked else np.zeros(len(track.times_s), bool)
    ahead = elsewhere & (np.abs(moved.turn) < _AHEAD)
    rest = ahead if ahead.sum() >= _RESTS else elsewhere
    if not rest.any():
        return 0.0
    left, right = (track.openness / np.maximum(np.median(track.openness[rest], axis=0), 1e-9)).T
    both = np.sqrt(np.clip(left * right, 0, None))
    return float(np.mean([np.clip(1 - both[seen].min(initial=1.0), 0, 1) for seen in asked]))


def _mean(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan
