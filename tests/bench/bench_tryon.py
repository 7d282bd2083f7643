"""Try-on beside the overlay that public mirrors share, in one run: speed, steadiness, a video, and the cover on the same pairs.

`KIOSK_DATA=... python -m tests.bench.bench_tryon`; without KIOSK_DATA what needs no data.

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

from kiosk.devices.simulated.figure_pose import HANGING, BodyPose
from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.evaluation.live import live
from kiosk.evaluation.mirror import SCREEN, costs, shopper, show, steadiness, watch
from kiosk.evaluation.tryon import PairScore, TryonTrial, pairs, summary
from kiosk.vision.body import L_SHOULDER, R_SHOULDER, BodyFinder, BodyFound
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import use_threads
from kiosk.vision.tryon import Dresser
from kiosk.vision.wardrobe import garment

ROUNDS = 15


def overlay_box(body: BodyFound) -> tuple[int, int, int, int]:
    """Where the usual overlay pastes the garment: x, y, width and height in whole pixels."""
    shoulders = body.landmarks[[L_SHOULDER, R_SHOULDER], :2]
    span = float(abs(shoulders[0, 0] - shoulders[1, 0]))
    scale = span / 190
    left = shoulders[int(np.argmin(shoulders[:, 0]))]
    return (int(left[0] - 44 * scale), int(left[1] - 48 * scale), max(1, int(span * 262 / 190)),
            max(1, int(span * 262 / 190 * 581 / 440)))


def overlay_cover(pixels: Picture, body: BodyFound, worn: Garment) -> NDArray[np.uint8]:
    """What the usual overlay covers: (H, W) uint8, 255 where covered."""
    height, width = pixels.shape[:2]
    x, y, across, down = overlay_box(body)
    alpha = cv2.resize(worn.picture[:, :, 3], (across, down), interpolation=cv2.INTER_AREA)
    covered = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + across), min(height, y + down)
    if x0 < x1 and y0 < y1:
        covered[y0:y1, x0:x1] = np.where(alpha[y0 - y:y1 - y, x0 - x:x1 - x] > 127, 255, 0)
    return covered


def overlay(pixels: Picture, body: BodyFound, worn: Garment) -> Picture:
    """The frame as the usual overlay shows it: the garment resized and blended with numpy, frame by frame."""
    x, y, across, down = overlay_box(body)
    garment_now = cv2.resize(worn.picture, (across, down))
    shown = pixels.copy()
    x0, y0, x1, y1 = max(0, x), max(0, y), min(pixels.shape[1], x + across), min(pixels.shape[0], y + down)
    if x0 < x1 and y0 < y1:
        part = garment_now[y0 - y:y1 - y, x0 - x:x1 - x]
        alpha = part[:, :, 3:] / 255
        shown[y0:y1, x0:x1] = part[:, :, :3] * alpha + shown[y0:y1, x0:x1] * (1 - alpha)
    return shown


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


def table(models: ModelStore) -> None:
    """Section by section what a frame costs, how steady garments are and how late frames come; the overlay beside, in the same run."""
    shirt, tee = garment("shirt_white"), garment("tshirt_red")
    started = time.process_time()
    sum(number * number % 7 for number in range(200_000))
    say(f"calibration {(time.process_time() - started) * 1e3:6.1f} ms python loop of 200,000")
    ours = costs(models, (shirt, tee))
    calm = steadiness(models)
    standing = shopper(models, BodyPose(HANGING, HANGING))
    lived = live(models, [standing], shirt, SCREEN, 5.0)
    peer_shown, peer_pose, peer_switch, peer_still = overlay_costs(models, standing, shirt)
    rows = (
        ("CPU of a shown 1080x1920 frame without pose, ms", ours.cpu_shown, peer_shown, "20"),
        ("CPU of a pose update, ms", ours.cpu_pose, peer_pose, "40"),
        ("first garment, ms", ours.first_garment_ms, ours.first_garment_ms - ours.cpu_pose + peer_pose, "700"),
        ("switch, ms", ours.switch_ms, peer_switch, "100"),
        ("still person, noise 6: motion a frame, % of the shoulders", 100 * calm.still, peer_still, "0.1"),
        ("moving wrist: lag, ms", calm.wrist_lag_ms, 0.0, "60"),
        ("frame in -> present p95, ms", lived.late_p95_ms, peer_pose + peer_shown, "50"),
        ("frames shown a second at 1080x1920", lived.shown_hz, 1e3 / (peer_pose + peer_shown), "24"))
    say(f"{'':60}{'ours':>9}{'overlay':>9}{'ratio':>8}{'bar':>7}")
    for name, mine, theirs, bar in rows:
        say(f"{name:60}{mine:9.2f}{theirs:9.2f}{mine / theirs if theirs else float('nan'):8.2f}{bar:>7}")


def overlay_costs(models: ModelStore, frame: Picture, worn: Garment) -> tuple[float, float, float, float]:
    """CPU milliseconds of the overlay's shown frame, of its pose, of a switch; and its corner's motion a frame on a still person, in %."""
    finder, raw, random = BodyFinder(models), BodyFinder(models), np.random.default_rng(1)
    noisy = [np.clip(frame + random.normal(0, 6, frame.shape).astype(np.float32), 0, 255).astype(np.uint8) for _ in range(6)]
    shown, pose, corners = [], [], []
    body = finder.find(frame, None)
    for step in range(ROUNDS):
        began = time.process_time()
        body = finder.find(noisy[step % len(noisy)], step / 30) or body
        middle = time.process_time()
        if body is None:
            raise SystemExit("the rendered shopper is not found")
        show(overlay(frame, body, worn), SCREEN, step)
        pose.append((middle - began) * 1e3)
        shown.append((time.process_time() - middle) * 1e3)
        unsmoothed = raw.find(noisy[step % len(noisy)], None)
        corners += [overlay_box(unsmoothed)[:2]] if unsmoothed is not None else []
    began = time.process_time()
    garment("tshirt_red")  # the overlay reads its picture anew
    switch = (time.process_time() - began) * 1e3
    moved = np.linalg.norm(np.diff(np.array(corners, float), axis=0), axis=1).mean()
    span = float(abs(body.landmarks[L_SHOULDER, 0] - body.landmarks[R_SHOULDER, 0])) if body is not None else 1.0
    return statistics.median(shown), statistics.median(pose), switch, 100 * float(moved) / span


def video(models: ModelStore, path: Path) -> None:
    """A dancing person, frame by frame; the overlay is given the same bodies, so it dresses as many and can neither flip nor tear."""
    seen = watch(models, path, garment("shirt_white"))
    say(f"{path.name}: dressed {seen.dressed} of {seen.frames}, flips {seen.flips}, torn {seen.torn}   bar 99 %, 0, 0")


if __name__ == "__main__":
    use_threads(1)
    table(ModelStore())
    if "KIOSK_DATA" in os.environ:
        video(ModelStore(), Path(os.environ["KIOSK_DATA"]) / "tryon" / "video" / "dance.mp4")
        accuracy(Path(os.environ["KIOSK_DATA"]) / "tryon" / "viton_dev")
    else:
        say("video and accuracy: KIOSK_DATA is not set")
