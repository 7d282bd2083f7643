"""How much one device may say: a bucket of messages and one of bytes each. Who empties one is not listened to for a while."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGES_PER_S, MESSAGES = 400.0, 4000.0
BYTES_PER_S, BYTES = 12e6, 128e6
"""Several times what a kiosk sends that drains a week's queue: small messages in flood empty the first, large ones the second."""
QUIET_S = 60.0


@dataclass(slots=True)
class _Bucket:
    messages: float
    size: float
    at_s: float
    until_s: float = float("-inf")


class Quota:
    """The buckets of all devices. Used from the broker's thread alone; `offenders` may be asked from another."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._offenders: dict[str, int] = {}

    def admits(self, device: str, size: int, now_s: float) -> bool:
        """Whether a message of `size` bytes is listened to. What is not was not acknowledged: the device sends it again later."""
        bucket = self._buckets.get(device)
        if bucket is None:
            bucket = self._buckets[device] = _Bucket(MESSAGES, BYTES, now_s)
        passed, bucket.at_s = now_s - bucket.at_s, now_s
        bucket.messages = min(MESSAGES, bucket.messages + passed * MESSAGES_PER_S) - 1
        bucket.size = min(BYTES, bucket.size + passed * BYTES_PER_S) - size
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
