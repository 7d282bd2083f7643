"""Facts about a device's standing with HQ: its certificate, its clock, what it was told to do and what it did not believe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CertificateRequested:
    """This device asks for its next certificate. request: PKCS #10 (PEM) over a new key that never leaves the device."""

    request: str


@dataclass(frozen=True, slots=True)
class CommandDone:
    """What came of a remote command. outcome: done | failed | refused | expired; result: text, or a picture or archive as base64."""

    command_id: str
    command: str
    outcome: str
    detail: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class DownlinkRefused:
    """Something came down that this device does not believe. cause: signature | device | replay | rollback | unreadable."""

    cause: str
    topic: str
    detail: str


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The device came to know the time: facts of this boot with `clock` unset were made offset_ms later than they say."""

    boot_id: str
    offset_ms: int
