"""Looks a device over, as a technician would: one finding a part, each that is not well with a plain next step."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kiosk import BUILT
from kiosk.config import Settings
from kiosk.errors import KioskError
from kiosk.flows.opening import device_clock, open_store
from kiosk.flows.queue import STUCK_S, reason
from kiosk.runtime import Clock
from kiosk.storage.store import fault

WEAR_BUDGET_MB = 50
"""So much may a quiet kiosk write to its card in a day."""
ANSWER_S = 5.0
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part is. step: what to do when it is not well."""

    part: str
    well: bool
    said: str
    step: str = ""


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Look at every part, one after the other. The configuration was read, or there would be no settings."""
    yield Finding("configuration", True, f"device {settings.device.id}, roles {', '.join(settings.device.roles)}")
    yield _disk(settings)
    wear = _wear(settings.storage.folder)
    if wear is not None:
        yield wear
    yield _clock(clock)
    database = _database(settings)
    yield database
    if settings.device.roles != ("stock",):
        yield _models()
    yield from _devices(settings)
    yield _broker(settings)
    if database.well and (settings.storage.folder / "kiosk.db").exists():  # opening another would change it
        yield _queue(settings, clock)


def _disk(settings: Settings) -> Finding:
    folder, reserve = settings.storage.folder, settings.storage.reserve_mb
    if not folder.is_dir():
        return Finding("disk", False, f"{folder} is not there", "mount the data partition, or make the folder; storage.folder names it")
    free = shutil.disk_usage(folder).free >> 20
    if free < reserve:
        return Finding("disk", False, f"{free} MB are free, {reserve} MB are kept back: sales have stopped",
                       f"free some room on {folder}, e.g. old logs; the queue empties by itself once HQ is reached")
    if free < 4 * reserve:
        return Finding("disk", False, f"{free} MB are free; sales stop at {reserve} MB", f"free some room on {folder} soon")
    return Finding("disk", True, f"{free} MB are free; sales stop at {reserve} MB")


def _wear(folder: Path) -> Finding | None:
    """What has been written to the disk since this machine started, by anybody, against the budget of a quiet day."""
    number = os.stat(folder).st_dev if folder.is_dir() else 0  # noqa: PTH116 - the device number
    path = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    if not path.exists():
        return None
    megabytes = int(path.read_text().split()[6]) * _SECTOR / 1e6
    days = float(Path("/proc/uptime").read_text().split()[0]) / 86_400
    if days < 1:
        return Finding("card wear", True, f"{megabytes:.0f} MB written since the start {days * 24:.0f} hours ago; a quiet kiosk's budget is"
                                          f" {WEAR_BUDGET_MB} MB a day, and judged after one")
    said = f"{megabytes:.0f} MB written in {days:.2f} days: {megabytes / days:.0f} MB a day, budget of a quiet kiosk {WEAR_BUDGET_MB}"
    if megabytes / days <= WEAR_BUDGET_MB:
        return Finding("card wear", True, said)
    return Finding("card wear", False, said, "keep logs in memory (journald: Storage=volatile) and see with `iotop -ao` who writes")


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    step = "let it reach a time server: `timedatectl` shows which; sales go on meanwhile, receipts show this clock's time"
    if now < BUILT:
        return Finding("clock", False, f"it shows {now:%Y-%m-%d %H:%M} UTC, which cannot be", step)
    synchronised = Path("/run/systemd/timesync/synchronized")
    if synchronised.parent.is_dir() and not synchronised.exists():
        return Finding("clock", False, f"it shows {now:%Y-%m-%d %H:%M} UTC and was not set by a time server since the start", step)
    return Finding("clock", True, f"it shows {now:%Y-%m-%d %H:%M} UTC")


def _database(settings: Settings) -> Finding:
    path = settings.storage.folder / "kiosk.db"
    if not path.exists():
        return Finding("database", True, "there is none yet: the first service that starts makes it")
    found = fault(path)
    aside = sorted(path.parent.glob("kiosk.db.damaged-*[0-9]"))
    if found:
        return Finding("database", False, f"{path}: {found}", "start the services again: they set it aside and carry over what can be read")
    if aside:
        return Finding("database", True, f"whole; rebuilt {len(aside)} time(s), the damaged one is kept as {aside[-1].name}")
    return Finding("database", True, "whole")


def _models() -> Finding:
    from kiosk.vision.networks import ModelStore

    problems = ModelStore().verify()
    if problems:
        return Finding("models", False, "; ".join(problems[:3]), "`kiosk models fetch`")
    return Finding("models", True, "all as pinned")


def _devices(settings: Settings) -> Iterator[Finding]:
    camera, display = settings.camera, settings.display
    if camera.kind == "usb":
        path = Path(f"/dev/video{camera.source}") if camera.source.isdigit() else Path(camera.source)
        yield Finding("camera", path.exists(), f"{path} {'is there' if path.exists() else 'is not there'}",
                      "" if path.exists() else "plug it in, or correct camera.source: `ls /dev/video*` lists what is there")
    elif camera.kind != "none":
        yield Finding("camera", True, f"{camera.kind} {camera.source}".rstrip())
    if settings.depth.command:
        program = settings.depth.command[0]
        there = shutil.which(program) is not None
        yield Finding("depth camera", there, f"{program} {'is there' if there else 'is no program that can be started'}",
                      "" if there else "correct the first word of depth.command in kiosk.toml; until then faces are refused")
    if display.kind == "window":
        seen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or any(Path("/dev/dri").glob("card*"))
        yield Finding("display", seen, "a screen is there" if seen else "no screen was found",
                      "" if seen else "plug the screen in before the power, then start again")
    if settings.scale.kind == "iio":
        found = settings.scale.root.is_dir()
        yield Finding("scale", found, f"{settings.scale.root} {'is there' if found else 'is not there'}",
                      "" if found else "enable I2C and the load cell's overlay in config.txt, see hardware.md")


def _broker(settings: Settings) -> Finding:
    host, port = settings.broker.host, settings.broker.port
    began = time.monotonic()
    try:
        with closing(socket.create_connection((host, port), ANSWER_S)):
            return Finding("broker", True, f"{host}:{port} answers within {(time.monotonic() - began) * 1000:.0f} ms")
    except socket.gaierror:
        return Finding("broker", False, f"the name {host} is not known", "look at the cable or Wi-Fi, then at broker.host in kiosk.toml")
    except OSError as error:
        return Finding("broker", False, f"{host}:{port}: {error.strerror or error}",
                       "look at the cable or Wi-Fi; if other things work, let HQ look at the broker. Sales go on, nothing is lost")


def stamping_clock(settings: Settings, clock: Clock) -> Clock:
    """Return the clock that the services stamp facts by: the machine's own, `clock`, may be days off where nobody has set it."""
    try:
        return device_clock(settings)
    except KioskError:
        return clock  # with a certificate that cannot be read there is no other


def _queue(settings: Settings, clock: Clock) -> Finding:
    clock = stamping_clock(settings, clock)
    try:
        store = open_store(settings, clock)
    except KioskError as error:
        return Finding("queue", False, str(error), "see what `database` and `disk` say")
    with closing(store), store.snapshot() as unit:
        waiting, oldest_s, why = sum(unit.outbox.waiting().values()), unit.outbox.oldest(clock.now()), reason(unit, clock)
    well = not waiting or oldest_s < STUCK_S
    return Finding("queue", well, f"{waiting} fact(s) wait, the oldest for {oldest_s:.0f} s. {why}", "" if well else "`kiosk queue status`")


