"""Faces: our network against dlib's on the same chip, our whole path against face_recognition's. `python -m tests.bench.bench_faces`

CPU time of this process, so that other work on the machine counts little; the median of rounds in which the two take turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

from kiosk.vision.face import FaceFinder, OnnxEmbedder
from kiosk.vision.networks import ModelStore, OnnxNetwork
from kiosk.vision.networks.dlib_backend import DlibFaces
from kiosk.vision.pictures import read_picture

ROUNDS = 15

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


def cpu_ms(*calls: Callable[[], object]) -> list[float]:
    """Median CPU milliseconds of each call, taken in turns after one warm-up each."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
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
    mine, dlibs = cpu_ms(lambda: embedder.embed_chip(chip[0]), lambda: peer.descriptors(np.concatenate([chip, chip[:, :, ::-1]])))
    say(f"chip and mirror image {mine:8.2f} ms   dlib {dlibs:8.1f} ms   ratio {dlibs / mine:5.1f} (bar 15)")
    mine, theirs = cpu_ms(ours, lambda: face_recognition.face_encodings(frame))
    say(f"640x480, one person   {mine:8.2f} ms   face_recognition {theirs:8.1f} ms   ratio {theirs / mine:5.1f}   (ours with mirror image)")
    found, empty = cpu_ms(lambda: finder.find(frame), lambda: finder.find(np.zeros_like(frame)))
    say(f"finding a face        {found:8.2f} ms   nobody there {empty:8.2f} ms")
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    loaded, peak = map(float, done.stdout.split())
    say(f"finder and embedder   {loaded:8.2f} s to import and load   {peak:8.0f} MB peak memory of the process")


if __name__ == "__main__":
    main()
