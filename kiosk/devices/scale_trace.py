"""Traces of load cells in a folder: raw samples, planogram and, where somebody noted it, the truth. Three or four plain files:

`samples.csv`    header `time_s,CELL,CELL,...`, then one line a tick: seconds, then grams of every cell, `nan` where a cell gave none.
                 Any rate, not necessarily even. Nothing is filtered: as the converter gave it, tared and scaled.
`planogram.json` {"products": [{"product", "unit_weight_g", "spread_g"}], "cells": [{"cell", "shelf", "x_mm", "width_mm"}],
                 "facings": [{"product", "cells": [CELL, ...]}]}. spread_g: standard deviation of one piece. x_mm: left edge on its shelf.
                 A facing of several cells: pieces stand across them. `spread_g` may be left out (then 2 % of the weight), and so may
                 the place of a cell that stands alone.
`truth.json`     {"actions": [{"time_s", "cells": [CELL, ...], "product", "pieces"}]}. time_s: when the weight had settled.
                 pieces: negative was taken. cells: those whose weight changed.
`hints.json`     optional, what a camera or RFID reader said: {"hints": [{"time_s", "cells": [...], "products": {NAME: probability}}]}.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kiosk.devices.scale import Sample
from kiosk.domain.shelf import SPREAD
from kiosk.domain.shelf_match import Facing, Hint, LoadCell, ShelfPlan, Sku
from kiosk.domain.units import Grams
from kiosk.errors import InvalidValueError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Action:
    """What really happened: pieces of a product moved; negative was taken. time_s: when the weight had settled."""

    time_s: float
    cells: tuple[str, ...]
    product: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Trace:
    """time_s: (N,) float64 seconds. grams: (N, C) float64, NaN where a cell gave no sample. cells: the C names, in order."""

    plan: ShelfPlan
    cells: tuple[str, ...]
    time_s: NDArray[np.float64]
    grams: NDArray[np.float64]
    truth: tuple[Action, ...] = ()
    hints: tuple[Hint, ...] = ()

    @property
    def hours(self) -> float:
        """How long it lasts."""
        return float(self.time_s[-1] - self.time_s[0]) / 3600 if len(self.time_s) > 1 else 0.0


def write_trace(folder: Path, trace: Trace) -> None:
    """Write a trace into `folder`, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    table = np.column_stack([trace.time_s, trace.grams])
    np.savetxt(folder / "samples.csv", table, fmt="%.3f", delimiter=",", header=",".join(("time_s", *trace.cells)), comments="")
    write_plan(folder, trace.plan)
    write_truth(folder, trace.truth)
    if trace.hints:
        _write(folder / "hints.json", {"hints": [asdict(h) for h in trace.hints]})


def write_truth(folder: Path, truth: Iterable[Action]) -> None:
    """Write what really happened beside the samples of a trace."""
    _write(folder / "truth.json", {"actions": [asdict(a) for a in truth]})


def write_plan(folder: Path, plan: ShelfPlan) -> None:
    """Write the planogram of a trace."""
    _write(folder / "planogram.json", asdict(plan))


def read_trace(folder: Path) -> Trace:
    """Read a trace; raise InvalidValueError that names the file and what is wrong with it."""
    samples = folder / "samples.csv"
    try:
        with samples.open(encoding="utf-8") as lines:
            names = tuple(name.strip() for name in lines.readline().lstrip("\ufeff").split(","))
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # numpy's way of saying that there is no line at all
                table = np.loadtxt(lines, delimiter=",", ndmin=2)
    except (OSError, ValueError, UserWarning) as error:
        raise InvalidValueError(f"{samples} cannot be read: {error}") from error
    if names[0] != "time_s" or table.shape[1] != len(names) or len(set(names)) != len(names):
        raise InvalidValueError(f"{samples}: the first line must be time_s and the cells' names, all lines as long")
    if not np.all(np.isfinite(table[:, 0])) or np.any(np.diff(table[:, 0]) <= 0):
        raise InvalidValueError(f"{samples}: time_s must grow from line to line")
    plan = _read(folder / "planogram.json", _plan)
    truth = _read(folder / "truth.json", _truth) if (folder / "truth.json").exists() else ()
    hints = _read(folder / "hints.json", _hints) if (folder / "hints.json").exists() else ()
    for name, used in (("planogram.json", {c for f in plan.facings for c in f.cells}), ("truth.json", {c for a in truth for c in a.cells})):
        if unknown := used - set(names):
            raise InvalidValueError(f"{folder / name}: samples.csv has no cell {', '.join(sorted(unknown))}")
    return Trace(plan, names[1:], table[:, 0].copy(), table[:, 1:].copy(), truth, hints)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _read(path: Path, build: Callable[[Mapping[str, Any]], _T]) -> _T:
    try:
        return build(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidValueError(f"{path} cannot be read as part of a trace: {error!r}") from error


def _plan(raw: Mapping[str, Any]) -> ShelfPlan:
    products = tuple(Sku(str(p["product"]), float(p["unit_weight_g"]), float(p.get("spread_g", SPREAD * float(p["unit_weight_g"]))))
                     for p in raw["products"])
    cells = tuple(LoadCell(str(c["cell"]), str(c.get("shelf", c["cell"])), float(c.get("x_mm", 0)), float(c.get("width_mm", 100)))
                  for c in raw["cells"])
    facings = tuple(Facing(str(f["product"]), tuple(map(str, f["cells"]))) for f in raw["facings"])
    known = {p.product for p in products}
    if lost := {f.product for f in facings} - known:
        raise ValueError(f"facings of products that are not listed: {', '.join(sorted(lost))}")
    return ShelfPlan(products, cells, facings)


def _truth(raw: Mapping[str, Any]) -> tuple[Action, ...]:
    actions = [Action(float(a["time_s"]), tuple(map(str, a["cells"])), str(a["product"]), int(a["pieces"])) for a in raw["actions"]]
    return tuple(sorted(actions, key=lambda a: a.time_s))


def _hints(raw: Mapping[str, Any]) -> tuple[Hint, ...]:
    hints = [Hint(float(h["time_s"]), tuple(map(str, h["cells"])), {str(k): float(v) for k, v in h["products"].items()})
             for h in raw["hints"]]
    return tuple(sorted(hints, key=lambda h: h.time_s))


class ReplayedScale:
    """A Scale that plays a trace as if its cells hung here, `speed` times as fast as it was; silent once it is over."""

    def __init__(self, trace: Trace, now: Callable[[], float], speed: float = 1.0) -> None:
        self._trace, self._now, self._speed = trace, now, speed
        self._began_s, self._next = now(), 0

    def read(self) -> list[Sample]:
        """Return the samples since the last call, at the trace's own times."""
        trace = self._trace
        until = float(trace.time_s[0]) + (self._now() - self._began_s) * self._speed
        first, self._next = self._next, int(np.searchsorted(trace.time_s, until, side="right"))
        rows = zip(trace.time_s[first:self._next].tolist(), trace.grams[first:self._next].tolist(), strict=True)
        return [Sample(cell, second, Grams(weight)) for second, row in rows for cell, weight in zip(trace.cells, row, strict=True)
                if np.isfinite(weight)]

    def close(self) -> None:
        """Nothing is kept open."""
