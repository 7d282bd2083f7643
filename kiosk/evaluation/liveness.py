"""How often a rendered attack passes for a living person, and a rendered person for an attack: `kiosk eval liveness`.

APCER: share of attacks of one type that pass; BPCER: share of genuine attempts that are refused (ISO 30107-3). Everything is rendered
from a folder of faces by `devices.simulated.attacks`; identities and ranges are cut in two halves, and limits may be chosen on "tune" only.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from kiosk.devices.simulated.attack_ranges import lines
from kiosk.devices.simulated.attacks import ATTACKS, GENUINE, Head, Subject, render
from kiosk.domain.challenge import Challenge, draw
from kiosk.domain.frame import Picture
from kiosk.domain.liveness import Limits, Track, Verdict, judge, track_of
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import wilson
from kiosk.vision.face import FaceFinder, FaceFound
from kiosk.vision.liveness import FaceFollower
from kiosk.vision.pictures import read_picture

HALVES = ("tune", "test")
PEOPLE_MOST = 400
_LOOKS_AHEAD_DEG, _EYES_PX = 12.0, 34.0
_SEED_STEP = 1_000_003

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
    middle = picture.shape[1] / 2
    face = min(faces, key=lambda face: abs(face.box[0] + face.box[2] / 2 - middle), default=None)
    ahead = face is not None and max(abs(face.yaw_deg), abs(face.pitch_deg)) < _LOOKS_AHEAD_DEG and face.size_px > _EYES_PX
    return face if ahead else None


def followed(frames: Frames, finder: FaceFinder) -> Track | None:
    """The track of the face in frames; None when there is none in any."""
    follower = FaceFollower(finder)
    seen = [sighting for at_s, pixels in frames if (sighting := follower.see(pixels, at_s)) is not None]
    return track_of(seen) if seen else None


def verdict(challenge: Challenge, track: Track | None, limits: Limits) -> Verdict:
    """`judge`, also of an attempt in which nobody was seen."""
    return judge(challenge, track, limits) if track is not None else Verdict(False, "too_few")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is rendered. attempts: of each kind; seed: of challenges, people and ranges alike; half: "tune" or "test"."""

    attempts: int
    seed: int
    half: str


def evaluate_liveness(subjects: Sequence[Subject], finder: FaceFinder, plan: Plan, limits: Limits,
                      progress: Callable[[int, int], None]) -> LivenessReport:
    """Render and judge `plan.attempts` of every kind. progress: called with (attempts done, attempts in all)."""
    heads: dict[int, Head] = {}
    verdicts: dict[str, list[Verdict]] = {}
    recorded: list[tuple[Challenge, Track]] = []
    kinds = (GENUINE, *ATTACKS)
    for place, kind in enumerate(kinds):
        for number in range(plan.attempts):
            seed = plan.seed * _SEED_STEP + place * 101 + number * len(kinds)
            challenge = draw(seed)
            who = seed % len(subjects)
            if len(heads) > 64:
                heads.clear()
            if who not in heads:
                heads[who] = Head(subjects[who])
            head = heads[who]
            track = followed(render(kind, head, challenge, seed, plan.half), finder)
            verdicts.setdefault(kind, []).append(verdict(challenge, track, limits))
            if kind == GENUINE and track is not None:
                recorded.append((challenge, track))
            progress(place * plan.attempts + number + 1, len(kinds) * plan.attempts)
    other = [judge(draw(plan.seed + 7919 * number, (asked.order,)), track, limits) for number, (asked, track) in enumerate(recorded)]
    free = [judge(draw(Random(f"{plan.seed}/{number}").getrandbits(48)), track, limits) for number, (_, track) in enumerate(recorded)]
    margins = {kind: [verdict.margin for verdict in found] for kind, found in verdicts.items()}
    genuine, attacks = figure(GENUINE, verdicts[GENUINE], passes_wrongly=False), [figure(kind, verdicts[kind]) for kind in ATTACKS]
    return LivenessReport("rendered", plan.half, plan.seed, len(subjects), genuine, attacks, figure("replay", other),
                          figure("replay_any", free), margins=margins)


def figure(kind: str, verdicts: Sequence[Verdict], *, passes_wrongly: bool = True) -> KindFigure:
    """Count one kind. passes_wrongly: whether it is an attack."""
    wrong = sum(verdict.live is passes_wrongly for verdict in verdicts)
    rate = wrong / max(len(verdicts), 1)
    return KindFigure(kind, len(verdicts), wrong, rate, wilson(rate, max(len(verdicts), 1)),
                      dict(Counter(verdict.rule for verdict in verdicts).most_common()))
