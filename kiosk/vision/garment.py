"""From a flat-lay product photograph to a garment: cut out, measured along its outline, kept in one file.

A photograph that cannot be used is refused with a reason and a picture on which the reason is marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk import wire
from kiosk.domain.frame import Picture
from kiosk.domain.garment import KINDS, Cut, Garment, Kind, Point, landmarks, moved
from kiosk.errors import InvalidValueError, WireError
from kiosk.vision.cutting import Mask, bled, cut_out
from kiosk.vision.flaws import Flaw, tidied
from kiosk.vision.mannequin import test_body
from kiosk.vision.measuring import measure, measure_bottom, trunk_of
from kiosk.vision.pictures import decoded
from kiosk.vision.tryon import Dresser

__all__ = ["Garment", "Kind", "Refusal", "author", "corrected", "cut_out", "flat", "jpeg", "marked", "pack", "read", "tried_on", "unpack",
           "upload"]

_LARGEST_SIDE = 640
_FORMAT = 1
_MOST_PIXELS = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """Why a photograph cannot be used. reason: a word of `flaws.REASONS`; why: a sentence; picture: the photograph with it marked, RGB."""

    reason: str
    why: str
    picture: Picture


def read(name: str, photo: Picture, kind: Kind = "top", mask: Mask | None = None) -> Garment:
    """Return the garment on `photo` ((H, W, 3) uint8 RGB, upright, on a plain background).

    mask: (H, W) uint8, 255 on the garment, where somebody has cut it out already. Raises InvalidValueError, which says why,
    for a photograph that shows no garment.
    """
    mask = cut_out(photo) if mask is None else mask
    rows, columns = np.flatnonzero(mask.max(axis=1) > 127), np.flatnonzero(mask.max(axis=0) > 127)
    if rows.size < 16 or columns.size < 16:
        raise InvalidValueError(f"garment {name}: nothing stands out from the background of its photograph; use a plain background")
    box = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    photo, mask = np.ascontiguousarray(photo[box]), np.ascontiguousarray(mask[box])
    scale = _LARGEST_SIDE / max(photo.shape[:2])
    if scale < 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, (photo.shape[1], photo.shape[0]), interpolation=cv2.INTER_AREA)
    solid: Mask = np.where(mask > 127, 255, 0).astype(np.uint8)
    cut, trunk = measure_bottom(solid) if kind == "bottom" else measure(solid)
    edge = cv2.erode(mask, np.ones((3, 3), np.uint8))  # what is half background is not cloth
    return Garment(name, kind, np.dstack([bled(photo, solid), edge]), cut, trunk)


def author(name: str, photo: Picture, kind: Kind, mask: Mask | None = None, version: int = 1) -> Garment | Refusal:
    """Return the garment on a product photograph, made ready to be worn, or why there is none.

    photo and mask as in `read`. Hangers, poles of stands and holes in the mask are mended. Raises InvalidValueError for a name or a
    kind that cannot be.
    """
    if not _NAME.fullmatch(name) or kind not in KINDS:
        raise InvalidValueError(f"garment {name!r} of kind {kind!r}: names have up to 40 of a-z 0-9 - _, kinds are {', '.join(KINDS)}")
    found = tidied(photo, kind, mask)
    if isinstance(found, Flaw):
        return Refusal(found.reason, found.why, _pointed(photo, found.where))
    return replace(read(name, photo, kind, found), version=version)


def corrected(garment: Garment, places: dict[str, Point], version: int) -> Garment:
    """Return `garment` with landmarks where a person put them, as another version. Raises InvalidValueError for what cannot be."""
    height, width = garment.picture.shape[:2]
    inside = {name: (min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)) for name, (x, y) in places.items()}
    cut = moved(garment.cut, inside)
    return replace(garment, cut=cut, trunk=trunk_of(garment.picture[:, :, 3], cut), version=version)


@dataclass(frozen=True, slots=True)
class _File:
    """What a garment's file holds: JSON, its picture a PNG in base64."""

    format: int
    name: str
    version: int
    kind: Kind
    cut: Cut
    picture: bytes


def pack(garment: Garment) -> bytes:
    """Return a garment as the bytes of its file."""
    _, png = cv2.imencode(".png", cv2.cvtColor(garment.picture, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 6])
    return wire.encode_value(_File(_FORMAT, garment.name, garment.version, garment.kind, garment.cut, png.tobytes()))


def unpack(content: bytes) -> Garment:
    """Return the garment in a file's bytes. Raises InvalidValueError that says what is wrong with them."""
    try:
        held: _File = wire.decode_value(content, _File)
    except WireError as error:
        raise InvalidValueError(f"this is no garment file: {error}") from error
    if held.format != _FORMAT or not _NAME.fullmatch(held.name):
        raise InvalidValueError(f"a garment file of format {held.format} cannot be read here, only format {_FORMAT}")
    picture = decoded(held.picture, _MOST_PIXELS, cv2.IMREAD_UNCHANGED)
    if picture.ndim != 3 or picture.shape[2] != 4 or min(picture.shape[:2]) < 16:
        raise InvalidValueError(f"garment {held.name}: its picture has no outline")
    rgba: NDArray[np.uint8] = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)
    cut = moved(held.cut, {})
    return Garment(held.name, held.kind, rgba, cut, trunk_of(rgba[:, :, 3], cut), held.version)


_UPLOAD_PIXELS = 40_000_000


def upload(content: bytes) -> Picture:
    """Return an uploaded photograph, (H, W, 3) uint8 RGB, not larger than 1600 pixels. Raises InvalidValueError for what is none.

    Its size is read from its head before anything is unpacked.
    """
    pixels = decoded(content, _UPLOAD_PIXELS, cv2.IMREAD_COLOR)
    scale = 1600 / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb: Picture = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return rgb


def flat(garment: Garment) -> Picture:
    """Return the garment on white: (H, W, 3) uint8 RGB."""
    alpha = garment.picture[:, :, 3:].astype(np.float32) / 255
    sheet: Picture = (garment.picture[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return sheet


def jpeg(pixels: Picture) -> bytes:
    """Return (H, W, 3) uint8 RGB as the bytes of a JPEG."""
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])[1])


def marked(garment: Garment) -> Picture:
    """Return the garment on white with its landmarks: (H, W, 3) uint8 RGB."""
    sheet = flat(garment)
    for name, (x, y) in landmarks(garment.cut).items():
        colour = (214, 73, 51) if name.startswith("left") else (31, 106, 165)
        at = round(x), round(y)
        cv2.circle(sheet, at, 7, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(sheet, at, 5, colour, -1, cv2.LINE_AA)
    return sheet


def tried_on(garment: Garment) -> Picture:
    """Return the garment on a drawn test body: (840, 480, 3) uint8 RGB."""
    pixels, body = test_body()
    return Dresser(follow_hem=False).dress(pixels, body, garment)


def _pointed(photo: Picture, where: Mask) -> Picture:
    """Return the photograph paled, with what is wrong left as it is and outlined."""
    pale: Picture = np.where(where[:, :, None] > 0, photo, photo // 3 + 160).astype(np.uint8)
    contours, _ = cv2.findContours(where, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(pale, contours, -1, (214, 40, 40), max(2, max(photo.shape[:2]) // 200), cv2.LINE_AA)
    return pale
