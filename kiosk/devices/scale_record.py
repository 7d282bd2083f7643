"""Raw samples in files apart from the database, in the format of `scale_trace`: to look at later, to replay, to judge an engine by.

A recording is a folder for each PIECE_S seconds: `samples.csv` as it grows, and `planogram.json`. Above the limit the oldest go.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from kiosk.devices.scale import Sample, Scale
from kiosk.devices.scale_trace import write_plan
from kiosk.domain.shelf_match import ShelfPlan

log = logging.getLogger(__name__)

PIECE_S = 3600.0
_TICK_S = 0.02
"""Samples of different cells within this time stand in one line, under the time of the first."""


class Recorder:
    """Writes samples into `folder`. plan: cells in the order of the columns."""

    def __init__(self, folder: Path, plan: ShelfPlan, now: Callable[[], datetime], limit_mb: float = 500.0) -> None:
        self._folder, self._plan, self._now, self._limit = folder, plan, now, int(limit_mb * 1e6)
        self._cells = tuple(c.cell for c in plan.cells)
        self._file: TextIO | None = None
        self._began_s, self._last_s = 0.0, float("-inf")
        self._row: dict[str, float] = {}
        self._row_s = 0.0

    def write(self, samples: list[Sample]) -> None:
        """Add samples, oldest first of each cell."""
        for sample in sorted(samples, key=lambda s: s.time_s):
            if self._row and (sample.cell in self._row or sample.time_s - self._row_s > _TICK_S):
                self._end_row()
            if not self._row:
                self._row_s = sample.time_s
            self._row[sample.cell] = sample.grams

    def close(self) -> None:
        """Write what is left; safe to call twice."""
        if self._row:
            self._end_row()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _end_row(self) -> None:
        file = self._piece(self._row_s)
        written_s = round(self._row_s, 3)
        if written_s > self._last_s:  # a reader that was held up hands over samples that lie closer than what is written tells apart
            file.write(f"{written_s:.3f}," + ",".join(f"{self._row[c]:.3f}" if c in self._row else "nan" for c in self._cells) + "\n")
            self._last_s = written_s
        self._row = {}

    def _piece(self, time_s: float) -> TextIO:
        if self._file is not None and self._began_s <= time_s < self._began_s + PIECE_S:
            return self._file
        if self._file is not None:
            self._file.close()
        self._forget()
        name = self._now().strftime("%Y%m%dT%H%M%S.%f")
        folder = self._folder / name
        folder.mkdir(parents=True)
        write_plan(folder, self._plan)
        self._file = (folder / "samples.csv").open("w", encoding="utf-8", buffering=1 << 16)
        self._file.write(",".join(("time_s", *self._cells)) + "\n")
        self._began_s, self._last_s = time_s, float("-inf")
        return self._file

    def _forget(self) -> None:
        pieces = sorted(p.parent for p in self._folder.glob("*/samples.csv"))
        sizes = [(p / "samples.csv").stat().st_size for p in pieces]
        while pieces and sum(sizes) > self._limit:
            log.info("%s: the oldest recording goes, the limit is %.0f MB", pieces[0], self._limit / 1e6)
            shutil.rmtree(pieces.pop(0))
            sizes.pop(0)


class RecordedScale:
    """A Scale that writes down what it passes on."""

    def __init__(self, scale: Scale, recorder: Recorder) -> None:
        self._scale, self._recorder = scale, recorder

    def read(self) -> list[Sample]:
        """Return the samples since the last call (see Scale)."""
        samples = self._scale.read()
        self._recorder.write(samples)
        return samples

    def close(self) -> None:
        """Give the cells back and end the recording."""
        self._scale.close()
        self._recorder.close()
