"""How much one device may say: a bucket of messages and one of bytes each. Who empties one is not listened to for a while."""

from __future__ import annotations

from dataclasses import dataclass

QUIET_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a device may send: at once, and each second from then on.

    By default several times what a kiosk sends that drains a week's queue: small messages in flood empty the first, large ones the second.
    """

    messages: float = 4000.0
    messages_per_s: float = 400.0
    size: float = 128e6
    size_per_s: float = 12e6


KIOSK = Limits()


@dataclass(slots=True)
class _Bucket:
    messages: float
    size: float
    at_s: float
    until_s: float = float("-inf")


class Quota:
    """The buckets of all devices. Used from the broker's thread alone; `offenders` may be asked from another."""

    def __init__(self, limits: Limits = KIOSK) -> None:
        self._limits = limits
        self._buckets: dict[str, _Bucket] = {}
        self._offenders: dict[str, int] = {}

    def admits(self, device: str, size: int, now_s: float) -> bool:
        """Whether a message of `size` bytes is listened to. What is not was not acknowledged: the device sends it again later."""
        limits, bucket = self._limits, self._buckets.get(device)
        if bucket is None:
            bucket = self._buckets[device] = _Bucket(limits.messages, limits.size, now_s)
        passed, bucket.at_s = now_s - bucket.at_s, now_s
        bucket.messages = min(limits.messages, bucket.messages + passed * limits.messages_per_s) - 1
        bucket.size = min(limits.size, bucket.size + passed * limits.size_per_s) - size
        if now_s < bucket.until_s:
            bucket.messages, bucket.size = max(bucket.messages, 0.0), max(bucket.size, 0.0)
            self._offenders[device] = self._offenders.get(device, 0) + 1
            return False
        if bucket.messages < 0 or bucket.size < 0:
            bucket.until_s = now_s + QUIET_S
            self._offenders[device] = self._offenders.get(device, 0) + 1
            return False
        return True

    def offenders(self) -> dict[str, int]:
        """Return device -> messages that were not listened to since the last call."""
        found, self._offenders = self._offenders, {}
        return found
