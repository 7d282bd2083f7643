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
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk.domain.tags import TagSeen
from kiosk.errors import DeviceLostError, DeviceMissingError

log = logging.getLogger(__name__)

SILENCE_S = 3.0
_RESTART_S = 5.0
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
        self._command, self._now = tuple(command), now
        self._seen: deque[TagSeen] = deque(maxlen=_KEPT)
        self._heard_s, self._trouble, self._odd = now(), "", 0
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rfid", daemon=True)
        self._thread.start()

    def read(self) -> list[TagSeen]:
        """Return the reads since the last call (see TagReader)."""
        if self._now() - self._heard_s > SILENCE_S:
            raise DeviceLostError(f"the RFID reader is silent ({self._trouble or self._command[0]}); check its network and its program")
        return [self._seen.popleft() for _ in range(len(self._seen))]

    def close(self) -> None:
        """End the program; safe to call twice."""
        self._closed.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with subprocess.Popen(self._command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
                    self._process = process
                    self._listen(process)
                    process.terminate()
                self._trouble = f"{self._command[0]} ended with {process.returncode}"
            except OSError as error:
                self._trouble = f"{self._command[0]} cannot be started: {error}"
            if not self._closed.is_set():
                log.warning("%s; it is started again", self._trouble)
            self._closed.wait(_RESTART_S)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        output = process.stdout
        while output is not None and not self._closed.is_set() and (text := output.readline(_LONGEST)):
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
