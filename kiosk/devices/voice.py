"""Spoken prompts: espeak-ng where it is installed, silence where it is not."""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import Protocol

from kiosk.config import VoiceSettings

log = logging.getLogger(__name__)

_VOICES = {"fr": "fr", "en": "en-gb", "zh": "cmn"}


class Voice(Protocol):
    """Reads texts aloud."""

    def say(self, text: str, language: str) -> None:
        """Begin to read a text (fr, en, zh) and return at once; what is still being read is broken off."""

    def close(self) -> None:
        """Be silent."""


class Silence:
    """The voice of a device without one."""

    def say(self, text: str, language: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing is being said."""


class EspeakVoice:
    """espeak-ng, a process for each text. The text goes in by its standard input: nothing in it is ever an option."""

    def __init__(self, rate_wpm: int = 160, program: str = "espeak-ng") -> None:
        self._rate_wpm, self._program = rate_wpm, program
        self._speaking: subprocess.Popen[bytes] | None = None

    def say(self, text: str, language: str) -> None:
        """Begin to read a text."""
        self.close()
        command = [self._program, "-v", _VOICES.get(language, "en-gb"), "-s", str(self._rate_wpm), "--stdin"]
        try:
            self._speaking = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self._speaking.stdin is not None:
                self._speaking.stdin.write(text.encode())
                self._speaking.stdin.close()
        except OSError as error:
            log.warning("%s does not speak (%s): the kiosk goes on in silence", self._program, error)
            self._speaking = None

    def close(self) -> None:
        """Break off what is being read."""
        if self._speaking is not None:
            self._speaking.terminate()
            self._speaking.wait()
            self._speaking = None


def make_voice(given: VoiceSettings) -> Voice:
    """Return the voice that [voice] describes; silence, and a line in the log, where espeak-ng is not installed."""
    if given.kind == "none":
        return Silence()
    if shutil.which("espeak-ng") is None:
        log.warning("voice.kind is espeak, but espeak-ng is not installed: the kiosk says nothing")
        return Silence()
    return EspeakVoice(given.rate_wpm)
