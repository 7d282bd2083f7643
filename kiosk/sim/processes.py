"""Child processes of a store in a box: started, killed, started again, measured, and gone when their parent is."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import WorldError

_PR_SET_PDEATHSIG = 1
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process used so far, over all its restarts: peak resident memory of any one of them, and CPU time."""

    name: str
    peak_mb: float
    cpu_s: float


class Child:
    """One `kiosk ...` command as a process of its own; its output goes to a log file."""

    def __init__(self, name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "kiosk", *arguments]
        self._log = folder / f"{name}.log"
        # As on a card, where every module is compiled: compiling them at each start takes 4 MB and most of a second.
        self._environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._past = Usage(name, 0.0, 0.0)
        self._last = Usage(name, 0.0, 0.0)

    @property
    def log(self) -> Path:
        """The file that holds what it said."""
        return self._log

    def start(self) -> None:
        """Start it; one that runs is left alone."""
        if self.running:
            return
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the parent alone, which then closes the store in order.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment, start_new_session=True,
                preexec_fn=die_with_parent)  # noqa: PLW1509 - only prctl is called between fork and exec

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self._process.pid if self._process is not None and self.running else 0

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else None

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL, 10.0)

    def stop(self, timeout_s: float = 10.0) -> None:
        """End it with SIGTERM, and with SIGKILL when that takes longer than `timeout_s`."""
        self._end(signal.SIGTERM, timeout_s)

    def _end(self, number: int, timeout_s: float) -> None:
        if self._process is None:
            return
        self.measure()
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._past = Usage(self.name, max(self._past.peak_mb, self._last.peak_mb), self._past.cpu_s + self._last.cpu_s)
        self._last = Usage(self.name, 0.0, 0.0)
        self._process = None

    def measure(self) -> Usage:
        """Read /proc and return what it used so far."""
        if self._process is not None and self._process.poll() is None:
            seen = usage(self.name, self._process.pid)
            # A process that is just ending shows no memory any more: what it once used still counts.
            self._last = Usage(self.name, max(self._last.peak_mb, seen.peak_mb), max(self._last.cpu_s, seen.cpu_s)) if seen else self._last
        return Usage(self.name, max(self._past.peak_mb, self._last.peak_mb), round(self._past.cpu_s + self._last.cpu_s, 2))


def usage(name: str, pid: int) -> Usage | None:
    """Read what a living process used so far from /proc; None when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    peak_kb = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
    return Usage(name, round(peak_kb / 1024, 1), (int(fields[11]) + int(fields[12])) / _TICKS)


_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Run in a child between fork and exec: whatever ends its parent, SIGKILL included, ends the child too."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port(wanted: int = 0) -> int:
    """Return a port on 127.0.0.1 that is free at this moment: the wanted one, if it is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    raise WorldError("no port is free on 127.0.0.1")


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0



class Meter:
    """Measures children now and then, so that a killed one's use is known too."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="meter", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            for child in self._children:
                child.measure()

    def close(self) -> None:
        """Stop measuring."""
        self._stop.set()
        self._thread.join()
