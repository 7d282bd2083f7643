"""Light on a rendered shelf, people before it, and the sensor that sees it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture

_Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Light and people of one look. seed: of everything that is random in it. person: "", "arm" or "body"; at: the slot that an arm
    reaches into, "" for any.
    """

    seed: int
    brightness: float = 1.0
    warmth: float = 0.0
    gradient: float = 0.0
    shadows: int = 0
    gloss: int = 0
    person: str = ""
    nudge_px: float = 0.0
    at: str = ""


def light(image: _Image, shine: _Image, given: Conditions, rng: np.random.Generator) -> _Image:
    """Return a linear picture under the light of a look. image: (H, W, 3) linear RGB. shine: (H, W) 0..1, how glossy a place is."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    ramp = ((x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)) * 2 * given.gradient
    level = given.brightness * np.exp(ramp)
    for _ in range(given.shadows):
        corners = rng.uniform((-80, -80), (width + 80, height + 80), (4, 2))
        shade = np.zeros((height, width), np.float32)
        cv2.fillConvexPoly(shade, cv2.convexHull(corners.astype(np.int32)), 1.0)
        shade = cv2.GaussianBlur(shade, (0, 0), float(rng.uniform(4, 25)))
        level = level * (1 - shade * rng.uniform(0.15, 0.55))
    tint = np.array([1 + given.warmth, 1.0, 1 - given.warmth], np.float32)
    lit = image * level[..., None] * tint
    for _ in range(given.gloss):
        centre, long, thin, turn = rng.uniform((0, 0), (width, height)), rng.uniform(10, 50), rng.uniform(3, 14), rng.uniform(0, 180)
        spot = np.zeros((height, width), np.float32)
        cv2.ellipse(spot, (int(centre[0]), int(centre[1])), (int(long), int(thin)), turn, 0, 360, 1.0, -1)
        lit = lit + (cv2.GaussianBlur(spot, (0, 0), 4) * shine * given.brightness * rng.uniform(0.5, 2.0))[..., None]
    return np.asarray(lit, np.float32)


def person(image: _Image, kind: str, aim: NDArray[np.float64], rng: np.random.Generator) -> tuple[_Image, _Image]:
    """Return the picture with an arm that reaches to `aim`, or with a body in the way, and where that is: (H, W) 0..1."""
    height, width = image.shape[:2]
    mask, hand = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    if kind == "arm":
        start = (float(aim[0] + rng.uniform(-160, 160)), height + 40.0)
        elbow = ((start[0] + aim[0]) / 2 + rng.uniform(-30, 30), (start[1] + aim[1]) / 2)
        path = np.round(np.array([start, elbow, (aim[0], aim[1])])).astype(np.int32)
        cv2.polylines(mask, [path], False, 1.0, int(rng.integers(38, 62)), cv2.LINE_AA)
        cv2.circle(hand, (int(aim[0]), int(aim[1])), int(rng.integers(22, 32)), 1.0, -1, cv2.LINE_AA)
        mask = np.maximum(mask, hand)
    else:
        middle, wide, high = rng.uniform(60, width - 60), rng.uniform(70, 170), rng.uniform(160, 420)
        cv2.ellipse(mask, (int(middle), height), (int(wide), int(high)), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        cv2.circle(hand, (int(middle), int(height - high + 20)), int(rng.integers(34, 50)), 1.0, -1, cv2.LINE_AA)
        mask = np.maximum(mask, hand)
    mean = float(image.mean())
    cloth = rng.uniform(0.03, 0.8, 3)
    folds = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 14) * 5
    stripes = 0.25 * np.sign(np.sin(np.arange(width) / rng.uniform(3, 12))) if rng.random() < 0.4 else np.zeros(width)
    dressed = cloth * (1 + 0.25 * folds + stripes[None, :])[..., None] * mean / 0.35
    skin = np.array([0.6, 0.38, 0.27]) * rng.uniform(0.35, 1.3) * (1 + 0.12 * folds)[..., None] * mean / 0.35
    worn = np.where(hand[..., None] > 0.5, skin, dressed)
    mask = np.clip(mask, 0, 1)
    return np.asarray(image * (1 - mask[..., None]) + np.clip(worn, 0.004, 2) * mask[..., None], np.float32), mask


def sensor(image: _Image, given: Conditions, rng: np.random.Generator) -> Picture:
    """Return what the camera makes of a linear picture: (H, W, 3) uint8 RGB, nudged, noisy and compressed."""
    if given.nudge_px:
        turn = rng.uniform(0, 2 * np.pi)
        way = np.array([[1, 0, given.nudge_px * np.cos(turn)], [0, 1, given.nudge_px * np.sin(turn)]], np.float32)
        image = cv2.warpAffine(image, way, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REPLICATE)
    # The camera exposes by itself, as they do: for the picture's mean, as far as its gain goes; what noise there is comes along.
    gain = float(np.clip(0.24 / max(1e-3, float(np.clip(image, 0, 1).mean())), 0.5, 3.0))
    grain = rng.normal(0, 1, image.shape) * np.sqrt(np.clip(image, 0, 1)) * 0.012 + rng.normal(0, 0.003, image.shape)
    noisy = np.clip(image + grain, 0, None)
    pixels = np.round(255 * np.clip(noisy * gain, 0, 1) ** (1 / 2.2)).astype(np.uint8)
    coded = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    seen: Picture = np.ascontiguousarray(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1])
    return seen
