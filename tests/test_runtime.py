"""Ids, clocks and the loop that pings the watchdog only for progress."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from pathlib import Path

import pytest

from kiosk.errors import StorageError
from kiosk.runtime import ManualClock, new_id, notify, run_loop


def test_ids_are_uuid7_and_sort_by_time() -> None:
    made = [new_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert all(uuid.UUID(text).version == 7 for text in made)
    assert [text[:13] for text in made] == sorted(text[:13] for text in made)


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.move(90)
    assert clock.monotonic() == 90
    assert (clock.now() - before).total_seconds() == 90


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    path = tmp_path / "notify"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    monkeypatch.setenv("WATCHDOG_USEC", "3000")
    return listener


def heard(listener: socket.socket) -> list[str]:
    said = []
    while True:
        try:
            said.append(listener.recv(256).decode())
        except BlockingIOError:
            return said


def test_the_loop_says_ready_pings_and_stops(systemd: socket.socket) -> None:
    ticks = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    closed = []
    assert run_loop("test", tick, 500.0, lambda: closed.append(1)) == 0
    said = heard(systemd)
    assert said[0] == "READY=1"
    assert "WATCHDOG=1" in said
    assert said[-1] == "STOPPING=1"
    assert closed == [1]


@pytest.mark.parametrize("error", [StorageError("kiosk.db: gone"), ZeroDivisionError()])
def test_an_error_ends_the_loop_without_a_ping(systemd: socket.socket, error: Exception) -> None:
    def tick() -> None:
        raise error

    closed = []
    assert run_loop("test", tick, 500.0, lambda: closed.append(1)) == 1
    assert "WATCHDOG=1" not in heard(systemd)
    assert closed == [1]


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
