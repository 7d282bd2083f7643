"""One contract for every display, on the off-screen one and on a window (SDL's dummy driver; set SDL_VIDEODRIVER for a real one)."""

import os
import signal
import subprocess
import sys

import pygame
import pytest

from kiosk.devices.display import Display, OffscreenDisplay, Presented, Touch, WindowDisplay, has_no_desktop
from kiosk.errors import DeviceLostError, InvalidValueError
from kiosk.runtime import ManualClock

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
pytestmark = pytest.mark.filterwarnings("ignore:no fast renderer")
SIZE = (80, 48)
SHOWN = Presented("test", {"ok": (0, 0, 40, 48)})


def picture(colour=(200, 30, 60), size=SIZE) -> pygame.Surface:
    surface = pygame.Surface(size)
    surface.fill(colour)
    return surface


@pytest.fixture(params=["offscreen", "window"])
def display(request):
    made: Display = OffscreenDisplay(SIZE, None) if request.param == "offscreen" else WindowDisplay(SIZE, "test")
    yield made
    made.close()


def put_finger(display: Display, x: int, y: int) -> None:
    if isinstance(display, OffscreenDisplay):
        display.touch(x, y)
    else:
        click(x, y)


def click(x: int, y: int, **more) -> None:
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, {"button": 1, "pos": (x, y), "touch": False, **more}))


def test_a_screen_without_a_desktop_is_drawn_with_opengl_es_and_no_other(monkeypatch):
    """With SDL's own choice it stays black: seen in the emulator, where `make image-test` looks at the screen itself."""
    monkeypatch.setenv("SDL_RENDER_DRIVER", "")
    monkeypatch.delenv("SDL_RENDER_DRIVER")
    assert not has_no_desktop("x11") and "SDL_RENDER_DRIVER" not in os.environ
    assert has_no_desktop("KMSDRM") and os.environ["SDL_RENDER_DRIVER"] == "opengles2"


STARTING = """
from kiosk.devices.display import WindowDisplay
display = WindowDisplay((80, 48), "test")
print("open", flush=True)
while True:
    display.touches()
"""


def test_a_service_that_is_ended_while_it_starts_ends_as_it_was_asked_to():
    starting = subprocess.Popen([sys.executable, "-c", STARTING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while starting.stdout.readline() != "open\n":
            assert starting.poll() is None
        starting.terminate()
        _, said = starting.communicate(timeout=30)
    finally:
        starting.kill()
    assert (starting.returncode, "window was closed" in said) == (-signal.SIGTERM, False)


def test_contract_has_the_size_it_was_made_with(display):
    assert display.size == SIZE


def test_contract_shows_pictures_of_its_size_only(display):
    display.present(picture(), SHOWN)
    with pytest.raises(InvalidValueError, match="81"):
        display.present(picture(size=(81, 48)), SHOWN)


def test_contract_gives_each_touch_once_in_order(display):
    display.present(picture(), SHOWN)
    display.touches()
    put_finger(display, 3, 4)
    put_finger(display, 79, 47)
    assert display.touches() == [Touch(3, 4), Touch(79, 47)]
    assert display.touches() == []


def test_contract_closes_twice(display):
    display.close()
    display.close()
    assert display.touches() == []


def test_a_snapshot_is_written_whole_at_most_so_often_and_removed(tmp_path):
    clock = ManualClock()
    path = tmp_path / "pay.png"
    display = OffscreenDisplay(SIZE, path, 0.4, clock.monotonic)
    display.present(picture((1, 2, 3)), SHOWN)
    assert pygame.image.load(path).get_at((0, 0))[:3] == (1, 2, 3)
    clock.move(0.3)
    display.present(picture((9, 9, 9)), SHOWN)
    assert pygame.image.load(path).get_at((0, 0))[:3] == (1, 2, 3)
    clock.move(0.2)
    display.present(picture((9, 9, 9)), SHOWN)
    assert pygame.image.load(path).get_at((0, 0))[:3] == (9, 9, 9)
    assert [p.name for p in tmp_path.iterdir()] == ["pay.png"]
    assert display.presented == SHOWN
    display.close()
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_of_a_large_screen_is_small(tmp_path):
    path = tmp_path / "mirror.jpg"
    OffscreenDisplay((1080, 1920), path).present(picture(size=(1080, 1920)), SHOWN)
    assert pygame.image.load(path).get_size() == (360, 640)
    assert path.stat().st_size < 60_000


def test_a_snapshot_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InvalidValueError, match=r"pay\.gif"):
        OffscreenDisplay(SIZE, tmp_path / "pay.gif")


def test_a_snapshot_that_cannot_be_written_stops_nobody_and_is_logged_once(tmp_path, caplog):
    caplog.set_level("INFO")
    folder = tmp_path / "gone"
    display = OffscreenDisplay(SIZE, folder / "pay.png", every_s=0)
    display.present(picture(), SHOWN)
    display.present(picture(), SHOWN)
    assert [r.levelname for r in caplog.records] == ["WARNING"] and "pay.png" in caplog.text
    folder.mkdir()
    display.present(picture(), SHOWN)
    assert (folder / "pay.png").exists() and [r.levelname for r in caplog.records] == ["WARNING", "INFO"]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_picture_and_touch_are_turned_together(rotate):
    display = WindowDisplay(SIZE, "test", rotate)
    shown = picture((0, 0, 0))
    shown.fill((255, 255, 255), (10, 20, 3, 3))
    display.present(shown, SHOWN)
    screen = pygame.display.get_surface()
    assert screen.get_size() == (SIZE if rotate in (0, 180) else SIZE[::-1])
    spot = next((x, y) for x in range(screen.get_width()) for y in range(screen.get_height())
                if all(screen.get_at((x + i, y + j))[:3] == (255, 255, 255) for i in range(3) for j in range(3)))
    display.touches()
    click(spot[0] + 1, spot[1] + 1)
    assert display.touches() == [Touch(11, 21)]
    display.close()


def test_a_finger_counts_once_though_it_moves_the_mouse_too():
    display = WindowDisplay(SIZE, "test")
    display.touches()
    pygame.event.post(pygame.event.Event(pygame.FINGERDOWN, {"x": 0.5, "y": 0.25, "finger_id": 0, "touch_id": 1}))
    click(40, 12, touch=True)
    assert display.touches() == [Touch(40, 12)]
    display.close()


def test_a_closed_window_is_a_lost_display():
    display = WindowDisplay(SIZE, "test")
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    with pytest.raises(DeviceLostError, match="closed"):
        display.touches()
    with pytest.raises(DeviceLostError, match="closed"):
        display.present(picture(), SHOWN)


def test_a_wrong_rotation_is_refused():
    with pytest.raises(InvalidValueError, match="45"):
        WindowDisplay(SIZE, "test", 45)
