"""Digits, then a face: what is drawn, what is asked and when somebody is recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.domain.events import IdentityDecided
from kiosk.domain.frame import Frame
from kiosk.domain.identity import BUCKET_MAX, DIGIT_STEPS, Candidate, Decision, FaceQuality, Template, decide, digits_wanted, hint
from kiosk.flows.sight import Sight
from kiosk.vision.face import FaceFound

FACE_WITHIN_S = 8.0
"""After this long without a decision the shopper is offered another way."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class FaceLook:
    """What one frame said: hint key ("" when good), box in the frame's pixels, and the embedding of a good frame."""

    hint: str
    box: Box | None
    embedding: Template | None
    sequence: int


def face_task(parts: Sight) -> Callable[[Frame], FaceLook]:
    """Return the task that looks for the payer's face and embeds good ones; frames are dropped, never stored."""

    def look(frame: Frame) -> FaceLook:
        faces = parts.finder.find(frame.pixels)
        if not faces:
            return FaceLook("look_here", None, None, frame.sequence)
        face = faces[0]
        advice = hint(quality_of(faces), parts.policy)
        x, y, width, height = face.box
        embedding = None if advice else parts.embedder.embed(frame.pixels, face)
        return FaceLook(advice, (round(x), round(y), round(width), round(height)), embedding, frame.sequence)

    return look


def quality_of(faces: list[FaceFound]) -> FaceQuality:
    """Return what the domain wants to know of the nearest face, and of its largest rival."""
    face = faces[0]
    others = max((other.size_px for other in faces[1:]), default=0.0)
    return FaceQuality(face.size_px, face.blur, face.yaw_deg, face.pitch_deg, others)


class Digits:
    """Asks for four digits, and for two more at a time while too many members share them. The last four first: 4217, then 63, then 06."""

    def __init__(self, parts: Sight) -> None:
        self._vault = parts.vault
        self.suffix = ""
        self.entered = ""
        self._sizes: list[int] = []

    @property
    def wanted(self) -> int:
        """How many digits are known once this step is done: 4, 6 or 8."""
        return digits_wanted(self._sizes) or DIGIT_STEPS[-1]

    @property
    def shown(self) -> int:
        """How many digits were typed in all."""
        return len(self.suffix) + len(self.entered)

    def press(self, key: str) -> list[Candidate] | None:
        """Take a digit; return the bucket when no more are wanted, None before. An empty or too large bucket is returned like any other."""
        self.entered += key
        if self.shown < self.wanted:
            return None
        self.suffix = self.entered + self.suffix
        self.entered = ""
        self._sizes.append(self._vault.size(self.suffix))
        if digits_wanted(self._sizes) is not None:
            return None
        if self._sizes[-1] > BUCKET_MAX:
            return []
        return [Candidate(member.member_id, member.template) for member in self._vault.bucket(self.suffix)]

    def erase(self) -> None:
        """Take back the last digit of this step."""
        self.entered = self.entered[:-1]


class FaceSearch:
    """Collects good frames until the domain decides or time is up."""

    def __init__(self, parts: Sight, bucket: list[Candidate]) -> None:
        self._parts, self._bucket = parts, bucket
        self._started_s = parts.clock.monotonic()
        self._embeddings: list[Template] = []
        self.look: FaceLook | None = None

    @property
    def progress(self) -> float:
        """0..1: good frames seen, of those needed at least."""
        return min(1.0, len(self._embeddings) / self._parts.policy.looks)

    def step(self, look: FaceLook | None) -> Decision | None:
        """Take what the newest frame said; return the decision once there is one, and keep its fact."""
        if look is not None:
            self.look = look
            if look.embedding is not None:
                self._embeddings.append(look.embedding)
        decision = decide(self._embeddings, self._bucket, self._parts.policy)
        if decision.outcome == "undecided":
            if self._parts.clock.monotonic() - self._started_s < FACE_WITHIN_S:
                return None
            decision = Decision("refused", "no_face" if not self._embeddings else "time")
        self._tell(decision)
        return decision

    def _tell(self, decision: Decision) -> None:
        with self._parts.store.unit() as unit:
            unit.tallies.add("recognised" if decision.outcome == "accepted" else "refused")
            unit.facts.record(IdentityDecided(decision.outcome, decision.rule, len(self._embeddings), round(decision.distance, 3),
                                              len(self._bucket)))
