"""How often a rendered attack passes for a living person, and a rendered person for an attack: `kiosk eval liveness`.

APCER: share of attacks of one type that pass; BPCER: share of genuine attempts that are refused (ISO 30107-3). Everything is rendered
from a folder of faces by `devices.simulated.attacks`; identities and ranges are cut in two halves, and limits may be chosen on "tune" only.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

from kiosk.devices.simulated.attack_ranges import lines
from kiosk.devices.simulated.attacks import ATTACKS, GENUINE, Head, Subject, render
from kiosk.domain.challenge import draw
from kiosk.domain.frame import Picture
from kiosk.domain.liveness import Limits, Sighting, Verdict, judge_attempt
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import wilson
from kiosk.vision.face import FaceFinder, FaceFound
from kiosk.vision.liveness import FaceFollower
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture, use_threads

HALVES = ("tune", "test")
PEOPLE_MOST = 400
_LOOKS_AHEAD_DEG, _EYES_PX, _BESIDE = 12.0, 34.0, 0.35
_SEED_STEP = 1_000_003
_SHARE = 5

Frames = Iterator[tuple[float, Picture]]


@dataclass(frozen=True, slots=True)
class KindFigure:
    """One kind of attempt. wrong: attacks that passed, or genuine attempts that were refused; rate: their share, with its 95 % interval
    (Wilson). rules: how many attempts each rule decided."""

    kind: str
    attempts: int
    wrong: int
    rate: float
    interval: tuple[float, float]
    rules: dict[str, int]


@dataclass(frozen=True, slots=True)
class LivenessReport:
    """bpcer: genuine attempts; apcer: one figure an attack.

    replays: recorded genuine answers shown to a challenge of another order, as a kiosk asks for next; anything: to one drawn freely, which
    may by chance be of the very same order. people: identities rendered. margins: kind -> smallest value over limit, of each attempt.
    """

    source: str
    split: str
    seed: int
    people: int
    bpcer: KindFigure
    apcer: list[KindFigure]
    replays: KindFigure
    anything: KindFigure
    ranges: list[str] = field(default_factory=lines)
    margins: dict[str, list[float]] = field(default_factory=dict)


def faces_of(folder: Path, half: str, finder: FaceFinder, most: int = PEOPLE_MOST) -> list[Subject]:
    """One picture a person of a folder, of those whose face looks ahead, in an order drawn once.

    A person is the file's name without its number (NAME_0001.jpg), or its folder; the name decides the half. Raises InvalidValueError
    when nobody is left.
    """
    people: dict[str, Path] = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png")):
        stem, _, number = path.stem.rpartition("_")
        people.setdefault(stem if stem and number.isdigit() else str(path.relative_to(folder)), path)
    mine = [path for name, path in people.items() if zlib.crc32(name.encode()) % 2 == HALVES.index(half)]
    Random("people").shuffle(mine)
    found: list[Subject] = []
    for path in mine:
        if len(found) == most:
            break
        picture = read_picture(path)
        face = _ahead(finder.find(picture), picture)
        if face is not None:
            found.append(Subject(picture, face.mesh))
    if not found:
        raise InvalidValueError(f"{folder}: no picture of the half {half!r} shows a face that looks ahead")
    return found


def _ahead(faces: Sequence[FaceFound], picture: Picture) -> FaceFound | None:
    """The face in the middle that looks ahead; None where somebody else is beside it: a kiosk asks for one person, too."""
    if not faces:
        return None
    middle = picture.shape[1] / 2
    face = min(faces, key=lambda face: abs(face.box[0] + face.box[2] / 2 - middle))
    alone = all(other is face or other.size_px < _BESIDE * face.size_px for other in faces)
    return face if alone and max(abs(face.yaw_deg), abs(face.pitch_deg)) < _LOOKS_AHEAD_DEG and face.size_px > _EYES_PX else None


def followed(frames: Frames, finder: FaceFinder) -> list[Sighting]:
    """What is seen of one face in the frames of an attempt."""
    follower = FaceFollower(finder)
    return [sighting for at_s, pixels in frames if (sighting := follower.see(pixels, at_s)) is not None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is rendered. attempts: of each kind; seed: of challenges, people and ranges alike; half: "tune" or "test"."""

    attempts: int
    seed: int
    half: str


REPLAY, REPLAY_ANY = "replay", "replay_any"
_ROWS = (GENUINE, *ATTACKS)
Judged = tuple[str, Verdict]
"""Kind of attempt, and what it came to."""


def attempts_of(subject: Subject, finder: FaceFinder, plan: Plan, number: int, limits: Limits) -> Iterator[Judged]:
    """Render and judge one attempt of every kind with one person, and play his genuine one to two other challenges."""
    head = Head(subject)
    for place, kind in enumerate(_ROWS):
        seed = plan.seed * _SEED_STEP + place * 101 + number * len(_ROWS)
        challenge = draw(seed)
        seen = followed(render(kind, head, challenge, seed, plan.half), finder)
        yield kind, judge_attempt(challenge, seen, limits)
        if kind == GENUINE:
            yield REPLAY, judge_attempt(draw(plan.seed + 7919 * number, (challenge.order,)), seen, limits)
            yield REPLAY_ANY, judge_attempt(draw(Random(f"{plan.seed}/{number}").getrandbits(48)), seen, limits)


def evaluate_folder(folder: Path, plan: Plan, limits: Limits, jobs: int, progress: Callable[[int, int], None]) -> LivenessReport:
    """Render and judge `plan.attempts` of every kind from the faces of a folder, by so many processes; their number changes nothing else.

    progress: called with (attempts of each kind done, in all).
    """
    shares = [range(start, min(start + _SHARE, plan.attempts)) for start in range(0, plan.attempts, _SHARE)]
    judged: list[Judged] = []
    counted = 0
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for share, (people, found) in zip(shares, pool.map(partial(_shared, folder, plan, limits), shares), strict=True):
            judged.extend(found)
            counted = people
            progress(share.stop, plan.attempts)
    return report_of(judged, plan, counted)


def _shared(folder: Path, plan: Plan, limits: Limits, numbers: range) -> tuple[int, list[Judged]]:
    """How many people there are, and what some attempts came to."""
    subjects, finder = _ready(folder, plan.half)
    return len(subjects), [judged for number in numbers
                           for judged in attempts_of(subjects[(plan.seed + number) % len(subjects)], finder, plan, number, limits)]


@cache
def _ready(folder: Path, half: str) -> tuple[list[Subject], FaceFinder]:
    """What a process needs, made once: people and networks. As processes share the computer's cores, none starts threads of its own."""
    use_threads(1)
    finder = FaceFinder(ModelStore())
    return faces_of(folder, half, finder), finder


def report_of(judged: Iterable[Judged], plan: Plan, people: int) -> LivenessReport:
    """Count what attempts came to."""
    verdicts: dict[str, list[Verdict]] = {}
    for kind, verdict in judged:
        verdicts.setdefault(kind, []).append(verdict)
    margins = {kind: [verdict.margin for verdict in verdicts[kind]] for kind in _ROWS}
    genuine, attacks = figure(GENUINE, verdicts[GENUINE], passes_wrongly=False), [figure(kind, verdicts[kind]) for kind in ATTACKS]
    return LivenessReport("rendered", plan.half, plan.seed, people, genuine, attacks, figure(REPLAY, verdicts[REPLAY]),
                          figure(REPLAY_ANY, verdicts[REPLAY_ANY]), margins=margins)


def figure(kind: str, verdicts: Sequence[Verdict], *, passes_wrongly: bool = True) -> KindFigure:
    """Count one kind. passes_wrongly: whether it is an attack."""
    wrong = sum(verdict.live is passes_wrongly for verdict in verdicts)
    rate = wrong / max(len(verdicts), 1)
    return KindFigure(kind, len(verdicts), wrong, rate, wilson(rate, max(len(verdicts), 1)),
                      dict(Counter(verdict.rule for verdict in verdicts).most_common()))
