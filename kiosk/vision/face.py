"""Faces in a picture, and the numbers that tell one from another. Numbers only: thresholds live in the domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kiosk.domain.frame import Picture
from kiosk.domain.identity import TEMPLATE_NUMBERS
from kiosk.errors import InvalidValueError, ModelError
from kiosk.vision.alignment import crop_matrix, cut, eye_distance, face_chip, head_pose_deg, roll_between, sharpness, undo, views
from kiosk.vision.blazeface import BlazeFace, Candidate, Region
from kiosk.vision.networks import LiteNetwork, ModelStore, OnnxNetwork

__all__ = ["DlibEmbedder", "Embedder", "FaceFinder", "FaceFound", "OnnxEmbedder", "Region", "make_embedder"]

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]

_MESH_SIDE = 192
_MESH_POINTS = 468
_MARGIN = 1.5
_NO_MESH = 0.5
_MOST_FACES = 6
_SHARES = np.float32(0.8944), np.float32(0.4294)
"""Of the network's last numbers and of its maps in a vector: between two people the second part is half as long as the first, and the whole
as long as the first would be alone (medians over 20,000 pairs of two people; models/face_embedding.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceFound:
    """One face, in pixels of the whole picture, origin top-left.

    box: x, y, width, height around the mesh. score: 0..1, the lower of detector's and mesh's. mesh: (468, 3) float32 x, y and
    depth away from the camera, MediaPipe's numbering. yaw_deg > 0: nose to the picture's right; pitch_deg > 0: nose up;
    roll_deg > 0: head leans to the picture's right. size_px: between the eyes' centres. blur: variance of the Laplacian on the
    aligned chip over the chip's own variance: the LOWER, the blurrier.
    """

    box: Box
    score: float
    mesh: Floats
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    size_px: float
    blur: float


class FaceFinder:
    """Finds faces and fits a mesh on each. Not for use by two threads at once. Raises ModelError when a model is missing or damaged."""

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._detector = BlazeFace(LiteNetwork(store.path("face_detector"), threads))
        self._mesh = LiteNetwork(store.path("face_mesh"), threads)

    def find(self, pixels: Picture, region: Region | None = None) -> list[FaceFound]:
        """The faces in a (H, W, 3) uint8 RGB picture, or in a region of it, largest first; at most six.

        Where a look at the whole shows nobody, a closer one at overlapping quarters follows. A face narrower than a sixteenth of
        the longer side is missed: for people far away give a region around the head.
        Raises InvalidValueError when the array is no such picture.
        """
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise InvalidValueError(f"a picture is (H, W, 3) uint8, not {pixels.shape} {pixels.dtype}")
        looked_at = (region or Region(0, 0, pixels.shape[1], pixels.shape[0])).within(pixels)
        if not looked_at.width or not looked_at.height:
            return []
        return self._look(pixels, [looked_at]) or self._look(pixels, looked_at.tiles())

    def follow(self, pixels: Picture, before: FaceFound, *, blur: bool = True) -> FaceFound | None:
        """The face that was at `before` in the picture just taken before this one; None where it is lost and has to be found again.

        One run of the mesh in place of a search: a quarter of the time, and a steadier mesh, because the crop hardly moves. blur: whether
        to measure that; else the one of before stands.
        """
        low, size = np.array(before.box[:2], np.float32), np.array(before.box[2:], np.float32)
        roll = roll_between(before.mesh[33], before.mesh[263])
        mesh, score = self._mesh_in(pixels, low + size * np.float32(0.5), float(size.max()), roll)
        if score < _NO_MESH:
            return None
        return _found(mesh, score, sharpness(face_chip(pixels, mesh)) if blur else before.blur)

    def _look(self, pixels: Picture, regions: list[Region]) -> list[FaceFound]:
        candidates = sorted(self._detector.find(pixels, regions), key=lambda candidate: -float(candidate.box[2] * candidate.box[3]))
        faces = [face for candidate in candidates[:_MOST_FACES] if (face := self._fit(pixels, candidate)) is not None]
        return sorted(faces, key=lambda face: -face.box[2] * face.box[3])

    def _fit(self, pixels: Picture, candidate: Candidate) -> FaceFound | None:
        """The mesh from the detector's box, and once more from a crop around that first mesh; None where there is no face.

        The second crop takes the detector's jitter out: points that moved by 1.5 % of the eyes' distance move by 0.6 %.
        """
        x, y, width, height = candidate.box
        centre = np.array([x + width / 2, y + height / 2], np.float32)
        mesh, score = self._mesh_in(pixels, centre, float(max(width, height)), roll_between(*candidate.eyes))
        if score >= _NO_MESH:
            low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
            mesh, score = self._mesh_in(pixels, (low + high) / 2, float((high - low).max()), roll_between(mesh[33], mesh[263]))
        if score < _NO_MESH:
            return None
        return _found(mesh, min(candidate.score, score), sharpness(face_chip(pixels, mesh)))

    def _mesh_in(self, pixels: Picture, centre: Floats, face_px: float, roll_rad: float) -> tuple[Floats, float]:
        matrix = crop_matrix(centre, max(_MARGIN * face_px, 1.0), roll_rad, _MESH_SIDE)
        crop = cut(pixels, matrix, _MESH_SIDE)
        points, logit = self._mesh.run(crop[None].astype(np.float32) / 255)
        score = 1 / (1 + float(np.exp(-np.clip(logit.reshape(()), -80, 80))))
        return undo(matrix, points.reshape(_MESH_POINTS, 3)), score


def _found(mesh: Floats, score: float, blur: float) -> FaceFound:
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    yaw, pitch, roll = head_pose_deg(mesh)
    box = float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
    return FaceFound(box, score, mesh, yaw, pitch, roll, eye_distance(mesh), blur)


class Embedder(Protocol):
    """Turns a face into TEMPLATE_NUMBERS numbers; the Euclidean distance of two such vectors tells how different two faces are."""

    name: str

    def chip(self, pixels: Picture, face: FaceFound) -> Picture:
        """The face cut out upright: (150, 150, 3) uint8 RGB. pixels: the picture in which the face was found."""
        ...

    def embed_chip(self, chip: Picture) -> Floats:
        """(TEMPLATE_NUMBERS,) float32 of one chip: the mean of several views, some of them mirrored, its length drawn towards 1."""
        ...

    def embed(self, pixels: Picture, face: FaceFound) -> Floats:
        """(TEMPLATE_NUMBERS,) float32: `embed_chip` of `chip`."""
        ...


class OnnxEmbedder:
    """dlib's ResNet in onnxruntime, aligned by five points of the mesh, on six views of a face.

    Raises ModelError when the model is missing or damaged.
    """

    name = "onnx"

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._network = OnnxNetwork(store.path("face_embedding"), threads)

    def chip(self, pixels: Picture, face: FaceFound) -> Picture:
        """See `Embedder.chip`."""
        return face_chip(pixels, face.mesh)

    def embed_chip(self, chip: Picture) -> Floats:
        """See `Embedder.embed_chip`."""
        embeddings, maps = self._network.run(views(chip))
        return np.concatenate([_SHARES[0] * _mean_vector(embeddings), _SHARES[1] * _mean_vector(maps)])

    def embed(self, pixels: Picture, face: FaceFound) -> Floats:
        """See `Embedder.embed`."""
        return self.embed_chip(self.chip(pixels, face))


class DlibEmbedder:
    """face_recognition and dlib themselves, aligned by dlib's five points, on the face and its mirror image: more views would take seconds.

    dlib shows the network's last 128 numbers alone: zeros stand in the place of its maps, so that members enrolled by one backend are far
    from everybody by the other.
    Raises ModelError when they are not installed.
    """

    name = "dlib"

    def __init__(self) -> None:
        from kiosk.vision.networks.dlib_backend import DlibFaces

        self._dlib = DlibFaces()

    def chip(self, pixels: Picture, face: FaceFound) -> Picture:
        """See `Embedder.chip`."""
        return self._dlib.chip(pixels, face.box)

    def embed_chip(self, chip: Picture) -> Floats:
        """See `Embedder.embed_chip`."""
        numbers = _mean_vector(self._dlib.descriptors(_with_mirror(chip)))
        return np.concatenate([numbers, np.zeros(TEMPLATE_NUMBERS - len(numbers), np.float32)])

    def embed(self, pixels: Picture, face: FaceFound) -> Floats:
        """See `Embedder.embed`."""
        return self.embed_chip(self.chip(pixels, face))


def make_embedder(kind: str, store: ModelStore) -> Embedder:
    """The embedder called "onnx" or "dlib". Raises ModelError for another name, or when its parts are missing."""
    if kind == "onnx":
        return OnnxEmbedder(store)
    if kind == "dlib":
        return DlibEmbedder()
    raise ModelError(f"no face embedder is called {kind!r}; choose onnx or dlib")


def _with_mirror(chip: Picture) -> Picture:
    return np.stack([chip, chip[:, ::-1]])


def _mean_vector(vectors: Floats) -> Floats:
    """The mean, divided by the root of its length: a length tells little of who it is, but something (models/face_embedding.md)."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / np.sqrt(max(float(np.linalg.norm(mean)), 1e-6)), np.float32)
