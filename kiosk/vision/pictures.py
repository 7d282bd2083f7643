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


def decoded(content: bytes, most_pixels: int, how: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    """Return a PNG or JPEG picture, (H, W[, C]) uint8 in OpenCV's BGR order; raise InvalidValueError for any other, or a larger one.

    The size stands in a picture's head: one that would unpack to more than `most_pixels` is never unpacked.
    """
    size = _size_of(content)
    if size is None:
        raise InvalidValueError("this is neither a PNG nor a JPEG picture")
    if size[0] * size[1] > most_pixels or min(size) < 1:
        raise InvalidValueError(f"this picture has {size[0]} x {size[1]} pixels; up to {most_pixels // 1_000_000} million are read")
    pixels: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(content, np.uint8), how)
    if pixels is None or pixels.dtype != np.uint8:
        raise InvalidValueError("this picture is damaged, or has more than 8 bits a colour")
    return pixels


_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _size_of(content: bytes) -> tuple[int, int] | None:
    """Return (width, height) as a PNG's or JPEG's head tells them."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR" and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        if content[at + 1] in _FRAME_MARKERS:
            return int.from_bytes(content[at + 7:at + 9], "big"), int.from_bytes(content[at + 5:at + 7], "big")
        at += 1 if content[at + 1] == 0xFF else 2 + int.from_bytes(content[at + 2:at + 4], "big")
    return None


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
