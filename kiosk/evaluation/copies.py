"""What the passive part says of pictures and videos that are what they are: nothing is rendered, nothing asked, nothing was tuned on them.

A picture alone cannot answer a challenge: here stands only what the traces of a copy tell, one signal of several. A video answers, but
not what is asked: it is played to many challenges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from kiosk.domain.challenge import draw
from kiosk.domain.liveness import Limits, judge_attempt
from kiosk.errors import InvalidValueError
from kiosk.evaluation.faces import wilson
from kiosk.vision.copies import CopyNetwork, cues
from kiosk.vision.face import FaceFinder
from kiosk.vision.liveness import FaceFollower
from kiosk.vision.pictures import read_picture, read_video

PICTURES = (".jpg", ".jpeg", ".png")
_RATE_HZ = 10.0


@dataclass(frozen=True, slots=True)
class CopiesRow:
    """A set of pictures, real or copies of a face. faceless: those in which no face was found, which are not judged.

    taken: share of the judged ones taken for a copy, with its 95 % interval (Wilson). auc: how often a copy looks more copied than a real
    picture of the same comparison, NaN where there are none; the same in both rows.
    """

    name: str
    real: bool
    pictures: int
    faceless: int
    taken: float
    interval: tuple[float, float]
    auc: float


@dataclass(frozen=True, slots=True)
class VideoRow:
    """A video of a living person, played to the kiosk. frames: looked at, ten a second; followed: those in which the face was followed.

    passive: mean of what its pictures look like, 0 alive .. 1 copied. plays, passed: so many challenges it was played to, and passed.
    """

    name: str
    frames: int
    followed: int
    passive: float
    plays: int
    passed: int
    interval: tuple[float, float]


def pictures_of(place: Path) -> list[Path]:
    """The picture at a path, or those under a folder. Raises InvalidValueError when there is none."""
    found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise InvalidValueError(f"{place}: no picture there")
    return found


def judge_pictures(real: Sequence[Path], copies: Sequence[Path], finder: FaceFinder, limit: float,
                   network: CopyNetwork | None = None) -> list[CopiesRow]:
    """One row of each path given, `real` first. limit: what looks more copied than that is taken for a copy."""
    seen = [(place, is_real, _scores(pictures_of(place), finder, network)) for is_real, places in ((True, real), (False, copies))
            for place in places]
    known = {truth: np.array([score for _, is_real, scores in seen if is_real is truth for score in scores if score is not None])
             for truth in (True, False)}
    above = _auc(known[True], known[False])
    return [_row("/".join(place.parts[-1 if place.is_file() else -2:]), is_real, scores, limit, above) for place, is_real, scores in seen]


def _scores(paths: Iterable[Path], finder: FaceFinder, network: CopyNetwork | None) -> list[float | None]:
    """How copied each picture looks, None without a face."""
    made: list[float | None] = []
    for path in paths:
        picture = read_picture(path)
        faces = finder.find(picture)
        if not faces:
            made.append(None)
            continue
        own = cues(picture, faces[0]).copied
        made.append(own if network is None else 1 - (1 - own) * (1 - network.copied(picture, faces[0])))
    return made


def _row(name: str, real: bool, scores: Sequence[float | None], limit: float, auc: float) -> CopiesRow:
    judged = [score for score in scores if score is not None]
    taken = sum(score > limit for score in judged) / max(len(judged), 1)
    return CopiesRow(name, real, len(scores), len(scores) - len(judged), taken, wilson(taken, max(len(judged), 1)), auc)


def _auc(real: np.ndarray, copies: np.ndarray) -> float:
    if not len(real) or not len(copies):
        return float("nan")
    return float((copies[:, None] > real).mean() + 0.5 * (copies[:, None] == real).mean())


def judge_video(path: Path, finder: FaceFinder, limits: Limits, plays: int, seed: int = 1) -> VideoRow:
    """Play a video to `plays` challenges, each from another moment."""
    follower, seen, frames, next_s, end_s = FaceFollower(finder), [], 0, 0.0, 0.0
    for at_s, pixels in read_video(path):
        end_s = at_s
        if at_s + 1e-6 >= next_s:
            frames, next_s = frames + 1, next_s + 1 / _RATE_HZ
            sighting = follower.see(pixels, at_s)
            seen += [sighting] if sighting is not None else []
    chance, passed = Random(f"{seed}"), 0
    for _ in range(plays):
        challenge, start_s = draw(chance.getrandbits(48)), chance.uniform(0, max(end_s - 4.0, 0.0))
        played = [replace(sighting, time_s=sighting.time_s - start_s) for sighting in seen if sighting.time_s >= start_s]
        passed += judge_attempt(challenge, [sighting for sighting in played if sighting.time_s < challenge.ends_s], limits).live
    passive = [sighting.passive for sighting in seen if np.isfinite(sighting.passive)]
    return VideoRow(path.name, frames, len(seen), float(np.mean(passive)) if passive else float("nan"), plays, passed,
                    wilson(passed / max(plays, 1), max(plays, 1)))
