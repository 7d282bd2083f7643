"""The screen with a renderer behind it, on a virtual X server with Mesa's OpenGL; skipped, saying so, where there is none."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys

import pytest

from kiosk.domain.meshes import Outfit

DIFFERENCE = 4.0
"""The mean absolute difference of a colour over all garment pixels, of 255, in the worst frame."""


@pytest.fixture(scope="module")
def x_server():
    if shutil.which("Xvfb") is None:
        pytest.skip("there is no Xvfb: garments as meshes are not compared here")
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-noreset", "-screen", "0", "1280x2000x24"], pass_fds=[write],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        number = b""
        while not number.endswith(b"\n"):
            ready, _, _ = select.select([read], [], [], 30)
            more = os.read(read, 16) if ready else b""
            if not more:
                pytest.skip("Xvfb does not start: garments as meshes are not compared here")
            number += more
        yield f":{number.decode().strip()}"
    finally:
        os.close(read)
        server.terminate()
        server.wait(30)


def run(display: str, *arguments: str) -> str:
    environment = {**os.environ, "DISPLAY": display, "SDL_VIDEODRIVER": "x11"}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_meshes_show_what_the_processor_shows_in_the_worst_of_a_hundred_frames(x_server):
    said = run(x_server, "-m", "tests.devices.glass_frames")
    if said.startswith("skip"):
        pytest.skip(said)
    _, worst, _, frames = said.split()
    assert int(frames) == 100 and 0 < float(worst) <= DIFFERENCE


def test_both_ways_are_timed_at_start_and_a_renderer_that_draws_wrongly_is_not_taken(x_server):
    said = run(x_server, "-m", "tests.devices.glass_choice")
    if said.startswith("skip"):
        pytest.skip(said)
    assert said == "slow False fast True wrong False"


def test_where_no_renderer_blends_the_display_says_so():
    environment = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    done = subprocess.run([sys.executable, "-m", "tests.devices.glass_frames"], env=environment, capture_output=True, text=True,
                          timeout=300, check=False)
    assert "skip: display: no renderer can be opened" in done.stdout


def test_an_outfit_dresses_a_picture_without_a_renderer():
    from kiosk.vision.mannequin import test_body as body_of_ours
    from kiosk.vision.tryon import Dresser
    from kiosk.vision.wardrobe import garment

    pixels, body = body_of_ours()
    dresser, shirt = Dresser(), garment("shirt_white")
    outfit = dresser.outfit(pixels, body, shirt)
    assert isinstance(outfit, Outfit) and (outfit.on(pixels) == dresser.dress(pixels, body, shirt)).all()
