"""Remote commands on the device: they come by the inbox, are judged once more, and done by the sync process or by whose screen it is."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kiosk.domain.commands import Command, may_order
from kiosk.domain.orders import CommandOrdered
from kiosk.domain.standing import CommandDone
from kiosk.errors import KioskError
from kiosk.flows.bundle import recent_log, scrubbed
from kiosk.flows.doctor import examine
from kiosk.flows.parts import Parts
from kiosk.runtime import SystemClock

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
RESULT_BYTES = 60_000
"""An answer must fit into one message with what surrounds it."""
RESTART, SCREENSHOT, LOCKED = "command.restart", "command.screenshot", "hq"
OUT_OF_ORDER, BEFORE_LOCK = "out_of_order", "out_of_order.before_lock"


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: str
    detail: str = ""
    result: str = ""


class Obedience:
    """What the sync process does about commands."""

    def __init__(self, parts: Parts, read_log: Callable[[], str] = recent_log) -> None:
        """read_log: returns what the services said last."""
        self._parts, self._read_log = parts, read_log
        self._worker = ThreadPoolExecutor(1, "command")
        self._running: dict[int, tuple[CommandOrdered, Future[_Answer]]] = {}
        self._version = -1
        self._ends: datetime | None = None

    def tick(self) -> None:
        """Begin what was ordered, and answer what has ended, or can be done no more."""
        version = self._parts.store.data_version()
        ended = self._ends is not None and self._parts.clock.now() > self._ends
        if version == self._version and not self._running and not ended:
            return
        self._ends = None
        self._version = version
        with self._parts.store.snapshot() as unit:
            orders = [(n, order) for n, order in unit.device_orders.queued() if isinstance(order, CommandOrdered)]
        for number, order in orders:
            if number not in self._running:
                answer = self._begin(number, order)
                if answer is not None:
                    self._finish(number, order, answer)
        for number, (order, future) in list(self._running.items()):
            if future.done():
                del self._running[number]
                self._finish(number, order, _outcome(future))

    def close(self) -> None:
        """Let go of what still runs; it is done again after the next start."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _begin(self, number: int, order: CommandOrdered) -> _Answer | None:
        """Return the answer of what is done at once, None for what takes a while."""
        if not may_order(order.role, order.command):
            return _Answer("refused", f"{order.who} ({order.role}) may not order {order.command!r}")
        if self._parts.clock.now() > order.expires_at:
            self._forget_picture(order)
            return _Answer("expired", f"good until {order.expires_at:%Y-%m-%d %H:%M:%S} UTC")
        if order.command == Command.SCREENSHOT:
            return self._photograph(order)
        if order.command == Command.DOCTOR:
            self._running[number] = order, self._worker.submit(self._examine)
            return None
        if order.command == Command.LOGS:
            self._running[number] = order, self._worker.submit(self._collect)
            return None
        with self._parts.store.unit(use_reserve=True) as unit:
            if order.command == Command.RESTART:
                unit.settings.put(RESTART, order.command_id)
            elif order.command == Command.LOCK:
                if unit.settings.get(OUT_OF_ORDER) != LOCKED:
                    unit.settings.put(BEFORE_LOCK, unit.settings.get(OUT_OF_ORDER) or "")
                unit.settings.put(OUT_OF_ORDER, LOCKED)
            elif unit.settings.get(OUT_OF_ORDER) == LOCKED:
                unit.settings.put(OUT_OF_ORDER, unit.settings.get(BEFORE_LOCK) or "")
            else:
                return _Answer("refused", "HQ has not locked this device")
        return _Answer("done")

    def _photograph(self, order: CommandOrdered) -> _Answer | None:
        path = picture_path(self._parts, order.command_id)
        if path.exists():
            try:
                picture = base64.b64encode(path.read_bytes()).decode()
                path.unlink()
            except OSError as error:
                return _Answer("failed", f"{path}: {error.strerror}")
            return _Answer("done", "image/jpeg", picture) if len(picture) <= RESULT_BYTES else _Answer("failed", "the picture is too large")
        with self._parts.store.snapshot() as unit:
            asked = unit.settings.get(SCREENSHOT)
        if asked != order.command_id:
            with self._parts.store.unit(use_reserve=True) as unit:
                unit.settings.put(SCREENSHOT, order.command_id)
        self._ends = min(self._ends or order.expires_at, order.expires_at)
        return None

    def _forget_picture(self, order: CommandOrdered) -> None:
        """What was not taken in time is taken no more, and what was is not kept."""
        with self._parts.store.unit(use_reserve=True) as unit:
            if unit.settings.get(SCREENSHOT) == order.command_id:
                unit.settings.put(SCREENSHOT, "")
        picture_path(self._parts, order.command_id).unlink(missing_ok=True)

    def _examine(self) -> _Answer:
        findings = [asdict(finding) for finding in examine(self._parts.settings, SystemClock())]
        ill = sum(not finding["well"] for finding in findings)
        return _Answer("done", f"{ill} part(s) not well" if ill else "all is well", json.dumps(findings)[:RESULT_BYTES])

    def _collect(self) -> _Answer:
        return _Answer("done", "text/plain", scrubbed(self._read_log(), self._parts.settings)[-RESULT_BYTES // 2:])

    def _finish(self, number: int, order: CommandOrdered, answer: _Answer) -> None:
        log.info("%s: command %s of %s: %s %s", self._parts.settings.device.id, order.command, order.who, answer.outcome, answer.detail)
        with self._parts.store.unit(use_reserve=True) as unit:
            unit.device_orders.done(number)
            unit.facts.record(CommandDone(order.command_id, order.command, answer.outcome, answer.detail[:500], answer.result))


def _outcome(future: Future[_Answer]) -> _Answer:
    try:
        return future.result()
    except (KioskError, OSError) as error:
        return _Answer("failed", str(error))


def _end_service() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def picture_path(parts: Parts, command_id: str) -> Path:
    """Return where the picture of a screen waits for the sync process."""
    return parts.settings.storage.folder / f"screenshot-{command_id}.jpg"


class Servant:
    """What a service with a screen does about commands: ends, to be started anew by systemd; or hands over its screen, nobody on it."""

    def __init__(self, parts: Parts, photograph: Callable[[Path], bool], end: Callable[[], None] | None = None) -> None:
        """photograph: writes the screen, without camera picture, to a file, where nobody is being served; False where somebody is.

        end: ends this service in good order; None does it by SIGTERM, as systemd would.
        """
        self._parts, self._photograph, self._end = parts, photograph, end or _end_service
        self._looked_s, self._restart = float("-inf"), self._wish(RESTART)
        self._pictured = self._wish(SCREENSHOT)

    def tick(self) -> None:
        """Look now and then whether there is something to do."""
        now = self._parts.clock.monotonic()
        if now - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now
        if self._wish(RESTART) != self._restart:
            self._restart = self._wish(RESTART)
            log.info("HQ wants this service to start anew")
            self._end()
        wanted = self._wish(SCREENSHOT)
        if wanted and wanted != self._pictured and self._photograph(picture_path(self._parts, wanted)):
            self._pictured = wanted
            with self._parts.store.unit(use_reserve=True) as unit:
                unit.settings.put(f"{SCREENSHOT}.made", wanted)  # the sync process looks when somebody has written

    def _wish(self, key: str) -> str:
        with self._parts.store.snapshot() as unit:
            return unit.settings.get(key) or ""
