"""How well the mirror covers what a garment really covers, on pairs of a person and a flat-lay photograph.

The layout is VITON's (Han et al. 2018): image/ID_0.jpg wears cloth/ID_1.jpg; image-parse/ID_0.png holds the truth as LIP labels,
cloth-mask/ID_1.jpg the garment's outline. The mirror sees image and cloth alone.
Labels: 5 upper clothes, 6 dress, 7 coat; 2 hair, 14 and 15 arms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.errors import InvalidValueError
from kiosk.vision.body import BodyFinder, BodyFound
from kiosk.vision.garment import cut_out, read
from kiosk.vision.pictures import captioned, read_labels, read_mask, read_picture, sheet
from kiosk.vision.tryon import Dresser

GARMENT, IN_FRONT, ARMS = (5, 6, 7), (2, 14, 15), (14, 15)
LONG_SLEEVED = 0.12

Cover = Callable[[Picture, BodyFound, Garment], NDArray[np.uint8]]
"""What puts a garment on: picture, body, garment -> (H, W) uint8, 255 where covered."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """One pair. iou, cut_out_iou: 0..1. bare_arms: bare arm area by garment area.

    in_front: arm and hair pixels inside the garment's box. wrong: those of them that were covered.
    own: pixels of the worn garment; own_visible: those of them that still show beside the virtual one. sleeve: of the virtual one,
    "" where no garment was found.
    """

    name: str
    iou: float
    cut_out_iou: float
    bare_arms: float
    in_front: int
    wrong: int
    dressed: bool
    own: int = 0
    own_visible: int = 0
    sleeve: str = ""


def pairs(folder: Path, limit: int | None = None) -> tuple[str, ...]:
    """Return the pairs' names in `folder`. Raises InvalidValueError where the layout is another."""
    if not (folder / "image").is_dir() or not (folder / "cloth").is_dir():
        raise InvalidValueError(f"{folder}: no folders image/ and cloth/ in it; VITON's layout is expected")
    names = tuple(sorted(path.name.removesuffix("_0.jpg") for path in (folder / "image").glob("*_0.jpg")))
    if not names:
        raise InvalidValueError(f"{folder}/image: no pictures named *_0.jpg")
    return names[:limit]


class TryonTrial:
    """Scores a way of dressing on pairs; bodies and garments are the mirror's own."""

    def __init__(self, folder: Path, finder: BodyFinder) -> None:
        self._folder = folder
        self._finder = finder

    def score(self, name: str, cover: Cover) -> PairScore:
        """Return one pair's score; where no body or no garment is found nothing is covered, and that counts."""
        pixels, body, garment, cut = self.see(name)
        labels = read_labels(self._folder / "image-parse" / f"{name}_0.png")
        worn = np.isin(labels, GARMENT)
        covered = np.zeros(worn.shape, bool) if body is None or garment is None else cover(pixels, body, garment) > 127
        front = np.isin(labels, IN_FRONT) & _box(worn)
        outline = read_mask(self._folder / "cloth-mask" / f"{name}_1.jpg") > 127
        return PairScore(name, _iou(covered, worn), _iou(cut > 127, outline), float(np.isin(labels, ARMS).sum() / max(1, worn.sum())),
                         int(front.sum()), int((front & covered).sum()), body is not None, int(worn.sum()), int((worn & ~covered).sum()),
                         garment.cut.sleeve if garment is not None else "")

    def see(self, name: str) -> tuple[Picture, BodyFound | None, Garment | None, NDArray[np.uint8]]:
        """Return picture, body and garment of a pair as the mirror sees them, and the garment's own cut-out."""
        pixels = read_picture(self._folder / "image" / f"{name}_0.jpg")
        photo = read_picture(self._folder / "cloth" / f"{name}_1.jpg")
        mask = cut_out(photo)
        try:
            garment: Garment | None = read(name, photo, mask=mask)
        except InvalidValueError:
            garment = None
        return pixels, self._finder.find(pixels, None), garment, mask


def evaluate(folder: Path, finder: BodyFinder, cover: Cover | None = None, limit: int | None = None) -> Iterator[PairScore]:
    """Score every pair in `folder` with `cover`, by default the mirror's own."""
    trial = TryonTrial(folder, finder)
    chosen = cover or Dresser().cover_mask
    for name in pairs(folder, limit):
        yield trial.score(name, chosen)


def summary(scores: list[PairScore]) -> dict[str, float | int]:
    """Return the figures that count. Shares and IoU are 0..1; long_sleeve_iou is 0 when no pair has long sleeves.

    own_visible: how much of the worn garments still shows, in all and by the sleeves of the virtual ones (none, short, long).
    """
    ious = np.array([s.iou for s in scores])
    classes = {sleeve: [s for s in scores if s.sleeve == sleeve] for sleeve in ("none", "short", "long")}
    long_sleeved = [s.iou for s in scores if s.bare_arms < LONG_SLEEVED]
    return {
        "pairs": len(scores),
        "mean_iou": round(float(ious.mean()), 4),
        "p10_iou": round(float(np.percentile(ious, 10)), 4),
        "long_sleeve_iou": round(float(np.mean(long_sleeved)), 4) if long_sleeved else 0.0,
        "wrongly_covered": round(sum(s.wrong for s in scores) / max(1, sum(s.in_front for s in scores)), 4),
        "own_visible": _share_visible(scores),
        **{f"own_visible_{sleeve}": _share_visible(some) for sleeve, some in classes.items()},
        "dressed": round(sum(s.dressed for s in scores) / len(scores), 4),
        "cut_out_iou": round(float(np.mean([s.cut_out_iou for s in scores])), 4),
    }


def _share_visible(scores: list[PairScore]) -> float:
    """Return how much of the garments really worn still shows, 0..1."""
    return round(sum(s.own_visible for s in scores) / max(1, sum(s.own for s in scores)), 4)


def gallery(folder: Path, finder: BodyFinder, scores: list[PairScore], each: int = 6) -> Picture:
    """Return a contact sheet: worst, median and best pairs, each as picture, garment and dressed picture."""
    ranked = sorted(scores, key=lambda s: s.iou)
    middle = max(0, len(ranked) // 2 - each // 2)
    trial, dresser, rows = TryonTrial(folder, finder), Dresser(), []
    for group in (ranked[-each:], ranked[middle:middle + each], ranked[:each]):
        row: list[Picture] = []
        for score in group:
            pixels, body, garment, _ = trial.see(score.name)
            dressed = pixels if body is None or garment is None else dresser.dress(pixels, body, garment)
            row += [captioned(pixels, f"{score.name}  {score.iou:.2f}"), _photo(folder, score.name), dressed]
        rows.append(row)
    return sheet([row[i:i + 9] for row in rows for i in range(0, len(row), 9)])


def _photo(folder: Path, name: str) -> Picture:
    return read_picture(folder / "cloth" / f"{name}_1.jpg")


def _iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    if a.shape != b.shape:
        raise InvalidValueError(f"a mask of {a.shape} pixels stands beside one of {b.shape}: the pictures of a pair must be of one size")
    return float((a & b).sum() / max(1, (a | b).sum()))


def _box(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the box around what is set."""
    box = np.zeros(mask.shape, bool)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size:
        box[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1] = True
    return box
