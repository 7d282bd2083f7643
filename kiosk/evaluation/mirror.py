"""How fast and how steady the mirror is on the machine it runs on: rendered shoppers, and a video of somebody's own."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.figure import Figures, appearance, background
from kiosk.devices.simulated.figure_pose import HANGING, Arm, BodyPose
from kiosk.domain.frame import Picture
from kiosk.domain.garment import Garment
from kiosk.domain.money import Money
from kiosk.errors import ModelError
from kiosk.ui import views
from kiosk.ui.screens import render
from kiosk.vision.body import L_ELBOW, L_HIP, L_SHOULDER, L_WRIST, R_ELBOW, R_HIP, R_SHOULDER, R_WRIST, BodyFinder, BodyFound
from kiosk.vision.draping import grid, trunk_map
from kiosk.vision.face import FaceFinder, make_embedder
from kiosk.vision.fit import fit, frame_of
from kiosk.vision.foreground import Foreground, reaches
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_video
from kiosk.vision.posture import posture
from kiosk.vision.tryon import Dresser, Layer

CAMERA, SCREEN = (720, 1280), (1080, 1920)
RATE_HZ = 30.0
_NOISE = 6.0
_GRID_S, _GRID_T = np.meshgrid(np.linspace(-0.5, 0.5, 9, dtype=np.float32), np.linspace(-0.1, 1.0, 12, dtype=np.float32))
_JOINTS = (L_SHOULDER, R_SHOULDER, L_ELBOW, R_ELBOW, L_WRIST, R_WRIST, L_HIP, R_HIP)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a frame costs. cpu_*: milliseconds of one core, median; *_ms: milliseconds that pass."""

    cpu_shown: float
    cpu_pose: float
    first_garment_ms: float
    switch_ms: float


@dataclass(frozen=True, slots=True)
class Steadiness:
    """still: how far garment and joints move per frame on a still person with sensor noise, of the shoulders' width, smoothed and raw.

    wrist_lag_ms: by how much the smoothed wrist is late behind the raw one while an arm waves.
    """

    still: float
    still_raw: float
    wrist_lag_ms: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A video: frames, those that were dressed, exchanges of left and right, frames in which a garment's map was inverted somewhere."""

    frames: int
    dressed: int
    flips: int
    torn: int


def machine() -> str:
    """Return what this machine is, as a Raspberry Pi names itself, else its processor."""
    model = Path("/proc/device-tree/model")
    if model.is_file():
        return model.read_text(encoding="utf-8").strip("\0 \n")
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").is_file() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{name}, {os.cpu_count()} cores"


def shopper(models: ModelStore, pose: BodyPose, figures: Figures | None = None) -> Picture:
    """Return a rendered shopper before the mirror: (1280, 720, 3) uint8 RGB."""
    frame = background(*CAMERA, 5).copy()
    (figures or Figures(models.path("astronaut"))).draw_body(frame, appearance(0, 20), pose, (360.0, 1190.0), 1000.0)
    return frame


def costs(models: ModelStore, garments: tuple[Garment, Garment], rounds: int = 30) -> Costs:
    """Measure what showing and following cost, with a rendered shopper."""
    frame = shopper(models, BodyPose(HANGING, HANGING))
    finder, dresser, foreground = BodyFinder(models), Dresser(), Foreground()
    started = time.perf_counter()
    body = _found(finder.find(frame, 0.0))
    layer = _layer(dresser.layer(frame, body, garments[0]))
    first = time.perf_counter() - started
    started = time.perf_counter()
    dresser.layer(frame, body, garments[1])
    switch = time.perf_counter() - started
    pose, shown = [], []
    for step in range(1, rounds + 1):
        begun = time.process_time()
        found = _found(finder.find(frame, step / RATE_HZ))
        posture(found, step / RATE_HZ, reaches(found, foreground.feed(frame, step / RATE_HZ, found)))
        layer = _layer(dresser.layer(frame, found, garments[0]))
        pose.append(time.process_time() - begun)
        begun = time.process_time()
        show(layer.on(frame), SCREEN, step)
        shown.append(time.process_time() - begun)
    return Costs(*(1e3 * float(v) for v in (np.median(shown), np.median(pose), first, switch)))


def show(picture: Picture, size: tuple[int, int], step: int) -> Any:
    """Return the mirror's screen of `size` with a picture on it."""
    card = views.GarmentCard("T-shirt", Money(1490, "EUR"), stock=3)
    return render(views.MirrorTryOn(views.Status("en"), picture, False, card, 0, 5, 1, step / RATE_HZ), size)[0]


def steadiness(models: ModelStore, frames: int = 60) -> Steadiness:
    """Measure jitter on a still rendered shopper and lag on a waving one."""
    figures = Figures(models.path("astronaut"))
    random = np.random.default_rng(1)
    still = shopper(models, BodyPose(HANGING, HANGING), figures)
    noisy = [np.clip(still + random.normal(0, _NOISE, still.shape).astype(np.float32), 0, 255).astype(np.uint8) for _ in range(6)]
    finder, raw = BodyFinder(models), BodyFinder(models)
    smooth_at, raw_at = [], []
    for step in range(frames):
        picture = noisy[int(random.integers(len(noisy)))]
        smooth_at.append(_vertices(_found(finder.find(picture, step / RATE_HZ))))
        if step % 3 == 0:
            raw_at.append(_vertices(_found(raw.find(picture, None))))
    width = frame_of(_found(finder.find(still, None))).width
    settled = smooth_at[frames // 4:]
    return Steadiness(_moved(settled) / width, _moved(raw_at) / width, _lag(models, figures, frames))


def _vertices(body: BodyFound) -> NDArray[np.float32]:
    """Return the places that garments hang on: the trunk's grid and the joints of the arms."""
    places = frame_of(body).to_picture(_GRID_S, _GRID_T).reshape(-1, 2)
    return np.concatenate([places, body.landmarks[list(_JOINTS), :2]]).astype(np.float32)


def _moved(places: list[NDArray[np.float32]]) -> float:
    steps = [float(np.linalg.norm(b - a, axis=1).mean()) for a, b in pairwise(places)]
    return float(np.mean(steps))


def _lag(models: ModelStore, figures: Figures, frames: int) -> float:
    """Return the lag in milliseconds at which the smoothed wrist lies best on the raw one."""
    finder, raw = BodyFinder(models), BodyFinder(models)
    smooth_at, raw_at = [], []
    for step in range(frames):
        up = 0.5 - 0.5 * np.cos(2 * np.pi * step / RATE_HZ)  # once a second
        picture = shopper(models, BodyPose(Arm(11 + 100 * up, 0, 6 + 110 * up, 0), HANGING), figures)
        smooth_at.append(_found(finder.find(picture, step / RATE_HZ)).landmarks[L_WRIST, :2])
        raw_at.append(_found(raw.find(picture, None)).landmarks[L_WRIST, :2])
    smooth, true = np.stack(smooth_at[8:]), np.stack(raw_at)
    at = np.arange(frames)[8:]
    def off(lag_ms: float) -> float:
        late = np.stack([np.interp(at - lag_ms * RATE_HZ / 1e3, np.arange(frames), true[:, k]) for k in range(2)], axis=1)
        return float(np.linalg.norm(late - smooth, axis=1).mean())

    return float(min(np.arange(0.0, 200.0, 2.0), key=off))


def watch(models: ModelStore, video: Path, garment: Garment, tell: Callable[[int], None] = lambda _n: None) -> Watched:
    """Dress everybody in a video, frame by frame."""
    finder = BodyFinder(models)
    frames = dressed = flips = torn = 0
    sign = 0.0
    for time_s, pixels in read_video(video):
        frames += 1
        tell(frames)
        body = finder.find(pixels, time_s)
        if body is None:
            continue
        dressed += 1
        torn += is_torn(body, garment, pixels.shape[0], pixels.shape[1])
        across, torso = body.landmarks[L_SHOULDER, 0] - body.landmarks[R_SHOULDER, 0], frame_of(body).length
        if abs(across) > 0.25 * torso:
            flips += sign * across < 0
            sign = float(np.sign(across))
    return Watched(frames, dressed, int(flips), int(torn))


def is_torn(body: BodyFound, garment: Garment, height: int, width: int) -> bool:
    """Whether a triangle of the trunk's map is inverted anywhere on the garment."""
    column, row = trunk_map(garment, fit(body, garment, height, width), grid((0, 0, width, height)))
    on = (row >= garment.cut.top) & (row <= garment.cut.hem_row) & (column >= 0) & (column < garment.picture.shape[1])
    right, down = (np.diff(part, axis=1)[:-1] for part in (column, row)), (np.diff(part, axis=0)[:, :-1] for part in (column, row))
    (rx, ry), (dx, dy) = tuple(right), tuple(down)
    whole = on[:-1, :-1] & on[1:, :-1] & on[:-1, 1:]
    return bool(((rx * dy - ry * dx) < -1e-2)[whole].any())


def soak(models: ModelStore, garments: tuple[Garment, ...], frames: int) -> Iterator[tuple[int, float]]:
    """Run the loop for `frames` frames; yield (frame, megabytes in use) a hundred times on the way.

    Hours in minutes: every frame is a new one and is dressed, every twentieth is looked at and every fifth is drawn with its screen. All
    networks of a mirror are open.
    """
    kept = FaceFinder(models), make_embedder("onnx", models)
    figures = Figures(models.path("astronaut"))
    pictures = [shopper(models, BodyPose(Arm(11 + 20 * k, 0, 6 + 20 * k, 0), HANGING), figures) for k in range(4)]
    del figures
    finder, dresser, layer = BodyFinder(models), Dresser(), None
    for step in range(frames):
        picture = pictures[step // 70 % len(pictures)].copy()
        if step % 20 == 0:
            body = finder.find(picture, step / RATE_HZ)
            layer = None if body is None else dresser.layer(picture, body, garments[step // 500 % len(garments)])
        dressed = picture if layer is None else layer.on(picture)
        if step % 5 == 0:
            show(dressed, CAMERA, step)
        if step % max(1, frames // 100) == 0:
            yield step, memory_mb()
    del kept


def memory_mb() -> float:
    """Return the memory in use by this process; where the system does not tell, the most that it ever was."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _found(body: BodyFound | None) -> BodyFound:
    if body is None:
        raise ModelError("the rendered shopper is not found: the networks are not those of the manifest")
    return body


def _layer(layer: Layer | None) -> Layer:
    if layer is None:
        raise ModelError("nothing lies on the rendered shopper")
    return layer
