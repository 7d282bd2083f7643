"""The shipped policy on whole attempts of several frames: people before one camera, and relatives who share digits.

One camera: a folder a person, pictures named by number (AT&T/ORL's layout). The first five enrol; every three of the next five are the
frames of an attempt; everybody else's attempts are strangers'. Relatives: GROUP-PERSON1.jpg; each picture is an attempt, its frames all
alike, against the templates of the rest of its group and against its group with its own person in it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.identity import BUCKET_MAX, TEMPLATE_NUMBERS, Candidate, Policy, decide
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import wilson

Floats = NDArray[np.float32]

ENROLLED, TRIED, FRAMES = 5, 5, 3
TARGET = 0.001
_BUCKETS = 200
_RELATIVE = re.compile(r"(?P<group>[^-]+)-(?P<person>.*?\D)(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class CameraReport:
    """people: how many, all of whom are members; bucket: size. own_attempts and other_attempts: how many were judged.

    fnir and fpir at the shipped `threshold`; fnir_at_target at the largest threshold whose FPIR is at most 0.001. people_refused: members
    of whom at least one attempt failed; interval: 95 % of the share of such members (Wilson): attempts of one person are not independent.
    """

    people: int
    bucket: int
    own_attempts: int
    other_attempts: int
    threshold: float
    fnir: float
    fpir: float
    threshold_at_target: float
    fnir_at_target: float
    people_refused: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class RelativesReport:
    """attempts: pictures tried; taken_for_another: how many of them, with own person enrolled or not; recognised: own person accepted.

    pin_of_another: how many were asked for the PIN of somebody else.
    nearest: the smallest distance to a relative's template; threshold: the shipped one. Recognition is judged without the tried picture in
    the template, so only for people with two pictures and more (recognisable).
    """

    groups: int
    people: int
    attempts: int
    taken_for_another: int
    pin_of_another: int
    recognised: int
    recognisable: int
    nearest: float
    threshold: float


def camera_files(folder: Path) -> dict[str, list[Path]]:
    """The ten pictures of each person, in order of number. Raises InvalidValueError for a person with fewer, or fewer than six people."""
    people = {place.name: sorted(place.glob("[0-9]*.*"), key=_number) for place in sorted(folder.glob("*")) if place.is_dir()}
    short = [name for name, files in people.items() if len(files) < ENROLLED + TRIED]
    if short or len(people) <= BUCKET_MAX:
        fault = f"{short[0]} has fewer than {ENROLLED + TRIED} numbered pictures" if short else f"fewer than {BUCKET_MAX + 1} folders"
        raise InvalidValueError(f"{folder}: {fault}")
    return {name: files[:ENROLLED + TRIED] for name, files in people.items()}


def _number(path: Path) -> int:
    digits = re.match(r"\d+", path.name)
    return int(digits[0]) if digits else 0


def judge_camera(people: Mapping[str, Sequence[Floats | None]], policy: Policy, seed: int = 0) -> CameraReport:
    """Judge every attempt against random buckets of five. people: ten embeddings each, None where no face was found."""
    rng = np.random.default_rng(seed)
    members = {name: Candidate(name, _mean(vectors[:ENROLLED])) for name, vectors in people.items()}
    own: dict[str, list[float]] = {}
    others: list[float] = []
    for name, vectors in people.items():
        rest = sorted(set(members) - {name})
        for frames in itertools.combinations(vectors[ENROLLED:], FRAMES):
            seen = [vector for vector in frames if vector is not None]
            for _ in range(_BUCKETS):
                drawn = [members[other] for other in rng.choice(rest, BUCKET_MAX, replace=False)]
                others.append(needed_threshold(seen, drawn, policy)[0])
                needed, taken_for = needed_threshold(seen, [members[name], *drawn[1:]], policy)
                own.setdefault(name, []).append(needed if taken_for == name else np.inf)
    mine, theirs = np.concatenate([np.array(scores) for scores in own.values()]), np.sort(np.array(others))
    at_target = float(np.nextafter(theirs[int(TARGET * len(theirs))], -np.inf))
    at_target = at_target if np.isfinite(at_target) else float(mine[np.isfinite(mine)].max(initial=0.0))
    refused = sum(any(score > policy.threshold for score in scores) for scores in own.values())
    return CameraReport(len(people), BUCKET_MAX, len(mine), len(theirs), policy.threshold, float((mine > policy.threshold).mean()),
                        float((theirs <= policy.threshold).mean()), at_target, float((mine > at_target).mean()), refused,
                        wilson(refused / len(people), len(people)))


def needed_threshold(frames: Sequence[Floats], bucket: Sequence[Candidate], policy: Policy) -> tuple[float, str]:
    """The smallest threshold at which `decide` accepts these frames, all of them seen, and whom; infinite and "" when none does."""
    judged = []
    for frame in frames:
        near = sorted((float(np.linalg.norm(frame - member.template)), member.member_id) for member in bucket)
        if len(near) < 2 or near[1][0] - near[0][0] >= policy.margin:
            judged.append(near[0])
    majority = sorted(judged)[:len(frames) // 2 + 1]
    named = {member_id for _, member_id in majority}
    if len(frames) < policy.looks or 2 * len(majority) <= len(frames) or len(named) != 1:
        return float(np.inf), ""
    return majority[-1]


def relatives_files(folder: Path) -> dict[str, dict[str, list[Path]]]:
    """Pictures by group and person; other files are left alone. Raises InvalidValueError when no group has two people."""
    groups: dict[str, dict[str, list[Path]]] = {}
    for path in sorted(folder.glob("*.*")):
        name = _RELATIVE.fullmatch(path.stem)
        if name:
            groups.setdefault(name["group"], {}).setdefault(name["person"], []).append(path)
    groups = {group: people for group, people in groups.items() if len(people) > 1}
    if not groups:
        raise InvalidValueError(f"{folder}: holds no pictures GROUP-PERSON1.jpg of two people of one group")
    return groups


def judge_relatives(groups: Mapping[str, Mapping[str, Sequence[Floats]]], policy: Policy) -> RelativesReport:
    """Try every picture against its relatives, with and without its own person among them. Groups of more than five lose their last."""
    attempts = taken = asked = recognised = recognisable = 0
    nearest = np.inf
    for people in groups.values():
        for person, vectors in people.items():
            rest = [Candidate(other, _mean(shots)) for other, shots in people.items() if other != person][:BUCKET_MAX - 1]
            for number, vector in enumerate(vectors):
                own = [shot for place, shot in enumerate(vectors) if place != number]
                frames = [vector] * policy.looks
                buckets = [rest, [*rest, Candidate(person, _mean(own))]] if own else [rest]
                made = [decide(frames, bucket, policy, final=True) for bucket in buckets]
                named = [decision.member_id for decision in made if decision.outcome == "accepted"]
                attempts += 1
                taken += any(name != person for name in named)
                asked += any(decision.outcome == "ask_pin" and decision.member_id != person for decision in made)
                recognisable += bool(own)
                recognised += person in named
                nearest = min(nearest, *(float(np.linalg.norm(vector - other.template)) for other in rest))
    people_in_all = sum(len(people) for people in groups.values())
    return RelativesReport(len(groups), people_in_all, attempts, taken, asked, recognised, recognisable, nearest, policy.threshold)


def _mean(vectors: Sequence[Floats | None]) -> Floats:
    found = [vector for vector in vectors if vector is not None]
    return np.mean(found, axis=0).astype(np.float32) if found else np.full(TEMPLATE_NUMBERS, np.inf, np.float32)
