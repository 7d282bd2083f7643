"""How many members share the last digits of a phone number, the digits taken as evenly spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiosk.domain.identity import BUCKET_MAX, DIGIT_STEPS

MEMBERS = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class BucketSizes:
    """The bucket that a member meets after typing `digits` digits, oneself included.

    mean: members in it. median, p99: sizes that half and 99 % of the members do not exceed. small_enough: 0..1, share of members whose
    bucket a face may decide, at most five.
    """

    digits: int
    members: int
    mean: float
    median: int
    p99: int
    small_enough: float


def bucket_sizes() -> list[BucketSizes]:
    """The distribution for 4, 6 and 8 digits at 10,000, 100,000 and 1,000,000 members."""
    return [_sizes(digits, members) for digits in DIGIT_STEPS for members in MEMBERS]


def _sizes(digits: int, members: int) -> BucketSizes:
    """Others in the bucket are binomial: (members - 1) people, each with these digits once in 10**digits."""
    share = 10.0 ** -digits
    reached: list[float] = []
    chance = math.exp((members - 1) * math.log1p(-share))
    total = others = 0
    accumulated = 0.0
    while not reached or accumulated < 0.99 or others <= BUCKET_MAX:
        accumulated += chance
        reached.append(accumulated)
        chance *= (members - 1 - others) / (others + 1) * share / (1 - share)
        others += 1
    total = len(reached)
    median, p99 = (next(size for size in range(1, total + 1) if reached[size - 1] >= part) for part in (0.5, 0.99))
    return BucketSizes(digits, members, 1 + (members - 1) * share, median, p99, reached[BUCKET_MAX - 1])
