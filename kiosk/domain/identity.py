"""Who is paying: the policy that turns distances of faces into accept or refuse, each answer naming its rule.

Nobody is ever searched among everybody: phone digits first narrow the members down to a bucket of at most five. Distances are Euclidean
between vectors of TEMPLATE_NUMBERS values that vision.face makes; a template is the mean of the enrolment shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Template = NDArray[np.float32]
"""(TEMPLATE_NUMBERS,) float32, an embedding or the mean of several."""
TEMPLATE_NUMBERS = 384

BUCKET_MAX = 5
DIGIT_STEPS = (4, 6, 8)
"""How many of the last digits of a phone number are asked for, one step after the other, while more than BUCKET_MAX members share them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of identification.

    threshold: largest accepted distance. pin_threshold: up to here the PIN decides. margin: smallest gap to the second best. looks: good
    frames seen before anybody is accepted; more than half of those seen, at most `frames`, must name the same member. min_eyes_px: distance
    between the eyes; max_turn_deg: yaw and pitch; min_sharpness: variance of the Laplacian on the aligned chip over the chip's own variance
    (95 % of LFW pass 0.007); dominance: how much larger the nearest face must be. Both
    thresholds are read off the curve in models/face_embedding.md.
    """

    threshold: float = 0.37
    pin_threshold: float = 0.43
    margin: float = 0.035
    looks: int = 3
    frames: int = 8
    min_eyes_px: float = 28.0
    max_turn_deg: float = 25.0
    min_sharpness: float = 0.006
    dominance: float = 1.5


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """What a frame says about the payer's face. others_px: eye distance of the second largest face, 0 when there is none."""

    eyes_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    others_px: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A member who shares the digits."""

    member_id: str
    template: Template


@dataclass(frozen=True, slots=True)
class Decision:
    """outcome: accepted | ask_pin | refused | undecided; rule: what decided; distance: median of the frames that agreed (1.0 without)."""

    outcome: str
    rule: str
    member_id: str = ""
    distance: float = 1.0


def hint(quality: FaceQuality | None, policy: Policy) -> str:
    """Return what the shopper should change before a frame counts, "" when it is good.

    Keys: look_here (no face), one_person, closer, hold_still (blurred), look_here (turned away).
    """
    if quality is None:
        return "look_here"
    if quality.others_px * policy.dominance > quality.eyes_px:
        return "one_person"
    if quality.eyes_px < policy.min_eyes_px:
        return "closer"
    if max(abs(quality.yaw_deg), abs(quality.pitch_deg)) > policy.max_turn_deg:
        return "look_here"
    if quality.sharpness < policy.min_sharpness:
        return "hold_still"
    return ""


def decide(embeddings: Sequence[Template], bucket: Sequence[Candidate], policy: Policy, final: bool = False) -> Decision:
    """Judge the good frames seen so far. `undecided` means: show one more frame; with `final` there are no more.

    Rules: k_of_n (accepted); nearly, gap (ask_pin: the same member was nearest in most frames, but too far to be sure, or somebody else
    almost as near); no_match, frames_disagree, too_few_frames, bucket_too_large (refused).
    """
    if len(bucket) > BUCKET_MAX:
        return Decision("refused", "bucket_too_large")
    seen = embeddings[: policy.frames]
    near = [vote for embedding in seen if (vote := _vote(embedding, bucket, policy)) is not None]
    sure = [vote for vote in near if vote.sure]
    if len({vote.member_id for vote in sure}) > 1:
        return Decision("refused", "frames_disagree")
    # An empty bucket takes as many frames as a wrong face: whether digits are enrolled is nobody's business.
    enough = len(seen) >= policy.looks
    if enough and 2 * len(sure) > len(seen):
        return _named("accepted", "k_of_n", sure)
    if not final and 2 * (len(sure) + policy.frames - len(seen)) > policy.frames:
        return Decision("undecided", "more_frames")
    if not enough:
        return Decision("refused", "too_few_frames")
    if 2 * len(near) <= len(seen):
        return Decision("refused", "no_match")
    if len({vote.member_id for vote in near}) > 1:
        return Decision("refused", "frames_disagree")
    unclear = sum(vote.distance <= policy.threshold and not vote.sure for vote in near)
    return _named("ask_pin", "gap" if 2 * unclear > len(near) else "nearly", near)


@dataclass(frozen=True, slots=True)
class _Vote:
    """What one frame says: who is nearest, how far, and whether that alone is enough."""

    member_id: str
    distance: float
    sure: bool


def _vote(embedding: Template, bucket: Sequence[Candidate], policy: Policy) -> _Vote | None:
    """The nearest of the bucket, None where nobody is near."""
    if not bucket:
        return None
    distances = sorted((float(np.linalg.norm(embedding - c.template)), c.member_id) for c in bucket)
    best, member_id = distances[0]
    if best > max(policy.threshold, policy.pin_threshold):
        return None
    clear = len(distances) == 1 or distances[1][0] - best >= policy.margin
    return _Vote(member_id, best, best <= policy.threshold and clear)


def _named(outcome: str, rule: str, votes: Sequence[_Vote]) -> Decision:
    return Decision(outcome, rule, votes[0].member_id, float(np.median([vote.distance for vote in votes])))


def template(shots: Sequence[Template]) -> Template:
    """Return the mean of at least three enrolment shots, of their shape. The mean halves the error rate of the nearest shot (README)."""
    if len(shots) < 3:
        raise ValueError(f"a template needs three shots, not {len(shots)}")
    mean: Template = np.mean(np.stack(shots), axis=0).astype(np.float32)
    return mean


def digits_wanted(bucket_sizes: Sequence[int]) -> int | None:
    """Return how many digits to ask for, given the bucket's size at each step asked so far; None when it is small enough.

    All eight digits are the end: a bucket that is still too large pays another way.
    """
    if bucket_sizes and (bucket_sizes[-1] <= BUCKET_MAX or len(bucket_sizes) == len(DIGIT_STEPS)):
        return None
    return DIGIT_STEPS[len(bucket_sizes)]
