"""How much one device may say."""

from __future__ import annotations

from kiosk.hq.quota import QUIET_S, Limits, Quota

MESSAGES, BYTES = Limits().messages, Limits().size


def test_who_empties_a_bucket_is_quiet_for_a_minute_and_alone():
    quota = Quota()
    admitted = sum(quota.admits("loud", 100, 0.0) for _ in range(int(MESSAGES) * 2))
    assert admitted == MESSAGES and quota.offenders() == {"loud": MESSAGES} and quota.offenders() == {}
    assert quota.admits("calm", 100, 0.0) and not quota.admits("loud", 100, QUIET_S - 1)
    assert quota.admits("loud", 100, QUIET_S + 1), "it is heard again"


def test_large_messages_empty_a_bucket_of_their_own():
    quota = Quota()
    size = 250_000
    assert sum(quota.admits("loud", size, 0.0) for _ in range(2000)) == BYTES // size


def test_a_kiosk_that_drains_a_weeks_queue_is_never_an_offender():
    """What two cores of HQ take in at most: a hundred batches a second, 64 KiB each, for ten minutes."""
    quota = Quota()
    assert all(quota.admits("kiosk-1", 64 * 1024, n / 100) for n in range(60_000))
    assert quota.offenders() == {}
