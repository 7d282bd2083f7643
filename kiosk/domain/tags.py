"""RFID tags on goods: what a tag's code says, and when a tag has left the shelf."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.domain.gtin import check_digit
from kiosk.errors import InvalidValueError

_SGTIN_96 = 0x30
_PARTITIONS = ((40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6))
"""Partition value -> bits and digits of the company prefix (GS1 EPC Tag Data Standard, SGTIN partition table)."""
_ITEM_BITS = 44
LEAVE_S = 1.5
"""A tag that is not read for so long, while the reader reads, has left; longer for one that is read rarely."""
_INTERVALS = 4.0
_SETTLED_READS = 3
_REMEMBERED = 5000
"""So many tags that left are known again when they come back."""


@dataclass(frozen=True, slots=True)
class TagSeen:
    """One read. epc: 24 hexadecimal digits; antenna: its number at the reader; time_s: monotonic."""

    epc: str
    antenna: int
    time_s: float


@dataclass(frozen=True, slots=True)
class TagLeft:
    """A tag that went away. gtin: 14 digits; time_s: when it was read last."""

    epc: str
    gtin: str
    antenna: int
    time_s: float


def gtin_of(epc: str) -> str:
    """Return the GTIN-14 of an SGTIN-96 tag; raise InvalidValueError for a tag of another kind."""
    try:
        bits = int(epc, 16)
    except ValueError as error:
        raise InvalidValueError(f"tag {epc[:40]!r} is no EPC: 24 hexadecimal digits are expected") from error
    partition = bits >> 82 & 7
    if len(epc) != 24 or bits >> 88 != _SGTIN_96 or partition >= len(_PARTITIONS):
        raise InvalidValueError(f"tag {epc[:40]!r} is no SGTIN-96")
    prefix_bits, prefix_digits = _PARTITIONS[partition]
    prefix = bits >> 82 - prefix_bits & (1 << prefix_bits) - 1
    item = bits >> 82 - _ITEM_BITS & (1 << _ITEM_BITS - prefix_bits) - 1
    item_text = f"{item:0{13 - prefix_digits}d}"
    body = f"{item_text[0]}{prefix:0{prefix_digits}d}{item_text[1:]}"
    if len(body) != 13:
        raise InvalidValueError(f"tag {epc} holds a company prefix or an item that is too long")
    return body + check_digit(body)


@dataclass(slots=True)
class _Tag:
    gtin: str
    antenna: int
    first_s: float
    last_s: float
    reads: int


class TagWatch:
    """Knows which tags are there. Tags of other kinds are passed over; `strange` counts them."""

    def __init__(self) -> None:
        self._tags: dict[str, _Tag] = {}
        self._strangers: set[str] = set()
        self._gone: dict[str, str] = {}

    @property
    def strange(self) -> int:
        """Tags that are no goods."""
        return len(self._strangers)

    def present(self) -> dict[str, int]:
        """Return GTIN-14 -> pieces that the reader sees now."""
        counts: dict[str, int] = {}
        for tag in self._tags.values():
            counts[tag.gtin] = counts.get(tag.gtin, 0) + 1
        return counts

    def feed(self, now_s: float, seen: list[TagSeen]) -> tuple[TagLeft, ...]:
        """Take what was read; call it often while the reader works, also with nothing. Return the tags that have left."""
        for read in seen:
            self._read(read)
        gone = [(epc, tag) for epc, tag in self._tags.items() if now_s - tag.last_s > self._patience_s(tag)]
        for epc, tag in gone:
            del self._tags[epc]
            if tag.reads >= _SETTLED_READS:
                self._gone[epc] = tag.gtin
                if len(self._gone) > _REMEMBERED:
                    del self._gone[next(iter(self._gone))]
        return tuple(TagLeft(epc, tag.gtin, tag.antenna, tag.last_s) for epc, tag in gone if tag.reads >= _SETTLED_READS)

    def returned(self) -> tuple[str, ...]:
        """Return the GTIN-14 of each tag that had left and lies here again, each time it comes back."""
        back = [epc for epc in self._gone if epc in self._tags and self._tags[epc].reads >= _SETTLED_READS]
        return tuple(self._gone.pop(epc) for epc in back)

    def pause(self, now_s: float) -> None:
        """The reader did not read until now: nobody has left because of that."""
        for tag in self._tags.values():
            tag.last_s = max(tag.last_s, now_s)

    def _read(self, read: TagSeen) -> None:
        tag = self._tags.get(read.epc)
        if tag is not None:
            tag.reads, tag.last_s, tag.antenna = tag.reads + 1, max(tag.last_s, read.time_s), read.antenna
            return
        try:
            self._tags[read.epc] = _Tag(gtin_of(read.epc), read.antenna, read.time_s, read.time_s, 1)
        except InvalidValueError:
            if len(self._strangers) < 1000:
                self._strangers.add(read.epc)

    @staticmethod
    def _patience_s(tag: _Tag) -> float:
        return max(LEAVE_S, _INTERVALS * (tag.last_s - tag.first_s) / max(1, tag.reads - 1))
