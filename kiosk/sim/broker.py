"""A real mosquitto on this machine alone, with the access rules that a shop's broker has; for the store in a box and for tests.

With HQ's broker folder it speaks mutual TLS 1.3 as a shop's broker does; without, names and passwords for parts that are tried alone.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import WorldError
from kiosk.hq.rules import rules
from kiosk.hq.trust.folder import ACL_FILE, CRL_FILE, RESTART
from kiosk.sim.processes import die_with_parent, free_port

RULES = Path(__file__).parents[2] / "deploy" / "broker"
READY_S = 30.0
_ITERATIONS = 101


class Broker:
    """One mosquitto process bound to 127.0.0.1. Users are added by name; a user's name is the device id that its rules speak of."""

    def __init__(self, folder: Path, port: int | None = None, trust: Path | None = None) -> None:
        """Keep configuration, passwords and log in `folder`; take a free port when none is given, and keep it over restarts.

        trust: the folder that HQ's certificate authority writes for its broker.
        """
        self._trust, self._applied = trust, (0, "")
        self.port = port if port is not None else free_port()
        self._folder = folder
        self._users: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return self._process.pid if self._process is not None and self.running else 0

    def add_user(self, name: str, password: str) -> None:
        """Let `name` in from now on, also while the broker runs."""
        self._users[name] = password
        self._write_passwords()
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGHUP)
            self._wait_until(f"lets {name} in", lambda: _lets_in(self.port, name, password))

    def start(self) -> None:
        """Start the process and return when it answers; raise WorldError when mosquitto is missing or refuses to start."""
        if self.running:
            return
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if program is None:
            raise WorldError("mosquitto is not installed: `apt install mosquitto`")
        if not (RULES / "common.conf").exists():
            raise WorldError(f"{RULES} has no settings for the broker: run from a checkout of the repository")
        if _listens(self.port):
            raise WorldError(f"port {self.port} is taken: another broker runs there")
        self._applied = self._offered()
        self._write_passwords()
        (self._folder / "mosquitto.conf").write_text(self._configuration())
        with (self._folder / "mosquitto.log").open("ab") as log:
            # A session of its own, and no life without its parent: Ctrl-C leaves it to us, and nothing is left running behind us.
            self._process = subprocess.Popen([program, "-c", str(self._folder / "mosquitto.conf")], stdout=log, stderr=log,
                                             start_new_session=True, preexec_fn=die_with_parent)  # noqa: PLW1509 - prctl alone
        self._wait_until("answers", lambda: _answers(self.port))

    def apply_trust(self) -> bool:
        """Go by what HQ has written since: read it again, or where that is not enough start again. True when there was something new.

        It is what systemd/kiosk-broker-trust.path does for a shop's broker.
        """
        offered = self._offered()
        if offered == self._applied or self._process is None or not self.running:
            return False
        restart, self._applied = offered[1] != self._applied[1], offered
        if restart:
            self.stop()
            self.start()
        else:
            self._process.send_signal(signal.SIGHUP)
        return True

    def _offered(self) -> tuple[int, str]:
        """Return (when the list of revoked certificates was written, last of all; which restart it asks for)."""
        if self._trust is None:
            return 0, ""
        restart = self._trust / RESTART
        return (self._trust / CRL_FILE).stat().st_mtime_ns, restart.read_text() if restart.exists() else ""

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL, nothing is saved."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the process in good order; does nothing when it does not run."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(READY_S)
            self._process = None

    def _configuration(self) -> str:
        common = [(RULES / "common.conf").read_text(), f"user {getpass.getuser()}"]
        if self._trust is None:
            (self._folder / ACL_FILE).write_text(rules())
            return "\n".join((*common, f"listener {self.port} 127.0.0.1", f"password_file {self._folder.resolve() / 'passwords'}",
                              f"acl_file {(self._folder / ACL_FILE).resolve()}", ""))
        shops = (RULES / "mosquitto.conf").read_text().replace("/etc/kiosk/broker", str(self._trust.resolve()))
        return "\n".join((*common, shops.replace("listener 8883", f"listener {self.port} 127.0.0.1"), ""))

    def _write_passwords(self) -> None:
        path = self._folder / "passwords"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("".join(f"{name}:{_hashed(password)}\n" for name, password in self._users.items()))
        fresh.replace(path)

    def _wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_S
        while not holds():
            if not self.running:
                raise WorldError(f"mosquitto on port {self.port} ended: {(self._folder / 'mosquitto.log').read_text()[-400:]}")
            if time.monotonic() > deadline:
                raise WorldError(f"mosquitto on port {self.port}: after {READY_S:.0f} s it is not true that it {what}")
            time.sleep(0.01)


def _hashed(password: str) -> str:
    """Return a password as mosquitto 2 keeps it: $7$iterations$salt$PBKDF2-SHA512 (mosquitto_passwd's own format)."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(port: int) -> bool:
    """Send what is neither TLS nor MQTT and see it refused: a broker that only listens does not yet mind signals, and a SIGHUP ends it."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1.0) as probe:
            probe.sendall(b"\xff" * 8)
            probe.recv(64)
    except ConnectionResetError:
        return True
    except OSError:
        return False
    return True


def _lets_in(port: int, name: str, password: str) -> bool:
    """Say hello as MQTT 3.1.1 does (CONNECT, clean session) under a client id of our own, and look at the broker's answer."""
    fields = b"".join(len(part).to_bytes(2, "big") + part for part in (secrets.token_hex(8).encode(), name.encode(), password.encode()))
    body = b"\x00\x04MQTT\x04\xc2\x00\x05" + fields
    try:
        with socket.create_connection(("127.0.0.1", port), 1.0) as probe:
            probe.sendall(b"\x10" + bytes([len(body)]) + body)
            return probe.recv(4) == b"\x20\x02\x00\x00"
    except OSError:
        return False
