"""All benches in one run: `make bench`. Each prints its figure, its peer, the ratio and a calibration loop; bars stand beside them."""

from __future__ import annotations

import subprocess
import sys

PARTS = {
    "faces": ("-m", "tests.bench.bench_faces"),
    "vault": ("-m", "tests.bench.bench_vault"),
    "try-on": ("-m", "tests.bench.bench_tryon"),
    "forecast": ("-m", "tests.bench.bench_forecast"),
    "policies": ("-m", "tests.bench.bench_policies"),
    "shelf": ("-m", "tests.bench.bench_shelf"),
    "screens": ("-m", "tests.bench.bench_screens"),
    "queue": ("-m", "tests.bench.bench_queue"),
}


def main() -> int:
    """Run every part, each in a process of its own so that memory figures are its own; return how many failed."""
    failed = 0
    for name, arguments in PARTS.items():
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        failed += bool(subprocess.run([sys.executable, *arguments], check=False).returncode)
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
