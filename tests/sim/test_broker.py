"""The broker of the store in a box."""

from __future__ import annotations

import pytest

from kiosk.errors import WorldError
from kiosk.sim.broker import Broker, _lets_in


def test_it_keeps_its_port_over_a_kill_and_knows_its_users_alone(tmp_path):
    broker = Broker(tmp_path)
    broker.add_user("hq", "secret")
    broker.start()
    try:
        broker.start()
        assert broker.running and _lets_in(broker.port, "hq", "secret")
        assert not _lets_in(broker.port, "hq", "wrong") and not _lets_in(broker.port, "nobody", "secret")
        broker.kill()
        assert not broker.running
        broker.add_user("kiosk-1", "k")
        broker.start()
        assert _lets_in(broker.port, "kiosk-1", "k")
    finally:
        broker.stop()
    broker.stop()
    assert b"secret" not in (tmp_path / "passwords").read_bytes()
    assert (tmp_path / "passwords").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_told(tmp_path):
    first = Broker(tmp_path / "a")
    first.start()
    try:
        second = Broker(tmp_path / "b", first.port)
        with pytest.raises(WorldError, match=str(first.port)):
            second.start()
    finally:
        first.stop()
