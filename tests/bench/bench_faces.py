"""Faces: our network against dlib's on the same chip, our whole path against face_recognition's. `python -m tests.bench.bench_faces`

CPU time of this process, so that other work on the machine counts little; the median of rounds in which the two take turns.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from kiosk.config import parse
from kiosk.devices.scanner import CameraScanner
from kiosk.domain.frame import Frame, Picture
from kiosk.domain.identity import Candidate, Policy, decide
from kiosk.flows.eyes import StillEyes
from kiosk.flows.identify import face_task
from kiosk.flows.sight import Sight
from kiosk.runtime import ManualClock, new_id
from kiosk.storage.store import Store
from kiosk.storage.vault import Vault
from kiosk.vision.alignment import views
from kiosk.vision.face import FaceFinder, OnnxEmbedder
from kiosk.vision.networks import ModelStore, OnnxNetwork
from kiosk.vision.networks.dlib_backend import DlibFaces
from kiosk.vision.pictures import read_picture

ROUNDS = 15
SHOPPER_FRAMES = 20

MEMORY = """
import re, time
from pathlib import Path
start = time.perf_counter()
from kiosk.vision.face import FaceFinder, OnnxEmbedder
from kiosk.vision.networks import ModelStore
from kiosk.vision.pictures import read_picture
store = ModelStore()
finder, embedder = FaceFinder(store), OnnxEmbedder(store)
loaded = time.perf_counter() - start
picture = read_picture(store.path("astronaut"))
for _ in range(20):
    embedder.embed(picture, finder.find(picture)[0])
kilobytes = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(loaded, int(kilobytes[1]) / 1024)
"""


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def cpu_ms(*calls: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median CPU milliseconds of each call, taken in turns after one warm-up each."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, times in zip(calls, taken, strict=True):
            start = time.process_time()
            call()
            times.append((time.process_time() - start) * 1e3)
    return [statistics.median(times) for times in taken]


def calibration() -> None:
    """A fixed piece of work, so that figures of different machines can be compared."""
    numbers = np.random.default_rng(0).random(500_000)

    def python_loop() -> int:
        return sum(number * number % 7 for number in range(200_000))

    loop, sorting = cpu_ms(python_loop, lambda: np.sort(numbers))
    say(f"calibration           {loop:8.1f} ms python loop of 200,000   {sorting:8.1f} ms sorting 500,000 numbers")


def shopper_frames(portrait: Picture) -> list[Picture]:
    """Twenty frames (480, 640, 3) of one person who sways a little before a noisy camera."""
    random = np.random.default_rng(2)
    frames = []
    for number in range(SHOPPER_FRAMES):
        frame = np.full((480, 640, 3), 90, np.uint8)
        x = 80 + round(12 * math.sin(number / 3))
        frame[:, x:x + 480] = cv2.resize(portrait, (480, 480), interpolation=cv2.INTER_AREA)
        frames.append(np.clip(frame + random.normal(0, 4, frame.shape), 0, 255).astype(np.uint8))
    return frames


def open_sight(folder: Path, finder: FaceFinder, embedder: OnnxEmbedder) -> Sight:
    """What the flows of a terminal see with; its clock stands still, so that frames are embedded as often as on a fast computer."""
    clock = ManualClock()
    settings = parse(f'[device]\nid = "bench"\nstore = "B"\nroles = ["pay"]\n[hq]\npublic_key = "x"\n[storage]\nfolder = "{folder}"\n')
    store = Store.open(folder / "kiosk.db", "bench", clock, new_id)
    vault = Vault.open(folder / "vault" / "vault.db", folder / "vault" / "vault.key")
    return Sight(settings, store, clock, new_id, vault, StillEyes(), CameraScanner(), finder, embedder, Policy())


def decided_shopper(portrait: Picture, sight: Sight) -> None:
    """One shopper in a bucket of five, twenty frames: ours as the terminal does it, liveness and all; the script encodes each."""
    import face_recognition

    frames, random = shopper_frames(portrait), np.random.default_rng(3)
    face = sight.finder.find(portrait)[0]
    others = [Candidate(f"m{number}", random.normal(0, 0.1, 384).astype(np.float32)) for number in range(4)]
    bucket = [*others, Candidate("me", sight.embedder.embed(portrait, face))]
    known = [*(random.normal(0, 0.12, 128) for _ in others), face_recognition.face_encodings(portrait)[0]]
    answers: list[str] = []
    embedded = 0

    def ours() -> None:
        nonlocal embedded
        task = face_task(sight)
        looks = [task(Frame(frame, number / 10, number, "bench")) for number, frame in enumerate(frames)]
        seen = [look.embedding for look in looks if look.embedding is not None]
        embedded = len(seen)
        answers.append(decide(seen, bucket, sight.policy, final=True).member_id)

    def script() -> None:
        encodings = [encoding for frame in frames for encoding in face_recognition.face_encodings(frame)]
        found = [face_recognition.compare_faces(known, encoding) for encoding in encodings]
        answers.append("me" if sum(matches[-1] for matches in found) > len(frames) / 2 else "")

    mine, theirs = cpu_ms(ours, script, rounds=3)
    say(f"one decided shopper   {mine:8.1f} ms   face_recognition {theirs:8.0f} ms   ratio {theirs / mine:5.1f} (bar 15), {len(frames)} "
        f"frames of 640x480 at 10 a second, {embedded} good ones embedded, bucket of five; both right: {set(answers) == {'me'}}")


def main() -> None:
    """Print the figures."""
    store = ModelStore()
    finder, embedder, network, peer = FaceFinder(store), OnnxEmbedder(store), OnnxNetwork(store.path("face_embedding")), DlibFaces()
    import face_recognition

    portrait = read_picture(store.path("astronaut"))
    chip = embedder.chip(portrait, finder.find(portrait)[0])[None]
    noise = np.random.default_rng(1).integers(0, 256, (8, 150, 150, 3), np.uint8)
    difference = max(float(np.abs(network.run(chips)[0] - peer.descriptors(chips)).max()) for chips in (chip, noise))
    frame = np.full((480, 640, 3), 90, np.uint8)
    frame[:, 80:560] = cv2.resize(portrait, (480, 480), interpolation=cv2.INTER_AREA)

    def ours() -> object:
        return [embedder.embed(frame, face) for face in finder.find(frame)]

    calibration()
    say(f"largest difference    {difference:8.1e}    to dlib's numbers on 9 chips (bar 1e-5)")
    mine, dlibs = cpu_ms(lambda: network.run(chip), lambda: peer.descriptors(chip))
    say(f"one chip              {mine:8.2f} ms   dlib {dlibs:8.1f} ms   ratio {dlibs / mine:5.1f} (bar 15)")
    mine, dlibs = cpu_ms(lambda: embedder.embed_chip(chip[0]), lambda: peer.descriptors(views(chip[0])), rounds=5)
    say(f"six views of a chip   {mine:8.2f} ms   dlib {dlibs:8.1f} ms   ratio {dlibs / mine:5.1f} (bar 15)")
    mine, theirs = cpu_ms(ours, lambda: face_recognition.face_encodings(frame))
    say(f"640x480, one person   {mine:8.2f} ms   face_recognition {theirs:8.1f} ms   ratio {theirs / mine:5.1f}   (ours with six views)")
    found, empty = cpu_ms(lambda: finder.find(frame), lambda: finder.find(np.zeros_like(frame)))
    say(f"finding a face        {found:8.2f} ms   nobody there {empty:8.2f} ms")
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    loaded, peak = map(float, done.stdout.split())
    say(f"finder and embedder   {loaded:8.2f} s to import and load   {peak:8.0f} MB peak memory of the process (bar 350)")
    with tempfile.TemporaryDirectory() as folder:
        decided_shopper(portrait, open_sight(Path(folder), finder, embedder))


if __name__ == "__main__":
    main()
