from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.devices.camera import Camera, CameraSettings, open_camera
from kiosk.devices.display import Presented, Touch
from kiosk.devices.simulated.process import WorldClient, WorldServer
from kiosk.devices.simulated.sensors import WorldHands
from kiosk.devices.simulated.setup import write_setup
from kiosk.devices.simulated.world import World
from kiosk.errors import DeviceLostError, WorldError
from kiosk.vision.networks import ModelStore

ATTRACT = Presented("pay.attract", {"enrol": (10, 20, 100, 40), "start": (10, 80, 100, 40)}, {"items": "0"})
BASKET = Presented("pay.basket", {"pay": (10, 20, 100, 40), "cancel": (200, 20, 100, 40)}, {"items": "9"})


def until(what: Callable[[], object], limit_s: float = 8.0) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, f"not within {limit_s} s"
        time.sleep(0.02)


def is_lost(camera: Camera) -> bool:
    try:
        camera.read(0.05)
    except DeviceLostError:
        return True
    return False


class Process:
    """`kiosk world serve` as a process that can be killed."""

    def __init__(self, setup_file: Path, path: Path) -> None:
        self._command = [sys.executable, "-m", "kiosk", "world", "serve", "--setup", str(setup_file), "--socket", str(path)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert "the world is at" in self.process.stdout.readline()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        return code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "world.sock"


@pytest.fixture
def process(tmp_path: Path, path: Path, setup) -> Iterator[Process]:
    write_setup(setup, tmp_path / "setup.json")
    started = Process(tmp_path / "setup.json", path)
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGTERM)


@pytest.fixture
def server(path: Path, setup) -> Iterator[WorldServer]:
    running = WorldServer(World(setup, None), path)
    yield running
    running.close()


class Screen:
    """A display that keeps what it was given, with a finger that a test moves."""

    size = (720, 1280)

    def __init__(self) -> None:
        self.shown, self.fingers, self.closed = [], [], False

    def present(self, picture, presented) -> None:
        self.shown.append(presented)

    def touches(self) -> list[Touch]:
        taken, self.fingers = self.fingers, []
        return taken

    def close(self) -> None:
        self.closed = True


def test_a_world_that_is_killed_and_restarted_is_found_again(process: Process, path: Path):
    client, screen = WorldClient(path), Screen()
    hands = WorldHands(screen, client, "pay-1")
    camera = open_camera(CameraSettings("pay-cam", "world", str(path), (640, 480), 20.0))
    hands.present(None, BASKET)
    until(lambda: camera.read(0.2))
    before = client.truth()
    process.end(signal.SIGKILL)
    with pytest.raises(WorldError, match="kiosk world serve"):
        client.truth()
    until(lambda: is_lost(camera))
    process.start()
    until(lambda: not is_lost(camera) and camera.read(0.2) is not None)
    until(lambda: WorldClient(path).truth()["sales"] == before["sales"])
    camera.close()
    hands.close()


def test_sigterm_ends_it_cleanly(process: Process, path: Path):
    assert process.end(signal.SIGTERM) == 0
    assert not path.exists()


def test_clients_that_die_or_talk_nonsense_harm_nobody(server: WorldServer, path: Path):
    for data in (b"", b"\x00\x00", struct.pack(">I", 2**31), struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1", struct.pack(">I", 100) + b"half"):
        raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        raw.connect(str(path))
        raw.sendall(data)
        raw.close()
    client = WorldClient(path)
    assert client.truth()["sales"] == 0
    with pytest.raises(WorldError, match="no shelf"):
        client.weigh("nowhere")
    assert client.weigh("shelf-1")[1].keys() == {"A1", "A2", "A3"}
    with pytest.raises(WorldError, match="not between"):
        client.look("pay-cam", 0.0, 0, 0.1)
    client.close()


def test_a_killed_kiosk_does_not_restart_the_world(server: WorldServer, path: Path):
    first = WorldClient(path)
    first.show("pay-1", ATTRACT)
    until(lambda: first.truth()["present"].get("pay-1"))
    who = first.truth()["present"]["pay-1"]
    first.close()
    second = WorldClient(path)
    assert second.truth()["present"]["pay-1"] == who
    second.close()


def test_two_who_look_see_the_same_frame(server: WorldServer, path: Path):
    clients = [WorldClient(path), WorldClient(path)]
    number = int(time.monotonic() * 10) + 3
    seen = [client.look("pay-cam", 10.0, number, 1.0) for client in clients]
    assert [s[2] for s in seen] == [number + 1] * 2
    assert np.array_equal(seen[0][0], seen[1][0])
    assert seen[0][1] == pytest.approx((number + 1) / 10.0)
    for client in clients:
        client.close()


def test_hands_show_the_screen_and_bring_touches_of_shoppers_and_of_real_fingers(server: WorldServer, path: Path):
    screen = Screen()
    hands = WorldHands(screen, WorldClient(path), "pay-1")
    assert hands.size == screen.size
    hands.present(None, ATTRACT)
    assert screen.shown == [ATTRACT]
    screen.fingers = [Touch(1, 2)]
    assert hands.touches()[0] == Touch(1, 2)
    probe = WorldClient(path)
    until(lambda: probe.truth()["present"].get("pay-1"))
    hands.present(None, BASKET)
    touches: list[Touch] = []
    until(lambda: touches.extend(hands.touches()) or touches)
    assert 200 <= touches[0].x < 300, "nine items are not his: he cancels"
    hands.close()
    hands.close()
    probe.close()
    assert screen.closed


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_two_cameras_at_ten_frames_a_second_cost_less_than_half_a_core(tmp_path: Path, path: Path, make_store_setup):
    write_setup(make_store_setup(portrait=str(ModelStore().path("astronaut"))), tmp_path / "setup.json")
    process = Process(tmp_path / "setup.json", path)
    sizes = {"pay-cam": (640, 480), "mirror-cam": (720, 1280)}
    cameras = [open_camera(CameraSettings(name, "world", str(path), size, 10.0)) for name, size in sizes.items()]
    hands = [WorldHands(Screen(), WorldClient(path), device) for device in ("pay-1", "mirror-1")]
    hands[0].present(None, ATTRACT)
    hands[1].present(None, Presented("mirror.attract", {"staff": (0, 0, 9, 9)}))
    until(lambda: len(WorldClient(path).truth()["present"]) == 2)
    time.sleep(2.0)
    spent, started = cpu_s(process.process.pid), time.monotonic()
    time.sleep(8.0)
    share = (cpu_s(process.process.pid) - spent) / (time.monotonic() - started)
    for each in (*cameras, *hands):
        each.close()
    process.end(signal.SIGTERM)
    assert share <= 0.45, f"the world takes {share:.0%} of a core"
