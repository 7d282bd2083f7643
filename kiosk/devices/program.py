"""A program of its own that speaks for a device whose vendor library is no part of this product; it is started again when it ends."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import IO

log = logging.getLogger(__name__)

_RESTART_S = 5.0


class Program:
    """Runs a command and hands its output to `listen`, in a thread of its own."""

    def __init__(self, command: Sequence[str], name: str, listen: Callable[[IO[bytes]], None]) -> None:
        """command: program and arguments; name: of the thread; listen: returns when the output has ended, or makes no sense."""
        self.trouble = ""
        self._command, self._listen = tuple(command), listen
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def said(self) -> str:
        """What is wrong with it, or what it is."""
        return self.trouble or self._command[0]

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
                    if process.stdout is not None and not self._closed.is_set():
                        self._listen(process.stdout)
                    process.terminate()
                self.trouble = f"{self._command[0]} ended with {process.returncode}"
            except OSError as error:
                self.trouble = f"{self._command[0]} cannot be started: {error}"
            if not self._closed.is_set():
                log.warning("%s; it is started again", self.trouble)
            self._closed.wait(_RESTART_S)
