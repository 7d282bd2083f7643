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
_EYES_COUNT, _NOSE_COUNTS, _NOSE_MOST, _COPIES_COUNT = 0.3, 2.0, 0.1, 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a living person ends.

    turn: parallax that counts as a turn, as sine of the angle; stray: of that, how much may be seen where none is asked. near: growth that
    counts as coming closer, natural logarithm; far: of that, how much elsewhere. follows: share of the motion that what was asked
    explains, each thing at its time. relief: depth seen over depth that the turn would show of a head, times how purely it is that depth;
    more for pixels around the nose that move with it and for asked eyes that closed, less for traces of a copy. Each alone misleads: the
    mesh sees depth in a picture on a bottle, dark glasses hide eyes, many living faces look like pictures. passive: highest mean of what
    single pictures look like, of which a copy is all but certain. depth_mm: what a depth camera must see between nose and cheeks.
    lag_s: fastest and slowest reaction. frames: fewest that tell anything; gap_s: longest time without a face.
    """

    turn: float = 0.15
    stray: float = 0.80
    near: float = 0.06
    far: float = 0.9
    follows: float = 0.62
    relief: float = 0.60
    passive: float = 0.95
    depth_mm: float = 8.0
    lag_s: tuple[float, float] = (0.10, 0.60)
    frames: int = 10
    gap_s: float = 1.2


LIMITS = Limits()
"""The shipped ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A face over the frames of one attempt, n frames with k landmarks.

    times_s: (n,) float64, seconds since the attempt began, rising. points: (n, k, 2) float32 pixels, x to the right, y down, numbered as
    MediaPipe's mesh. claimed: (k,) float32, how far each point would lie away from the camera if this were a head, pixels of the first
    frames. openness: (n, 2) float64 of both eyes in any unit, larger is wider open. passive: (n,) float64, 0 looks alive .. 1 looks
    copied, NaN where nothing was asked. depth_mm: (n,) float64 from nose to cheeks by a depth camera, NaN without one. nose: (n,) float64,
    how much better the pixels around the nose agree with a head's turn than with a bent plane's (difference of correlations), NaN where
    nothing has turned.
    """

    times_s: Doubles
    points: Floats
    claimed: Floats
    openness: Doubles
    passive: Doubles
    depth_mm: Doubles
    nose: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What one frame says of the face that is followed; as in `Track`, of which it is one row. landmarks: (k, 3) float32."""

    time_s: float
    landmarks: Floats
    openness: tuple[float, float]
    passive: float = math.nan
    depth_mm: float = math.nan
    nose: float = math.nan


def track_of(sightings: Sequence[Sighting]) -> Track:
    """Put sightings, at least one, together; what the first three claim of depth is what the head is held to."""
    landmarks = np.stack([sighting.landmarks for sighting in sightings])
    times_s, openness, passive, depth_mm, nose = (np.array(column, np.float64) for column in zip(
        *((sighting.time_s, sighting.openness, sighting.passive, sighting.depth_mm, sighting.nose) for sighting in sightings), strict=True))
    return Track(times_s, landmarks[:, :, :2], np.median(landmarks[:3, :, 2], axis=0), openness, passive, depth_mm, nose)


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

    turn: parallax, about the sine of the head's yaw, > 0 to the shopper's left; 0 for anything flat. loose: motion that neither a bent
    plane nor the turn of a head explains, in the unit of turn. squeeze: how much narrower the face has become against its height, 0..1: one
    minus the cosine of whatever turned it. near: logarithm of its growth.
    """

    turn: Doubles
    loose: Doubles
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
    turn, loose, squeeze, grown = np.array(rows).T
    return Motion(turn, loose, squeeze, np.log(grown / size))


def _frame(points: Doubles, straight: Doubles, explained: Doubles, depth: Doubles) -> tuple[float, float, float, float]:
    """Turn, loose motion, squeeze and scale of one frame."""
    across = straight @ points
    scale = float(np.linalg.norm(across, ord=2))
    way = across[0] / max(float(np.linalg.norm(across[0])), 1e-9)
    left_over = points - explained @ (explained.T @ points)
    unit = max(float(depth @ depth), 1e-9) * max(scale, 1e-9) ** 2
    turn = -float((left_over @ way) @ depth) / max(float(depth @ depth), 1e-9) / max(scale, 1e-9)
    loose = math.sqrt(max(float((left_over**2).sum()) / unit - turn * turn, 0.0))
    return turn, loose, 1 - abs(float(np.linalg.det(across))) / max(scale, 1e-9) ** 2, scale


def judge(challenge: Challenge, track: Track, limits: Limits = LIMITS) -> Verdict:
    """Judge one attempt. Rules, in the order in which they are asked: too_few, answer, flat, passive, depth; else live."""
    if not _seen_throughout(challenge, track, limits):
        return Verdict(False, "too_few")
    times_s, moved = track.times_s, motion(track, challenge.steps[0].from_s)
    lag_s, follows = _best_lag(challenge, times_s, moved, limits)
    shown, pure = _relief(challenge, times_s, moved, lag_s)
    shut, nose, passive = _shut(challenge, track, moved, lag_s), _nose(challenge, track, lag_s), _mean(track.passive)
    relief = shown * pure + _EYES_COUNT * min(shut, 0.5) + _NOSE_COUNTS * nose - _COPIES_COUNT * (0.0 if math.isnan(passive) else passive)
    measured = {
        "answer": min(follows / limits.follows, *(_fit(step, times_s, moved, lag_s, limits) for step in challenge.steps)),
        "flat": _ratio(relief, limits.relief),
        "passive": _ratio(1 - passive, 1 - limits.passive),
        "depth": _ratio(_mean(track.depth_mm), limits.depth_mm),
    }
    rule = next((name for name, margin in measured.items() if margin < 1.0), "live")
    scores = {"lag_s": lag_s, "follows": follows, "shown": shown, "pure": pure, "shut": shut, "nose": nose, "copied": passive}
    return Verdict(rule == "live", rule, min(measured.values()), measured | scores)


def judge_soon(challenge: Challenge, sightings: Sequence[Sighting], limits: Limits = LIMITS) -> Verdict | None:
    """The verdict on who has already answered the last thing that was asked; None for all others, who are given the time that is left.

    To be asked after every sighting; it looks but once, at the first one after `challenge.soon_s`.
    """
    if len(sightings) < 2 or not sightings[-2].time_s < challenge.soon_s <= sightings[-1].time_s:
        return None
    verdict = judge(challenge, track_of(sightings), limits)
    return verdict if verdict.live else None


def judge_attempt(challenge: Challenge, sightings: Sequence[Sighting], limits: Limits = LIMITS) -> Verdict:
    """What a whole attempt comes to: `judge_soon` when its time came, else `judge` of all."""
    if not sightings:
        return Verdict(False, "too_few")
    passed = next((number for number, sighting in enumerate(sightings) if sighting.time_s >= challenge.soon_s), 0)
    return judge_soon(challenge, sightings[:passed + 1], limits) or judge(challenge, track_of(sightings), limits)


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
        # A head that turns looks smaller, the more the wider the lens: what turning is asked for may shrink it.
        shrinks = _amount(left + right, far[2] * near - moved.near)
        explained.append(_explained(moved.near, far[2] * near - shrinks * (left + right)))
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


def _relief(challenge: Challenge, times_s: Doubles, moved: Motion, lag_s: float) -> tuple[float, float]:
    """Depth seen over depth to be seen, and how much of what no bent plane explains is such depth, 0..1; over all turns together.

    What has turned so far (`squeeze`) must show the sine of it (`turn`) if it is a head. One side alone would not do: who looks a little
    aside from the beginning is squeezed more by the one than by the other.
    """
    rows = []
    for step in challenge.steps:
        seen = _settled(step, times_s, lag_s)
        if step.ask in (Ask.LEFT, Ask.RIGHT) and seen.any():
            turn, loose, squeeze = (float(np.median(column[seen])) for column in (moved.turn, moved.loose, moved.squeeze))
            cosine = 1 - min(max(squeeze, 0.0), 1.0)
            rows.append((abs(turn), math.sqrt(1 - cosine * cosine), loose))
    if not rows:
        return 0.0, 0.0
    turns, sines, loose_by = np.array(rows).T
    shown = float((turns**2).sum())
    return float(turns.mean()) / max(float(sines.mean()), 0.15), shown / max(shown + float((loose_by**2).sum()), 1e-9)


def _nose(challenge: Challenge, track: Track, lag_s: float) -> float:
    """How the pixels around the nose moved when it had turned, mean over all turns; 0 where nobody looked."""
    turned = np.any([_settled(step, track.times_s, lag_s) for step in challenge.steps if step.ask in (Ask.LEFT, Ask.RIGHT)], axis=0)
    seen = _mean(track.nose[turned]) if turned.any() else math.nan
    return 0.0 if math.isnan(seen) else min(max(seen, -_NOSE_MOST), _NOSE_MOST)


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
