"""A reader's program: its lines, its silence, its end; and a tag that leaves names what weight alone cannot."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.devices.rfid import SILENCE_S, ProgramTagReader
from kiosk.domain.tags import TagSeen
from kiosk.errors import DeviceLostError, DeviceMissingError

EPC = "3074257BF7194E4000001A85"


def until(done: Callable[[], bool], limit_s: float = 30.0) -> None:
    end = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < end, "not seen in time"
        time.sleep(0.02)


def test_the_stand_in_reads_what_its_script_says(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"tags": [{"epc": EPC, "antenna": 3, "from_s": 0, "until_s": 60}], "lasts_s": 60}))
    reader = ProgramTagReader((sys.executable, "-m", "kiosk.devices.simulated.rfid", str(script)))
    seen: list[TagSeen] = []
    try:
        until(lambda: bool(seen.extend(reader.read()) or len(seen) >= 5))
    finally:
        reader.close()
        reader.close()
    assert {(s.epc, s.antenna) for s in seen} == {(EPC, 3)}
    assert [s.time_s for s in seen] == sorted(s.time_s for s in seen)


def test_lines_that_tell_nothing_are_passed_over() -> None:
    lines = ("no json", "[]", '{"epc": 5}', json.dumps({"epc": EPC.lower(), "antenna": 1}))
    reader = ProgramTagReader((sys.executable, "-c", f"import time\nfor line in {lines!r}: print(line, flush=True)\ntime.sleep(60)"))
    seen: list[TagSeen] = []
    try:
        until(lambda: bool(seen.extend(reader.read()) or seen))
    finally:
        reader.close()
    assert [s.epc for s in seen] == [EPC]


def test_a_program_that_is_silent_or_not_there_is_told() -> None:
    now = [0.0]
    asleep = (sys.executable, "-c", "import time; time.sleep(60)")
    for command, says in ((asleep, "silent"), (("/nonexistent/reader",), "cannot be started")):
        reader = ProgramTagReader(command, lambda: now[0])
        now[0] += SILENCE_S + 1

        def told(reader: ProgramTagReader = reader, says: str = says) -> bool:
            with pytest.raises(DeviceLostError) as caught:
                reader.read()
            return says in str(caught.value)

        until(told)
        reader.close()
    with pytest.raises(DeviceMissingError, match="command"):
        ProgramTagReader(())
