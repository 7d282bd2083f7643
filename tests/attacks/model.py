"""deploy/threat-model.md as values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "deploy" / "threat-model.md"


@dataclass(frozen=True, slots=True)
class Threat:
    """One row: STRIDE's letter, what could happen over which arrow, what holds, and the tests that show it (none: accepted)."""

    arrow: str
    letter: str
    text: str
    answer: str
    tests: tuple[str, ...]


def threats(text: str = "") -> list[Threat]:
    """Return every row of the model."""
    found, arrow = [], ""
    for line in (text or MODEL.read_text(encoding="utf-8")).splitlines():
        if line.startswith("## "):
            arrow = line[3:]
        row = re.fullmatch(r"\| ([STRIDE]) \| (.*?) \| (.*?) \| ?(.*?) ?\|", line)
        if row:
            found.append(Threat(arrow, row[1], row[2], row[3], tuple(re.findall(r"`(test_\w+)`", row[4]))))
    return found


def places() -> dict[str, str]:
    """Return test -> the file that holds it, from the root."""
    return {name: str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))
            for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
