"""Voices: what is said goes into the program as text, and a kiosk without one is silent."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from kiosk.config import VoiceSettings
from kiosk.devices.voice import EspeakVoice, Silence, make_voice


def test_the_text_goes_in_by_standard_input_and_a_new_one_breaks_off_the_last(tmp_path: Path) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text(f'#!/bin/sh\ncat > {tmp_path}/said.$$\necho "$@" > {tmp_path}/asked.$$\nexec sleep 60\n')
    program.chmod(0o755)
    voice = EspeakVoice(150, str(program))
    voice.say("-f /etc/passwd; 3,20 €", "fr")
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("asked.*")) and time.monotonic() < deadline:
        pass
    (said,), (asked,) = tmp_path.glob("said.*"), tmp_path.glob("asked.*")
    assert said.read_text() == "-f /etc/passwd; 3,20 €"
    assert asked.read_text().split() == ["-v", "fr", "-s", "150", "--stdin"]
    voice.say("next", "zh")
    voice.close()


def test_a_program_that_is_not_there_is_silence() -> None:
    EspeakVoice(program="/nowhere/espeak-ng").say("hello", "en")
    assert isinstance(make_voice(VoiceSettings()), Silence)
    if shutil.which("espeak-ng") is None:
        assert isinstance(make_voice(VoiceSettings("espeak")), Silence)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_speaks() -> None:
    voice = make_voice(VoiceSettings("espeak"))
    voice.say("Bonjour", "fr")
    voice.close()
