"""RFID readers: one protocol, and a reader behind a program of its own that prints what it reads.

A reader's vendor library may carry a licence that this product does not (sllurp, for LLRP, is GPL). So a reader is an optional program
beside the kiosk, started with the arguments of kiosk.toml; it prints one JSON object a line and need know nothing else of the kiosk:

    {"epc": "3074257BF7194E4000001A85", "antenna": 1}      a tag was read
    {"alive": true}                                        at least once a second, also when there is no tag

What else a line holds is passed over. A program that ends or falls silent is started again. hardware.md tells how to write one.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, Protocol

from kiosk.devices.program import Program
from kiosk.domain.tags import TagSeen
from kiosk.errors import DeviceLostError, DeviceMissingError

log = logging.getLogger(__name__)

SILENCE_S = 3.0
_KEPT = 20_000
_LONGEST = 1024


class TagReader(Protocol):
    """Something that reads RFID tags."""

    def read(self) -> list[TagSeen]:
        """Return the reads since the last call, oldest first; never waits.

        Raises DeviceLostError while the reader does not answer; goes on delivering when the cause goes.
        """

    def close(self) -> None:
        """Give the reader back; safe to call twice."""


class ProgramTagReader:
    """A TagReader over a program's output."""

    def __init__(self, command: Sequence[str], now: Callable[[], float] = time.monotonic) -> None:
        """command: program and arguments. Raises DeviceMissingError when there is none."""
        if not command:
            raise DeviceMissingError("[rfid] command in kiosk.toml is empty: name the program that reads tags")
        self._now = now
        self._seen: deque[TagSeen] = deque(maxlen=_KEPT)
        self._heard_s, self._odd = now(), 0
        self._program = Program(command, "rfid", self._listen)

    def read(self) -> list[TagSeen]:
        """Return the reads since the last call (see TagReader)."""
        if self._now() - self._heard_s > SILENCE_S:
            raise DeviceLostError(f"the RFID reader is silent ({self._program.said}); check its network and its program")
        return [self._seen.popleft() for _ in range(len(self._seen))]

    def close(self) -> None:
        """End the program; safe to call twice."""
        self._program.close()

    def _listen(self, output: IO[bytes]) -> None:
        while text := output.readline(_LONGEST):
            self._take(text)

    def _take(self, text: bytes) -> None:
        now = self._now()
        try:
            said = json.loads(text)
            epc, antenna = said.get("epc"), said.get("antenna", 0)
        except (ValueError, AttributeError):
            said, epc, antenna = {}, None, 0
        if isinstance(epc, str) and isinstance(antenna, int) and len(epc) <= 64:
            self._seen.append(TagSeen(epc.upper(), antenna, now))
        elif said.get("alive") is not True:
            self._odd += 1
            if self._odd == 1:
                log.warning("the RFID program wrote a line that tells nothing: %r; more are only counted", text[:80])
            return
        self._heard_s = now
