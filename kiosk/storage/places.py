"""Where a fact lies in the outbox: lane, epoch and number in one integer, which is the row's key.

So the outbox is one tree in the order in which each lane is sent, and a fact costs one page of it. Bits from the top: 2 lane, 12 epoch's
number in this file, 46 the fact's number.
"""

from __future__ import annotations

from kiosk.domain.events import Lane

SEQ_BITS, EPOCH_BITS = 46, 12
LAST_EPOCH = (1 << EPOCH_BITS) - 1
LAST_SEQ = (1 << SEQ_BITS) - 1
FIRST_EPOCH, EPOCH_STEP = 32, 32
"""The present epoch has the highest number of a file; those in between are left for the queues of other cards that are moved here."""
LANES = tuple(Lane)
_CODE = {lane: n for n, lane in enumerate(LANES)}


def place(lane: Lane, epoch_no: int, seq: int) -> int:
    """Return the key of a fact."""
    return (_CODE[lane] << EPOCH_BITS | epoch_no) << SEQ_BITS | seq


def parts(n: int) -> tuple[Lane, int, int]:
    """Return (lane, epoch's number, number) of a key."""
    return LANES[n >> SEQ_BITS + EPOCH_BITS], n >> SEQ_BITS & LAST_EPOCH, n & LAST_SEQ


def run(lane: Lane, epoch_no: int) -> tuple[int, int]:
    """Return the lowest and the highest key that a fact of this lane and epoch can have."""
    return place(lane, epoch_no, 0), place(lane, epoch_no, LAST_SEQ)


def whole(lane: Lane) -> tuple[int, int]:
    """Return the lowest and the highest key that a fact of this lane can have, over all epochs."""
    return place(lane, 0, 0), place(lane, LAST_EPOCH, LAST_SEQ)
