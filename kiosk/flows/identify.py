"""Digits, then a face: what is drawn, what is asked and when somebody is recognised."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from kiosk.domain.challenge import Ask, Challenge, draw, pace_of
from kiosk.domain.events import IdentityDecided
from kiosk.domain.frame import Frame
from kiosk.domain.identity import BUCKET_MAX, DIGIT_STEPS, Candidate, Decision, FaceQuality, Template, decide, digits_wanted, hint
from kiosk.domain.liveness import Sighting, judge, judge_soon, track_of
from kiosk.errors import DeviceLostError
from kiosk.flows.sight import Sight
from kiosk.vision.face import FaceFound
from kiosk.vision.liveness import FORGET_S, Witness, elsewhere, relief_mm

log = logging.getLogger(__name__)

FACE_WITHIN_S = 8.0
"""After this long without a good look at a face the shopper is offered another way."""
STARTS = 3
"""So often a challenge is begun anew when the face was lost or somebody else stepped in."""
_ASKED_KEY, _ASKED_KEPT = "challenges_asked", 15
_EMBED_EVERY_S, _EMBED_SHARE = 0.5, 6.0
"""Good frames are embedded so far apart at least, on a slow computer so many times what one takes: the face must be followed meanwhile."""
_SEARCH_EVERY = 5
_DARK = 30.0
"""Mean brightness of a picture, 0..255, below which somebody may stand there whom nobody can see."""
_STEADY_S, _STEADY = 0.25, 0.05
"""So long a face must have kept its size to so much before a challenge begins: whoever is still stepping up is not asked to dance."""
_STEADY_WITHIN_S = 1.5
"""Who never stands still is asked all the same after so long."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class FaceLook:
    """What one frame said: hint key ("" when good), box in the frame's pixels, and the embedding of a good frame.

    sighting: what liveness needs of the face, its time being the frame's own; None without a face. other: this is not the face of the frame
    before, which was lost or had to give way to a nearer one.
    """

    hint: str
    box: Box | None
    embedding: Template | None
    sequence: int
    sighting: Sighting | None = None
    other: bool = False


class FaceTask:
    """Looks for the payer's face, follows it from frame to frame and embeds good frames; frames are dropped, never stored."""

    def __init__(self, parts: Sight) -> None:
        self._parts = parts
        self._witness = Witness(parts.copies)
        self._face: FaceFound | None = None
        self._rival_px = 0.0
        self._seen_s = self._next_s = -FORGET_S
        self._frames = 0
        self._blind = False

    def __call__(self, frame: Frame) -> FaceLook:
        """Return what a frame says."""
        before = self._face if 0 <= frame.sensor_time_s - self._seen_s < FORGET_S else None
        self._face = face = self._find(frame, before)
        if face is None:
            return FaceLook("more_light" if frame.pixels[::8, ::8].mean() < _DARK else "look_here", None, None, frame.sequence)
        other = before is None or elsewhere(face, before)
        if other:
            self._witness.forget()
            self._next_s = frame.sensor_time_s
        self._seen_s = frame.sensor_time_s
        advice = hint(FaceQuality(face.size_px, face.blur, face.yaw_deg, face.pitch_deg, self._rival_px), self._parts.policy)
        embedding = None
        if not advice and frame.sensor_time_s >= self._next_s - 1e-6:
            began_s = self._parts.clock.monotonic()
            embedding = self._parts.embedder.embed(frame.pixels, face)
            took_s = self._parts.clock.monotonic() - began_s
            self._next_s = frame.sensor_time_s + min(max(_EMBED_EVERY_S, _EMBED_SHARE * took_s), 1.0)
        x, y, width, height = face.box
        return FaceLook(advice, (round(x), round(y), round(width), round(height)), embedding, frame.sequence,
                        self._witness.sighting(frame.pixels, face, frame.sensor_time_s, self._depth_mm(frame, face)), other)

    def _depth_mm(self, frame: Frame, face: FaceFound) -> float:
        """What a depth camera sees between nose and cheeks, NaN where there is none or it has nothing new.

        One that is gone, or sees nothing where the face is, sees nothing stand out: nobody is believed the more for covering it.
        """
        try:
            seen = self._parts.depth.read(0.0) if self._parts.depth is not None else None
        except DeviceLostError as error:
            if not self._blind:
                log.warning("%s; until then faces are refused, and shoppers pay in other ways", error)
            self._blind = True
            return 0.0
        if self._blind and seen is not None:
            log.info("the depth camera is back")
            self._blind = False
        if seen is None:
            return math.nan
        relief = relief_mm(seen.millimetres, face, (frame.pixels.shape[1], frame.pixels.shape[0]))
        return 0.0 if math.isnan(relief) else relief

    def _find(self, frame: Frame, before: FaceFound | None) -> FaceFound | None:
        """Follow, and search the whole picture now and then for a nearer face, and whenever the one that was followed is lost."""
        self._frames += 1
        if before is not None and self._frames % _SEARCH_EVERY:
            face = self._parts.finder.follow(frame.pixels, before)
            if face is not None:
                return face
        faces = self._parts.finder.find(frame.pixels)
        self._rival_px = quality_of(faces).others_px if faces else 0.0
        return faces[0] if faces else None


def face_task(parts: Sight) -> Callable[[Frame], FaceLook]:
    """Return the task that looks for the payer's face."""
    return FaceTask(parts)


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
    """Asks for a short dance while good frames are collected; the domain decides who it is and whether it lives, both at once.

    Whoever is turned away, unknown, mistaken or not alive, sees the same screens for the same time.
    """

    def __init__(self, parts: Sight, bucket: list[Candidate]) -> None:
        self._parts, self._bucket = parts, bucket
        self._opened_s = parts.clock.monotonic()
        self._embeddings: list[Template] = []
        self._sightings: list[Sighting] = []
        self._challenge: Challenge | None = None
        self._began_s = self._first_s = self._last_s = self._seen_s = 0.0
        self._starts = 0
        self._came_s = self._gap_s = math.inf
        self._looked_s = 0.0
        self._sizes: list[tuple[float, float]] = []
        self.look: FaceLook | None = None

    @property
    def progress(self) -> float:
        """0..1: how much of the challenge is over."""
        return min(1.0, self._at_s / self._challenge.ends_s) if self._challenge else 0.0

    @property
    def asked(self) -> str:
        """What the shopper is asked to do now: left, right, closer, blink; "" for nothing but looking."""
        return str(self._challenge.asked(self._at_s) or "") if self._challenge else ""

    @property
    def ring(self) -> tuple[float, float]:
        """Where the ring is: -1..1, 1 fully to the shopper's left, and how near, 0..1."""
        if self._challenge is None:
            return 0.0, 0.0
        return self._challenge.ring(self._at_s)

    @property
    def _at_s(self) -> float:
        return self._parts.clock.monotonic() - self._began_s

    def step(self, look: FaceLook | None) -> Decision | None:
        """Take what the newest frame said; return the decision once there is one, and keep its fact."""
        if look is not None:
            self.look = look
            self._take(look)
        if self._challenge is None:
            if self._starts < STARTS and self._parts.clock.monotonic() - self._opened_s < FACE_WITHIN_S:
                return None
            return self._tell(Decision("refused", "no_face"), "")
        if look is not None and (known := self._known_soon(self._challenge)) is not None:
            return self._tell(known, "")
        if self._last_s - self._first_s < self._challenge.ends_s and self._at_s < self._challenge.ends_s + FORGET_S:
            return None
        verdict = judge(self._challenge, track_of(self._sightings), self._parts.limits)
        decision = decide(self._embeddings, self._bucket, self._parts.policy, final=True)
        return self._tell(decision, "" if verdict.live else verdict.rule)

    def _known_soon(self, challenge: Challenge) -> Decision | None:
        """Let go at once whom the last step has shown to be a member and alive; nobody is turned away before all time is over."""
        if judge_soon(challenge, self._sightings, self._parts.limits) is None:
            return None
        decision = decide(self._embeddings, self._bucket, self._parts.policy)
        return decision if decision.outcome == "accepted" else None

    def _take(self, look: FaceLook) -> None:
        """Begin when there is a good look at one face, begin anew when it is lost or another one comes."""
        now, sighting = self._parts.clock.monotonic(), look.sighting
        if sighting is None:
            if now - self._seen_s > FORGET_S:
                self._challenge, self._embeddings = None, []
            return
        self._seen_s = now
        if look.other or look.hint == "one_person":
            self._challenge, self._embeddings = None, []
        if look.other or self._came_s == math.inf:
            self._came_s, self._gap_s = sighting.time_s, math.inf
        else:
            self._gap_s = min(self._gap_s, sighting.time_s - self._looked_s)
        self._looked_s = sighting.time_s
        if look.embedding is not None:
            self._embeddings.append(look.embedding)
        if self._challenge is None:
            steady = self._stands_still(sighting)
            if look.hint or not self._embeddings or self._starts == STARTS or not steady:
                return
            self._begin(sighting.time_s)
        self._last_s = sighting.time_s
        self._sightings.append(replace(sighting, time_s=sighting.time_s - self._first_s))

    def _stands_still(self, sighting: Sighting) -> bool:
        """Whether the face has kept its size for a moment, or has been followed for so long that it will not."""
        now_s, (left, top), (right, bottom) = sighting.time_s, *(edge(sighting.landmarks[:, :2], axis=0) for edge in (np.min, np.max))
        self._sizes = [(at_s, size) for at_s, size in self._sizes if now_s - 2 * _STEADY_S <= at_s < now_s and at_s >= self._came_s]
        self._sizes.append((now_s, math.hypot(right - left, bottom - top)))
        lately = [size for at_s, size in self._sizes if at_s >= now_s - _STEADY_S - 1e-6]
        whole = self._sizes[0][0] <= now_s - _STEADY_S
        return now_s - self._came_s >= _STEADY_WITHIN_S or (whole and max(lately) <= (1 + _STEADY) * min(lately))

    def _begin(self, first_s: float) -> None:
        """Draw a challenge whose order was not asked here lately, and remember it. first_s: when the newest frame was taken."""
        seed = int.from_bytes(sha256(self._parts.new_id().encode()).digest()[:8], "big")
        with self._parts.store.unit() as unit:
            lately = [tuple(Ask(word) for word in order.split()) for order in (unit.settings.get(_ASKED_KEY) or "").split(",") if order]
            self._challenge = draw(seed, lately, pace_of(self._gap_s))
            kept = [*lately, self._challenge.order][-_ASKED_KEPT:]
            unit.settings.put(_ASKED_KEY, ",".join(" ".join(order) for order in kept))
        self._embeddings, self._sightings = self._embeddings[-1:], []
        self._began_s, self._starts = self._parts.clock.monotonic(), self._starts + 1
        late_s = self._began_s - first_s
        # The ring begins now, not when this frame was taken: what a slow computer takes to see a face is no slowness of the shopper.
        self._first_s = self._began_s if 0 <= late_s < FORGET_S else first_s

    def _tell(self, decision: Decision, not_live: str) -> Decision:
        """Keep the fact. A face that is known but not alive is refused, and the rule says by what."""
        if not_live and decision.outcome != "refused":
            decision = Decision("refused", f"liveness_{not_live}", distance=decision.distance)
        with self._parts.store.unit() as unit:
            unit.tallies.add({"accepted": "recognised", "ask_pin": "asked_pin"}.get(decision.outcome, "refused"))
            if not_live:
                unit.tallies.add("not_live")
            unit.facts.record(IdentityDecided(decision.outcome, decision.rule, len(self._embeddings), round(decision.distance, 3),
                                              len(self._bucket)))
        return decision
