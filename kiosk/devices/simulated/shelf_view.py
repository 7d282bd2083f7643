"""A shelf as a camera above it sees it: boxes and cans that are taken from the front, in the light of a day. Replayable by seed.

Stated: a pinhole camera looks down on one board with slots side by side. A scene fixes the board, the camera and the goods of each slot; a
look fixes what is left in each slot and the conditions: brightness and colour of the light, a gradient, soft shadows, gloss on goods and
board, a camera that was nudged by up to 1.5 pixels, sensor noise and JPEG, and people: an arm that reaches in, or somebody who stands in
the way. Everything is drawn by code; no photograph is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.devices.simulated.shelf_light import Conditions, light, person, sensor
from kiosk.domain.frame import Picture

WIDTH, HEIGHT = 640, 480
BOARD_MM, DEPTH_MM = 900.0, 360.0
_Points = NDArray[np.float64]
_Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Goods:
    """What stands in a slot: pieces of `size` (width, depth, height) in mm, in `columns` side by side and `rows` behind each other.

    label: (64, 64, 3) float32 RGB 0..1, linear light: the front; lid: colour of top and sides. round: cans instead of boxes.
    """

    size: tuple[float, float, float]
    columns: int
    rows: int
    label: _Image
    lid: tuple[float, float, float]
    round: bool

    @property
    def capacity(self) -> int:
        """Pieces of a full slot."""
        return self.columns * self.rows


@dataclass(frozen=True, slots=True)
class Look:
    """picture: (480, 640, 3) uint8 RGB. fill: slot -> 0..1, pieces there over pieces that fit. hidden: slot -> share that people cover."""

    picture: Picture
    fill: dict[str, float]
    hidden: dict[str, float]


class ShelfScene:
    """One board with its camera and goods; slots are called F1, F2, ... from the left, or as the board that is given."""

    def __init__(self, seed: int, board: Mapping[str, tuple[float, float, int]] | None = None) -> None:
        """board: slot -> left and right edge on a board of BOARD_MM, and the pieces that fit; None for one by chance."""
        rng = np.random.default_rng((seed, 1))
        self._seed = seed
        count = int(rng.integers(4, 7))
        self._project = _camera(rng)
        self._board = _board_texture(rng)
        width = BOARD_MM / count
        self.slots = {f"F{i + 1}": (i * width + 8, (i + 1) * width - 8) for i in range(count)}
        if board is not None:
            self.slots = {slot: (left, right) for slot, (left, right, _) in board.items()}
        wanted = {slot: pieces for slot, (_, _, pieces) in (board or {}).items()}
        self.goods = {slot: _goods(rng, right - left, wanted.get(slot, 0)) for slot, (left, right) in self.slots.items()}

    def corners(self, slot: str) -> tuple[tuple[float, float], ...]:
        """Return where a slot's ground is in the picture: front left, front right, back right, back left; pixels, origin top-left."""
        return self._ground(*self.slots[slot])

    def board_corners(self) -> tuple[tuple[float, float], ...]:
        """Return where the whole board's ground is, in the same order."""
        return self._ground(0.0, BOARD_MM)

    def _ground(self, left: float, right: float) -> tuple[tuple[float, float], ...]:
        seen = self._project(np.array([[left, 0, 0], [right, 0, 0], [right, DEPTH_MM, 0], [left, DEPTH_MM, 0]], float))
        return tuple((float(x), float(y)) for x, y in seen)

    def look(self, pieces: dict[str, int], conditions: Conditions) -> Look:
        """Return what the camera sees with so many pieces in each slot."""
        rng = np.random.default_rng((self._seed, conditions.seed, 2))
        image, shine = self._draw(pieces, rng)
        image = light(image, shine, conditions, rng)
        mask = np.zeros((HEIGHT, WIDTH), np.float32)
        if conditions.person:
            image, mask = person(image, conditions.person, self._aim(rng, conditions.at), rng)
        fill = {slot: pieces[slot] / self.goods[slot].capacity for slot in self.slots}
        hidden = {slot: _share(mask, self.corners(slot)) for slot in self.slots}
        return Look(sensor(image, conditions, rng), fill, hidden)

    def full(self) -> dict[str, int]:
        """Return slot -> pieces of a full shelf."""
        return {slot: goods.capacity for slot, goods in self.goods.items()}

    def empty(self) -> dict[str, int]:
        """Return slot -> 0."""
        return dict.fromkeys(self.slots, 0)

    def _aim(self, rng: np.random.Generator, slot: str) -> _Points:
        left, right = self.slots[slot or list(self.slots)[int(rng.integers(0, len(self.slots)))]]
        at: _Points = self._project(np.array([[rng.uniform(left, right), rng.uniform(30, 250), 40.0]]))[0]
        return at

    def _draw(self, pieces: dict[str, int], rng: np.random.Generator) -> tuple[_Image, _Image]:
        image = np.empty((HEIGHT, WIDTH, 3), np.float32)
        image[:] = self._board.mean(axis=(0, 1)) * 0.35
        shine = np.zeros((HEIGHT, WIDTH), np.float32)
        ground = self._project(np.array([[-30, -12, 0], [BOARD_MM + 30, -12, 0], [BOARD_MM + 30, DEPTH_MM, 0], [-30, DEPTH_MM, 0]], float))
        _paste(image, self._board, ground)
        cv2.fillConvexPoly(shine, np.round(ground).astype(np.int32), 0.25)
        right, back = BOARD_MM + 30, DEPTH_MM
        wall = self._project(np.array([[-30, back, 0], [right, back, 0], [right, back, 260], [-30, back, 260]], float))
        cv2.fillConvexPoly(image, np.round(wall).astype(np.int32), (self._board.mean(axis=(0, 1)) * 0.6).tolist())
        for position in sorted({edge for pair in self.slots.values() for edge in pair}):
            line = self._project(np.array([[position, 0, 4], [position, DEPTH_MM, 4]], float))
            cv2.line(image, _at(line[0]), _at(line[1]), (0.42, 0.42, 0.44), 2, cv2.LINE_AA)
        self._rail(image)
        stands = [(slot, column, row) for slot in self.slots for column, row in self._standing(slot, pieces[slot])]
        for slot, column, row in sorted(stands, key=lambda s: -s[2]):
            self._piece(image, shine, (slot, column, row), rng)
        return image, shine

    def _rail(self, image: _Image) -> None:
        """The price rail at the front edge, with a label under each slot."""
        rail = self._project(np.array([[-30, -12, 0], [BOARD_MM + 30, -12, 0], [BOARD_MM + 30, -14, -45], [-30, -14, -45]], float))
        cv2.fillConvexPoly(image, np.round(rail).astype(np.int32), (0.55, 0.57, 0.6))
        for left, right in self.slots.values():
            middle = (left + right) / 2
            near, far = middle - 28, middle + 28
            label = self._project(np.array([[near, -13, -6], [far, -13, -6], [far, -14, -38], [near, -14, -38]]))
            cv2.fillConvexPoly(image, np.round(label).astype(np.int32), (0.9, 0.9, 0.86))

    def _standing(self, slot: str, count: int) -> list[tuple[int, int]]:
        """Return (column, row) of what is left, row 0 in front: the front pieces go first, from any column."""
        goods = self.goods[slot]
        rng = np.random.default_rng((self._seed, count, int(slot[1:])))
        gone = [0] * goods.columns
        for _ in range(goods.capacity - count):
            gone[int(rng.choice([c for c in range(goods.columns) if gone[c] < goods.rows]))] += 1
        return [(column, row) for column in range(goods.columns) for row in range(gone[column], goods.rows)]

    def _piece(self, image: _Image, shine: _Image, place: tuple[str, int, int], rng: np.random.Generator) -> None:
        slot, column, row = place
        goods, (left, right) = self.goods[slot], self.slots[slot]
        wide, deep, high = goods.size
        pitch_x, pitch_y = (right - left) / goods.columns, DEPTH_MM / goods.rows
        x = left + pitch_x * (column + 0.5) - wide / 2 + rng.uniform(-2, 2)
        y = pitch_y * row + (pitch_y - deep) / 2 + rng.uniform(-3, 3)
        if goods.round:
            self._can(image, shine, goods, (x, y))
            return
        shade = rng.uniform(0.94, 1.06)
        lid = np.array(goods.lid)
        for side, dark in ((0.0, 0.55), (wide, 0.62)):
            face = self._project(np.array([[x + side, y, 0], [x + side, y + deep, 0], [x + side, y + deep, high], [x + side, y, high]]))
            cv2.fillConvexPoly(image, np.round(face).astype(np.int32), (lid * dark * shade).tolist(), cv2.LINE_AA)
        top = self._project(np.array([[x, y, high], [x + wide, y, high], [x + wide, y + deep, high], [x, y + deep, high]]))
        _paste(image, np.clip(goods.label[::4, ::4] * 0.25 + lid * 0.75, 0, 1).astype(np.float32) * shade, top)
        front = self._project(np.array([[x, y, 0], [x + wide, y, 0], [x + wide, y, high], [x, y, high]]))
        _paste(image, goods.label * np.float32(0.85 * shade), front)
        for face in (top, front):
            cv2.fillConvexPoly(shine, np.round(face).astype(np.int32), 0.6)

    def _can(self, image: _Image, shine: _Image, goods: Goods, corner: tuple[float, float]) -> None:
        (wide, _deep, high), around = goods.size, np.linspace(0, 2 * np.pi, 25)[:-1]
        radius = wide / 2
        ring = np.column_stack([corner[0] + radius + radius * np.cos(around), corner[1] + radius + radius * np.sin(around), np.zeros(24)])
        base, lid = self._project(ring), self._project(ring + np.array([0, 0, high]))
        body = cv2.convexHull(np.vstack([base, lid]).astype(np.float32))
        left, right = float(base[:, 0].min()), float(base[:, 0].max())
        bottom, top = float(base[:, 1].max()), float(lid[:, 1].max())
        _paste(image, goods.label * np.float32(0.8), np.array([[left, bottom], [right, bottom], [right, top], [left, top]]), body)
        cv2.fillConvexPoly(image, np.round(lid).astype(np.int32), goods.lid, cv2.LINE_AA)
        cv2.fillConvexPoly(shine, np.round(body).astype(np.int32), 0.9)


def conditions(rng: np.random.Generator) -> Conditions:
    """Return the conditions of some moment of some day."""
    who = str(rng.choice(["", "", "", "arm", "body"]))
    return Conditions(int(rng.integers(1 << 30)), float(np.exp(rng.uniform(np.log(0.35), np.log(1.6)))), float(rng.uniform(-0.25, 0.25)),
                      float(rng.uniform(-0.4, 0.4)), int(rng.integers(0, 4)), int(rng.integers(0, 5)), who, float(rng.uniform(0, 1.5)))


def some_pieces(scene: ShelfScene, rng: np.random.Generator) -> dict[str, int]:
    """Return slot -> what is left of it at some moment: a quarter of the slots is empty, a sixth is full."""
    left = {}
    for slot, goods in scene.goods.items():
        dice = rng.random()
        left[slot] = 0 if dice < 0.25 else goods.capacity if dice < 0.42 else int(rng.integers(1, goods.capacity + 1))
    return left


def _camera(rng: np.random.Generator) -> Callable[[_Points], _Points]:
    """A camera over the aisle that looks down on the board; all of it is in the picture."""
    tilt = np.radians(rng.uniform(44, 60))
    focus = np.array([BOARD_MM / 2 + rng.uniform(-60, 60), DEPTH_MM / 2, 30.0])
    away = rng.uniform(950, 1150)
    eye = focus + away * np.array([rng.uniform(-0.12, 0.12), -np.cos(tilt), np.sin(tilt)])
    forward = (focus - eye) / np.linalg.norm(focus - eye)
    sideways = np.cross(forward, (0.0, 0.0, 1.0))
    sideways /= np.linalg.norm(sideways)
    down = np.cross(forward, sideways)
    zoom = 0.58 * away

    def project(points: _Points) -> _Points:
        away_from = points - eye
        depth = away_from @ forward
        return np.column_stack([WIDTH / 2 + zoom * (away_from @ sideways) / depth, HEIGHT / 2 + zoom * (away_from @ down) / depth])

    return project


def _board_texture(rng: np.random.Generator) -> _Image:
    """Wood, painted metal or a rubber mat with stripes: (160, 400, 3) linear RGB."""
    kind = int(rng.integers(3))
    image = np.empty((160, 400, 3), np.float32)
    if kind == 0:
        image[:] = np.array([0.45, 0.3, 0.18]) * rng.uniform(0.7, 1.4)
        grain = cv2.GaussianBlur(rng.standard_normal((160, 400)).astype(np.float32), (0, 0), sigmaX=25, sigmaY=1.2)
        image *= (1 + 1.2 * grain)[..., None]
    elif kind == 1:
        image[:] = rng.uniform(0.55, 0.8)
        image *= (1 + 0.02 * rng.standard_normal((160, 400, 1))).astype(np.float32)
    else:
        image[:] = rng.uniform(0.06, 0.2) * np.array([1.0, 1.0, rng.uniform(1.0, 1.3)])
        image[:, :: int(rng.integers(8, 16))] *= 1.8
    return np.clip(image, 0.01, 0.95).astype(np.float32)


def _goods(rng: np.random.Generator, width_mm: float, wanted: int) -> Goods:
    """Goods that fit a slot of this width: any colour, also the board's; some labels are plain, most have stripes and marks.

    wanted: pieces of a full slot, boxes then; 0 for any number.
    """
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(3, 6))
    is_round = bool(rng.random() < 0.35) and not wanted
    if wanted:
        columns = max(n for n in (1, 2, 3) if wanted % n == 0)
        rows = wanted // columns
    wide = width_mm / columns * rng.uniform(0.82, 0.94)
    deep = wide if is_round else DEPTH_MM / rows * rng.uniform(0.85, 0.95)
    if is_round:
        rows = max(2, int(DEPTH_MM // (wide * 1.05)))
    high = float(rng.uniform(35, 120))
    base = rng.uniform(0.02, 0.9, 3)
    label = np.ones((64, 64, 3), np.float32) * base.astype(np.float32)
    for _ in range(int(rng.integers(1, 5))):
        colour = rng.uniform(0.02, 0.95, 3)
        x, y, w, h = (int(v) for v in (*rng.integers(0, 48, 2), *rng.integers(8, 60, 2)))
        cv2.rectangle(label, (x, y), (x + w, y + h), colour.tolist(), -1)
    for _ in range(int(rng.integers(0, 10))):
        x, y = (int(v) for v in rng.integers(4, 60, 2))
        cv2.line(label, (x, y), (min(63, x + int(rng.integers(4, 24))), y), rng.uniform(0, 1, 3).tolist(), int(rng.integers(1, 3)))
    lid = rng.uniform(0.1, 0.85, 3) if rng.random() < 0.5 else base
    return Goods((wide, deep, high), columns, rows, label, (float(lid[0]), float(lid[1]), float(lid[2])), is_round)


def _paste(image: _Image, texture: _Image, corners: _Points, outline: NDArray[np.float32] | None = None) -> None:
    """Lay a texture over four corners (bottom left, bottom right, top right, top left) of the picture; keep inside `outline`."""
    low = np.floor(corners.min(axis=0)).astype(int) - 1
    size = np.ceil(corners.max(axis=0)).astype(int) + 2 - low
    if np.any(size < 2) or np.any(size > 2000):
        return
    h, w = texture.shape[:2]
    source = np.array([[0, h], [w, h], [w, 0], [0, 0]], np.float32)
    way = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    warped = cv2.warpPerspective(texture, way, (int(size[0]), int(size[1])), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((int(size[1]), int(size[0])), np.float32)
    shape = corners if outline is None else outline.reshape(-1, 2)
    cv2.fillConvexPoly(mask, np.round((shape - low) * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
    x1, y1 = min(WIDTH, int(low[0] + size[0])), min(HEIGHT, int(low[1] + size[1]))
    if x1 <= x0 or y1 <= y0:
        return
    part = (slice(y0 - int(low[1]), y1 - int(low[1])), slice(x0 - int(low[0]), x1 - int(low[0])))
    share = mask[part][..., None]
    image[y0:y1, x0:x1] = image[y0:y1, x0:x1] * (1 - share) + warped[part].reshape(y1 - y0, x1 - x0, 3) * share


def _at(point: _Points) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _share(mask: _Image, corners: tuple[tuple[float, float], ...]) -> float:
    """Return how much of a four-cornered place a mask covers."""
    place = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(place, np.round(np.array(corners)).astype(np.int32), 1)
    return float((mask * place).sum() / max(1, place.sum()))
