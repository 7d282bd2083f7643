"""Try-on: our cover beside the overlay that public mirrors share, on the same pairs. `KIOSK_DATA=... python -m tests.bench.bench_tryon`

The peer is the usual overlay, written again from its formula: the garment's picture, cropped to the garment, is made 262/190 times
as wide as the shoulders and 581/440 times as high as wide, and its corner stands 44 and 48 pixels (at that scale) left of and above
the left-most shoulder.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.evaluation.tryon import PairScore, TryonTrial, pairs, summary
from kiosk.vision.body import L_SHOULDER, R_SHOULDER, BodyFinder, BodyFound
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment

ROUNDS = 15


def overlay_cover(pixels: Picture, body: BodyFound, worn: Garment) -> NDArray[np.uint8]:
    """What the usual overlay covers: (H, W) uint8, 255 where covered."""
    height, width = pixels.shape[:2]
    shoulders = body.landmarks[[L_SHOULDER, R_SHOULDER], :2]
    span = float(abs(shoulders[0, 0] - shoulders[1, 0]))
    size = max(1, int(span * 262 / 190)), max(1, int(span * 262 / 190 * 581 / 440))
    scale = span / 190
    alpha = cv2.resize(worn.picture[:, :, 3], size, interpolation=cv2.INTER_AREA)
    x, y = int(shoulders[:, 0].min() - 44 * scale), int(shoulders[int(np.argmin(shoulders[:, 0])), 1] - 48 * scale)
    covered = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + size[0]), min(height, y + size[1])
    if x0 < x1 and y0 < y1:
        covered[y0:y1, x0:x1] = np.where(alpha[y0 - y:y1 - y, x0 - x:x1 - x] > 127, 255, 0)
    return covered


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def accuracy(folder: Path) -> None:
    """Score both on all pairs."""
    trial, dresser = TryonTrial(folder, BodyFinder(ModelStore())), Dresser()
    ours: list[PairScore] = []
    peers: list[PairScore] = []
    for name in pairs(folder):
        ours.append(trial.score(name, dresser.cover_mask))
        peers.append(trial.score(name, overlay_cover))
    mine, theirs = summary(ours), summary(peers)
    say(f"{'':18}{'ours':>9}{'overlay':>9}{'ratio':>8}")
    for key in ("pairs", "mean_iou", "p10_iou", "long_sleeve_iou", "wrongly_covered", "dressed", "cut_out_iou"):
        say(f"{key:18}{mine[key]:9.4g}{theirs[key]:9.4g}{mine[key] / max(theirs[key], 1e-9):8.2f}")


def cost() -> None:
    """CPU milliseconds of a 720x1280 frame, median of rounds."""
    astronaut = read_picture(ModelStore().path("astronaut"))
    frame = np.full((1280, 720, 3), 120, np.uint8)
    frame[560:, :] = cv2.resize(astronaut, (720, 720))
    finder, dresser, hoodie = BodyFinder(ModelStore()), Dresser(), garment("hoodie_grey")
    follow, dress, acquire = [], [], []
    for step in range(ROUNDS):
        start = time.process_time()
        body = finder.find(frame, step / 30)
        middle = time.process_time()
        if body is not None:
            dresser.dress(frame, body, hoodie)
        (follow if step else acquire).append((middle - start) * 1e3)
        dress.append((time.process_time() - middle) * 1e3)
    started = time.process_time()
    sum(number * number % 7 for number in range(200_000))
    say(f"calibration {(time.process_time() - started) * 1e3:6.1f} ms python loop of 200,000")
    figures = (("acquire", acquire[0]), ("follow", statistics.median(follow)), ("dress", statistics.median(dress)))
    say("   ".join(f"{name} {figure:.1f} ms" for name, figure in figures) + "   (720x1280, CPU)")


if __name__ == "__main__":
    cost()
    if "KIOSK_DATA" in os.environ:
        accuracy(Path(os.environ["KIOSK_DATA"]) / "tryon" / "viton_dev")
    else:
        say("accuracy: KIOSK_DATA is not set")
