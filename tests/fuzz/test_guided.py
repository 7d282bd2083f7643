"""Each target is fuzzed for a while, guided by coverage; and the targets themselves can find something."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.fuzz.guided import TARGETS
from tests.wire.test_fuzz import GOOD

SECONDS = int(os.environ.get("KIOSK_FUZZ_S", "40"))


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_fuzz_targets_take_good_and_bad_bytes(target):
    take = TARGETS[target][0]()
    for data in (b"", b"\x00", b"\x00" + GOOD, b"\x00[" + GOOD + b"]", b"\xff\xfe{", b"\x05a=1\n{\"x\":" + b"[" * 5000):
        take(data)


@pytest.mark.slow
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_fuzz_guided_by_coverage(tmp_path, target):
    """atheris looks for new paths, in a process of its own whose memory is bounded."""
    pytest.importorskip("atheris", reason="atheris is not installed: `make fuzz` puts it into .fuzz (x86-64 only)")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "good").write_bytes(b"\x00" + GOOD)
    (corpus / "batch").write_bytes(b"\x00[" + GOOD + b"," + GOOD.replace(b'"seq":1', b'"seq":2') + b"]")
    (corpus / "request").write_bytes(b"\x05quantity=3\n" + GOOD)
    options = (f"-max_total_time={SECONDS}", "-rss_limit_mb=768", str(corpus))
    ended = subprocess.run([sys.executable, "-m", "tests.fuzz.guided", target, *options], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-3000:]
