"""How far a long command is, for a person who watches."""

from __future__ import annotations

import sys


def show_progress(done: int, of: int) -> None:
    """Write "done of" to the terminal on one line; nothing when nobody watches."""
    if sys.stderr.isatty() and (done % 20 == 0 or done == of):
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
