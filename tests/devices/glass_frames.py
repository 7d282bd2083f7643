"""Draws a hundred random bodies both ways on the display that DISPLAY names; prints how far apart the worst one is, or why it cannot.

A process of its own: SDL takes the driver of its first window for all others.
"""

from __future__ import annotations

import sys

import numpy as np

from kiosk.devices.glass import GlassDisplay
from kiosk.errors import DeviceMissingError
from kiosk.evaluation.meshes import LOOKS, compare
from kiosk.vision import body as b
from kiosk.vision.body import BodyFound
from kiosk.vision.mannequin import HEIGHT, WIDTH
from kiosk.vision.mannequin import test_body as body_of_ours
from kiosk.vision.wardrobe import garment

FRAMES = 100
LIMBS = ((b.L_SHOULDER, b.L_ELBOW, b.L_WRIST, b.L_INDEX), (b.R_SHOULDER, b.R_ELBOW, b.R_WRIST, b.R_INDEX))


def bodies():
    """The test body with its arms anywhere, sheared and leaning, in looks of one and two garments."""
    pixels, still = body_of_ours()
    pixels = np.ascontiguousarray(pixels[::2, ::2])
    halved = still.landmarks * np.float32([0.5, 0.5, 0.5, 1])
    looks = [tuple(garment(name) for name in names) for names in LOOKS]
    random = np.random.default_rng(7)
    for number in range(FRAMES):
        points = halved.copy()
        for shoulder, elbow, wrist, hand in LIMBS:
            for about, moved in ((shoulder, (elbow, wrist, hand)), (elbow, (wrist, hand))):
                angle = np.radians(random.uniform(-150, 150))
                turn = np.float32([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
                for joint in moved:
                    points[joint, :2] = points[about, :2] + turn @ (points[joint, :2] - points[about, :2])
        points[:, 0] += random.uniform(-0.2, 0.2) * (points[:, 1] - HEIGHT / 4)
        yield pixels, BodyFound(points, still.crop_mask, 0.5 * still.to_picture, 1.0), looks[number % len(looks)]


def main() -> None:
    try:
        glass = GlassDisplay((WIDTH // 2, HEIGHT // 2), "frames")
    except DeviceMissingError as error:
        sys.stdout.write(f"skip: {error}\n")
        return
    apart = [found.difference for found in compare(glass, bodies())]
    glass.close()
    sys.stdout.write(f"worst {max(apart)} of {len(apart)}\n")


if __name__ == "__main__":
    main()
