"""The write-ahead log is made beforehand and emptied in idle moments, while other processes come and go."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from contextlib import closing

from kiosk.domain.events import Lane
from kiosk.runtime import ManualClock, SystemClock, new_id
from kiosk.storage.store import LOG_BYTES, ROOM_BYTES, TIDY_COMMITS, Store

SYNC = """
import sys
from pathlib import Path
from kiosk.domain.events import MemberErased
from kiosk.runtime import SystemClock, new_id
from kiosk.storage.store import Store
store = Store.open(Path(sys.argv[1]), "kiosk-1", SystemClock(), new_id, reserve_mb=0)
store.make_room()
for line in sys.stdin:
    for n in range(int(line)):
        with store.unit() as unit:
            unit.facts.record(MemberErased(f"m-{n}", "order"))
    print(store.tidy(), flush=True)
store.close()
"""


def log_of(path):
    return path.with_name(path.name + "-wal")


def is_locked(path):
    """Whether somebody holds the lock that says that the log's index is in use (byte 128; https://sqlite.org/walformat.html)."""
    with path.with_name(path.name + "-shm").open("r+b") as index:
        try:
            fcntl.lockf(index, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
        except BlockingIOError:
            return True
    return False


def test_room_is_made_once_and_holds_nothing(tmp_path):
    path = tmp_path / "kiosk.db"
    with closing(Store.open(path, "kiosk-1", ManualClock(), new_id, reserve_mb=0)) as store:
        store.make_room()
        size = log_of(path).stat().st_size
        assert ROOM_BYTES <= size < LOG_BYTES
        store.make_room()
        with store.unit() as unit:
            unit.settings.put("k", "v")
        assert log_of(path).stat().st_size == size
        assert store._book.db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'room'").fetchone() == (0,)
        assert store._book.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_room_is_made_where_the_disk_has_none_to_spare(tmp_path):
    path = tmp_path / "kiosk.db"
    with closing(Store.open(path, "kiosk-1", ManualClock(), new_id, reserve_mb=1 << 30)) as store:
        store.make_room()
        assert log_of(path).stat().st_size < ROOM_BYTES


def test_the_log_is_emptied_after_many_commits_and_while_others_come_and_go(tmp_path):
    """A process that opened the log's index itself, and closed it, would lose SQLite's locks, and the next to come would cut it short."""
    path = tmp_path / "kiosk.db"
    sync = subprocess.Popen([sys.executable, "-c", SYNC, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    tidied = []
    for count in (5, TIDY_COMMITS, 5, TIDY_COMMITS):
        sync.stdin.write(f"{count}\n")
        sync.stdin.flush()
        tidied.append(sync.stdout.readline().strip())
        assert is_locked(path), "the next process would take itself for the first and cut the index short under the other"
        for _ in range(2):
            with closing(Store.open(path, "kiosk-1", SystemClock(), new_id, reserve_mb=0)) as other, other.unit() as unit:
                unit.tallies.add("visits")
    sync.stdin.close()
    assert (sync.wait(30), tidied) == (0, ["False", "True", "False", "True"])
    with closing(Store.open(path, "kiosk-1", SystemClock(), new_id, reserve_mb=0)) as store, store.snapshot() as unit:
        assert unit.outbox.waiting()[Lane.MONEY] == 2 * TIDY_COMMITS + 10 and unit.tallies.all()["visits"] == 8
