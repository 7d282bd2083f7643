"""Pictures from and to files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.errors import InvalidValueError


def use_threads(count: int) -> None:
    """Let the work on pictures in this process be done by so many threads; 1 wastes nothing where every core has its own process."""
    cv2.setNumThreads(count)


def read_picture(path: Path) -> Picture:
    """Return the picture in a file: (H, W, 3) uint8 RGB. Raises InvalidValueError that names the file."""
    pixels = cv2.imdecode(_bytes(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise InvalidValueError(f"{path}: is no picture")
    rgb: Picture = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return rgb


def read_video(path: Path) -> Iterator[tuple[float, Picture]]:
    """Yield (seconds since its beginning, (H, W, 3) uint8 RGB) of a video. Raises InvalidValueError that names the file."""
    video = cv2.VideoCapture(str(path))
    rate = float(video.get(cv2.CAP_PROP_FPS))
    if not video.isOpened() or rate <= 0:
        raise InvalidValueError(f"{path}: is no video")
    number = 0
    while True:
        there, pixels = video.read()
        if not there:
            return
        yield number / rate, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        number += 1


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Return a grey picture: (H, W) uint8. Raises InvalidValueError that names the file."""
    pixels: NDArray[np.uint8] | None = cv2.imdecode(_bytes(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise InvalidValueError(f"{path}: is no picture")
    return pixels


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Return the palette numbers of an indexed PNG, or the grey values of a grey one: (H, W) uint8."""
    raw = _bytes(path).tobytes()
    place = raw.find(b"PLTE")
    if place < 0:
        return read_mask(path)
    size = int.from_bytes(raw[place - 4:place], "big")
    palette = np.frombuffer(raw[place + 4:place + 4 + size], np.uint8).reshape(-1, 3).astype(np.int64)
    weights = np.array([1 << 16, 1 << 8, 1])
    keys, first = np.unique(palette @ weights, return_index=True)
    found: NDArray[np.uint8] = first[np.searchsorted(keys, read_picture(path).astype(np.int64) @ weights)].astype(np.uint8)
    return found


def write_picture(path: Path, pixels: Picture) -> None:
    """Write (H, W, 3) uint8 RGB to a file in the format of its ending. Raises InvalidValueError for an ending not known."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise InvalidValueError(f"{path}: pictures are written as .png or .jpg")
    _, encoded = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    path.write_bytes(encoded.tobytes())


def sheet(rows: Sequence[Sequence[Picture]], gap: int = 6) -> Picture:
    """Return pictures laid out in rows on white, cells as large as the largest picture: (H, W, 3) uint8 RGB."""
    height = max(p.shape[0] for row in rows for p in row) + gap
    width = max(p.shape[1] for row in rows for p in row) + gap
    canvas = np.full((height * len(rows) + gap, width * max(len(row) for row in rows) + gap, 3), 255, np.uint8)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            y, x = gap + r * height, gap + c * width
            canvas[y:y + picture.shape[0], x:x + picture.shape[1]] = picture
    return canvas


def captioned(pixels: Picture, caption: str) -> Picture:
    """Return a copy of `pixels` with a line of ASCII text at its top left."""
    copy = pixels.copy()
    for colour, thickness in (((255, 255, 255), 3), ((20, 20, 20), 1)):
        cv2.putText(copy, caption, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, thickness, cv2.LINE_AA)
    return copy


def _bytes(path: Path) -> NDArray[np.uint8]:
    if not path.is_file():
        raise InvalidValueError(f"{path}: there is no such file")
    data = np.fromfile(path, np.uint8)
    if data.size == 0:
        raise InvalidValueError(f"{path}: the file is empty")
    return data
