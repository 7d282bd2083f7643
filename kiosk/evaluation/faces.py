"""How well faces are told apart: the protocol of Labeled Faces in the Wild on anybody's own pictures.

A pair is judged "same" when its distance is at most a threshold; each fold is judged at the threshold that is best on the other
folds. A picture in which no face is found makes its pair wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import InvalidValueError
from kiosk.vision.face import Embedder, FaceFinder
from kiosk.vision.pictures import read_picture

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two picture files and whether they show the same person. fold: counted from 0."""

    first: Path
    second: Path
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class PairsReport:
    """accuracy: 0..1, mean over the folds, with its 95 % interval (Wilson, over all pairs). threshold: mean over the folds.

    pairs: how many were judged. not_found: pictures without a face, out of `pictures`; their pairs count as wrong.
    """

    accuracy: float
    low: float
    high: float
    threshold: float
    pairs: int
    pictures: int
    not_found: int


def read_pairs(path: Path, images: Path) -> list[Pair]:
    """The pairs of a file in LFW's format: a line "folds pairs", then per fold that many same and that many different pairs.

    A picture lies in images/NAME_0001.jpg or images/NAME/NAME_0001.jpg. Raises InvalidValueError, naming file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValueError(f"{path}: cannot be read ({error})") from error
    try:
        folds, per_kind = (int(word) for word in lines[0].split())
    except (IndexError, ValueError) as error:
        raise InvalidValueError(f"{path}, line 1: not two numbers, folds and pairs of a kind") from error
    if folds < 2 or per_kind < 1 or len(lines) - 1 != folds * 2 * per_kind:
        promise = f"{folds} folds (at least 2 are needed) of {2 * per_kind} pairs"
        raise InvalidValueError(f"{path}: line 1 promises {promise}, {len(lines) - 1} lines follow")
    return [_pair(path, number, line, images, (number - 2) // (2 * per_kind)) for number, line in enumerate(lines[1:], 2)]


def _pair(path: Path, number: int, line: str, images: Path, fold: int) -> Pair:
    words = line.split()
    if len(words) not in (3, 4) or not words[1].isdigit() or not words[-1].isdigit():
        raise InvalidValueError(f"{path}, line {number}: neither `name n m` nor `name n name m`")
    first, second = _picture(images, words[0], int(words[1])), _picture(images, words[-2] if len(words) == 4 else words[0], int(words[-1]))
    return Pair(first, second, len(words) == 3, fold)


def _picture(images: Path, name: str, number: int) -> Path:
    flat = images / f"{name}_{number:04d}.jpg"
    return flat if flat.exists() else images / name / flat.name


def evaluate_pairs(pairs: Iterable[Pair], finder: FaceFinder, embedder: Embedder, progress: Callable[[int, int], None]) -> PairsReport:
    """Judge all pairs. progress: called with (pictures done, pictures in all). Raises InvalidValueError for an unreadable picture."""
    pairs = list(pairs)
    files = sorted({file for pair in pairs for file in (pair.first, pair.second)})
    vectors = embed_files(files, finder, embedder, progress)
    distances = np.array([_distance(vectors[pair.first], vectors[pair.second]) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    accuracies, thresholds = judge_folds(distances, same, np.array([pair.fold for pair in pairs]))
    low, high = wilson(float(np.mean(accuracies)), len(pairs))
    lost = sum(vector is None for vector in vectors.values())
    return PairsReport(float(np.mean(accuracies)), low, high, float(np.mean(thresholds)), len(pairs), len(files), lost)


def embed_files(files: Sequence[Path], finder: FaceFinder, embedder: Embedder,
                progress: Callable[[int, int], None]) -> dict[Path, Floats | None]:
    """The vector of the face nearest to the middle of each picture, None where none is found. progress: called with (done, in all).

    Raises InvalidValueError for a file that is no picture.
    """
    vectors: dict[Path, Floats | None] = {}
    for file in files:
        picture = read_picture(file)
        faces = finder.find(picture)
        # The person meant stands in the middle; others may be larger.
        middle = np.array(picture.shape[1::-1]) / 2
        faces.sort(key=lambda face: float(np.linalg.norm(np.array(face.box[:2]) + np.array(face.box[2:]) / 2 - middle)))
        vectors[file] = embedder.embed(picture, faces[0]) if faces else None
        progress(len(vectors), len(files))
    return vectors


def judge_folds(distances: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.int64]) -> tuple[list[float], list[float]]:
    """Accuracy and threshold of each fold, the threshold being the best on the other folds. A distance of NaN is wrong either way."""
    accuracies, thresholds = [], []
    for fold in np.unique(folds):
        threshold = _best_threshold(distances[folds != fold], same[folds != fold])
        judged = folds == fold
        accuracies.append(float(_right(distances[judged], same[judged], threshold).mean()))
        thresholds.append(threshold)
    return accuracies, thresholds


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in `count` trials (Wilson 1927)."""
    z = 1.959964
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(middle - half, 0.0), min(middle + half, 1.0) if share < 1 else 1.0


def _distance(one: Floats | None, other: Floats | None) -> float:
    return math.nan if one is None or other is None else float(np.linalg.norm(one - other))


def _right(distances: NDArray[np.float64], same: NDArray[np.bool_], threshold: float) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = np.isfinite(distances) & ((distances <= threshold) == same)
    return right


def _best_threshold(distances: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold that judges most pairs right; the middle one where several are equally good."""
    values = np.sort(distances[np.isfinite(distances)])
    candidates = np.concatenate([values[:1] - 1e-3, (values[1:] + values[:-1]) / 2, values[-1:] + 1e-3]) if values.size else np.zeros(1)
    scores = np.array([_right(distances, same, float(candidate)).sum() for candidate in candidates])
    best = candidates[scores == scores.max()]
    return float(best[len(best) // 2])
