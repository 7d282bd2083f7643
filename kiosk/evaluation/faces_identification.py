"""How often a stranger is taken for a member, and a member for nobody, when digits have narrowed the members down to a bucket.

FPIR: share of attempts by people who are not in the bucket (every stranger, and every member outside it) that somebody in the bucket is
accepted for. FNIR: share of members' own attempts that do not end in their own name; a picture in which no face is found is such an
attempt. The buckets are drawn at random, with a seed; intervals come from drawing the people anew, with repetition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.identity import TEMPLATE_NUMBERS, Policy
from kiosk.errors import InvalidValueError

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

BUCKETS = 200
"""How many random buckets of a size are judged."""
SHOTS = 3
"""How many of a member's pictures, the first, are enrolled."""
SIZES = (1, 2, 5, None)
"""Bucket sizes judged; None is everybody at once."""
TARGETS = (0.001, 0.01)
"""The FPIR at which FNIR is read."""
_RESAMPLED = 500


@dataclass(frozen=True, slots=True)
class Gallery:
    """Who is enrolled by which pictures and who tries with which. Files are as they stand in the JSON file, below `images`."""

    members: Mapping[str, Sequence[str]]
    strangers: Sequence[str]

    @property
    def files(self) -> list[str]:
        """Every picture once, in order of name."""
        return sorted({file for shots in self.members.values() for file in shots} | set(self.strangers))


@dataclass(frozen=True, slots=True)
class BucketFigure:
    """One row. size: a number, or "all". fpir: the rate asked for; threshold: the largest distance that keeps it, as measured in fpir_seen.

    n_probes: members' own pictures tried; n_strangers: people who are no members. interval: 95 % of fnir when the people are drawn anew
    and the threshold is set anew on them.
    """

    size: int | str
    fpir: float
    fpir_seen: float
    fnir: float
    threshold: float
    n_probes: int
    n_strangers: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ShippedFigure:
    """Both rates of one bucket size at a given threshold; size: a number, or "all".

    others_asked, own_asked: shares of the same attempts that are asked for the PIN of the member who is nearest, or of their own.
    """

    size: int | str
    threshold: float
    fpir: float
    fnir: float
    others_asked: float
    own_asked: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The trade of one bucket size, for drawing: fpir rising, with the fnir at the same threshold; both (n,) float64, 0..1."""

    size: int | str
    fpir: Doubles
    fnir: Doubles


@dataclass(frozen=True, slots=True)
class IdentificationReport:
    """members and strangers: people. pictures: how many, not_found: of them without a face. margin: the gap to the second best in force.

    shipped: the rates at the threshold of the policy that was given.
    """

    members: int
    strangers: int
    pictures: int
    not_found: int
    margin: float
    buckets: list[BucketFigure]
    shipped: list[ShippedFigure]
    curves: list[Curve]


@dataclass(frozen=True, slots=True)
class Attempts:
    """All attempts against the buckets of one size.

    A score is the smallest threshold that accepts, infinite where none does, impostors' rising; people are numbered, members first.
    """

    impostor: Doubles
    impostor_person: Ints
    impostor_taken_for: Ints
    own: Doubles
    own_person: Ints


@dataclass(frozen=True, slots=True)
class Distances:
    """between: (probes, members) float64, NaN rows where no face was found. person: (probes,) whose picture it is, members first."""

    between: Doubles
    person: Ints
    members: int
    people: int


def read_gallery(path: Path) -> Gallery:
    """A file {"members": {name: [files, the first three to enrol]}, "strangers": [file]}. Raises InvalidValueError that names it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        members = {str(name): [str(file) for file in files] for name, files in content["members"].items()}
        strangers = [str(file) for file in content["strangers"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValueError(f'{path}: is not {{"members": {{name: [files]}}, "strangers": [file]}} ({error!r})') from error
    short = [name for name, files in members.items() if len(files) <= SHOTS]
    if short or not members or not strangers:
        fault = f"{short[0]} has no picture beyond the {SHOTS} to enrol" if short else "members and strangers are needed"
        raise InvalidValueError(f"{path}: {fault}")
    return Gallery(members, strangers)


def evaluate_identification(gallery: Gallery, embedded: Mapping[str, Floats | None], policy: Policy) -> IdentificationReport:
    """Judge all bucket sizes, one picture an attempt. embedded: (TEMPLATE_NUMBERS,) by file, None where no face was found."""
    measured = distances(gallery, embedded)
    rows: list[BucketFigure] = []
    shipped: list[ShippedFigure] = []
    curves: list[Curve] = []
    for size in SIZES:
        made = attempts(measured, size, policy.margin)
        rows += figures(made, measured, size)
        shipped.append(_shipped(made, attempts(measured, size, 0.0), policy, size))
        curves.append(curve(made, size))
    lost = sum(vector is None for vector in embedded.values())
    strangers = measured.people - measured.members
    return IdentificationReport(measured.members, strangers, len(embedded), lost, policy.margin, rows, shipped, curves)


def _shipped(made: Attempts, near: Attempts, policy: Policy, size: int | None) -> ShippedFigure:
    """near: the same attempts judged without the gap to the second best, which a PIN does not need."""
    fpir, passed = float((made.impostor <= policy.threshold).mean()), float((made.own <= policy.threshold).mean())
    asked = [float((scores <= policy.pin_threshold).mean()) for scores in (near.impostor, near.own)]
    return ShippedFigure(size or "all", policy.threshold, fpir, 1 - passed, asked[0] - fpir, asked[1] - passed)


def distances(gallery: Gallery, embedded: Mapping[str, Floats | None]) -> Distances:
    """Distances of all tries to the members' mean templates. embedded: (TEMPLATE_NUMBERS,) by file, None where no face was found.

    A member is enrolled by those of the first pictures that show a face; one of whom none does is never recognised.
    """
    names = sorted(gallery.members)
    nobody = np.full(TEMPLATE_NUMBERS, np.inf, np.float32)
    templates = []
    for name in names:
        shots = [vector for file in gallery.members[name][:SHOTS] if (vector := embedded[file]) is not None]
        templates.append(np.mean(shots, axis=0) if shots else nobody)
    tries = [(number, file) for number, name in enumerate(names) for file in gallery.members[name][SHOTS:]]
    tries += [(len(names) + number, file) for number, file in enumerate(gallery.strangers)]
    between = np.full((len(tries), len(names)), np.nan)
    for row, (_, file) in enumerate(tries):
        vector = embedded[file]
        if vector is not None:
            between[row] = np.linalg.norm(np.stack(templates) - vector, axis=1)
    return Distances(between, np.array([number for number, _ in tries], np.int64), len(names), len(names) + len(gallery.strangers))


def attempts(measured: Distances, size: int | None, margin: float, seed: int = 0) -> Attempts:
    """Everybody's tries against random buckets of a size, None for one bucket of all members. margin: smallest gap to the second best."""
    parts: list[tuple[NDArray[Any], ...]] = []
    for bucket in _buckets(measured.members, size or measured.members, np.random.default_rng(seed)):
        score, taken_for = _judged(measured.between, bucket, margin)
        inside = np.isin(measured.person, bucket)
        right = np.where(taken_for == measured.person, score, np.inf)[inside]
        outside = ~inside
        parts.append((score[outside], measured.person[outside], taken_for[outside], right, measured.person[inside]))
    scores, person, taken_for, own, own_person = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(scores, kind="stable")
    return Attempts(scores[order], person[order].astype(np.int64), taken_for[order].astype(np.int64), own, own_person.astype(np.int64))


def _buckets(members: int, size: int, rng: np.random.Generator) -> list[Ints]:
    """BUCKETS groups, cut from shuffled rows of all members so that nobody is in many more than another; one when all are wanted."""
    if size >= members:
        return [np.arange(members)]
    found: list[Ints] = []
    while len(found) < BUCKETS:
        row = rng.permutation(members)
        found += [row[start:start + size] for start in range(0, members - size + 1, size)]
    return found[:BUCKETS]


def _judged(between: Doubles, bucket: Ints, margin: float) -> tuple[Doubles, Ints]:
    """Score and nearest member of every try against one bucket."""
    seen = np.where(np.isnan(between[:, bucket]), np.inf, between[:, bucket])
    order = np.sort(seen, axis=1)
    clear = order[:, 1] >= order[:, 0] + margin if len(bucket) > 1 else np.isfinite(order[:, 0])
    return np.where(clear & np.isfinite(order[:, 0]), order[:, 0], np.inf), bucket[np.argmin(seen, axis=1)]


def figures(made: Attempts, measured: Distances, size: int | None, seed: int = 0) -> list[BucketFigure]:
    """FNIR at each of TARGETS, with its interval."""
    even = np.ones(measured.people)
    drawn = _drawn(measured, seed)
    strangers, probes = measured.people - measured.members, int((measured.person < measured.members).sum())
    rows = []
    for target in TARGETS:
        fnir, threshold = _at(made, even, target)
        again = [_at(made, weights, target)[0] for weights in drawn]
        low, high = (float(edge) for edge in np.percentile(again, (2.5, 97.5)))
        seen = float((made.impostor <= threshold).mean())
        rows.append(BucketFigure(size or "all", target, seen, fnir, threshold, probes, strangers, (low, high)))
    return rows


def _drawn(measured: Distances, seed: int) -> list[Doubles]:
    """How often each person is drawn, members and strangers each as many as there are, _RESAMPLED times."""
    rng = np.random.default_rng(seed + 1)
    groups = (measured.members, measured.people - measured.members)
    again = ([rng.multinomial(count, np.full(count, 1 / count)) for count in groups] for _ in range(_RESAMPLED))
    return [np.concatenate(counts).astype(np.float64) for counts in again]


def _at(made: Attempts, weights: Doubles, target: float) -> tuple[float, float]:
    """FNIR and threshold where impostors' weighted attempts are accepted at most at `target`."""
    each = weights[made.impostor_person] * weights[made.impostor_taken_for]
    accepted = np.cumsum(each)
    first_too_many = int(np.searchsorted(accepted, target * accepted[-1], side="right"))
    threshold = float(np.nextafter(made.impostor[min(first_too_many, len(made.impostor) - 1)], -np.inf))
    own = weights[made.own_person]
    return float((own * (made.own > threshold)).sum() / max(own.sum(), 1e-9)), threshold


def curve(made: Attempts, size: int | None, points: int = 160) -> Curve:
    """FNIR over FPIR at `points` rates up to 1 in 3, evenly spaced in their logarithm, from 1 in 10,000 or one attempt of all, if more."""
    rates = np.geomspace(max(1e-4, 1 / len(made.impostor)), 1 / 3, points)
    places = np.minimum((rates * len(made.impostor)).astype(np.int64), len(made.impostor) - 1)
    own = np.sort(made.own)
    fnir = 1 - np.searchsorted(own, made.impostor[places], side="left") / len(own)
    return Curve(size or "all", rates, fnir)
