"""How well the shop's forecast does on a person's own sales, beside the field's usual smoothers.

Point forecasts are scored by RMSSE (per item the root of the mean squared error over the mean squared one-day difference since its first
sale) and by the absolute error of 7-day sums; distributions of 7-day sums by pinball loss against a Poisson law of the same mean, and by
how often a nominal chance is reached. Figures are means over items, the horizon's whole weeks and the origins.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import importlib.util
import io
import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import process_time
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from kiosk.domain.demand import Forecast, forecast, squared_steps
from kiosk.domain.demand_counts import KNOTS, Counts
from kiosk.errors import InvalidValueError

Array = npt.NDArray[np.float64]

CHANCES = (0.5, 0.9, 0.95, 0.98)
NOMINAL = (0.9, 0.95, 0.98)
LEAST_SALES = 20
"""A lane of a vending machine is scored if it sold so many pieces before the first origin."""
SEED = 20
"""Of the draws that make chances of whole pieces continuous."""
DRAWS = 200
"""So many for each item, so that the figures owe nothing to the seed."""


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """rmsse; wape7: absolute error of 7-day sums over sales; pinball: ours, Poisson's and their ratio; coverage: nominal -> reached.

    seconds: processor time of our forecasts; peers: RMSSE of each smoother of statsforecast, None where that is not installed.
    """

    items: int
    days: int
    origins: tuple[int, ...]
    rmsse: float
    wape7: float
    pinball: dict[str, float]
    coverage: dict[str, float]
    seconds: float
    peers: dict[str, float] | None
    note: str


def _table(path: Path) -> IO[str]:
    """Return a CSV file, packed by gzip or not, as UTF-8 text; raise InvalidValueError that names it where it is none."""
    try:
        content = path.read_bytes()
        return io.StringIO((gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig"), newline="")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InvalidValueError(f"{path}: {error}; a CSV file in UTF-8 is expected, packed by gzip or not") from error


def read_wide(path: Path) -> tuple[tuple[str, ...], Array]:
    """Read a line an item (name, then a column a day, oldest first); return names and sales (items, days)."""
    rows = csv.reader(_table(path))
    names: list[str] = []
    days: list[list[float]] = []
    try:
        width = len(next(rows, []))
        for row in rows:
            if row:
                names.append(row[0])
                days.append([float(value) for value in row[1:]])
                if len(row) != width or width < 2:
                    raise ValueError(f"{len(row)} columns where the header has {width}")
                if not all(0 <= value < np.inf for value in days[-1]):
                    raise ValueError("a day that is below 0 or no number")
    except (ValueError, csv.Error) as error:
        raise InvalidValueError(f"{path}:{rows.line_num}: {error}; an item's name and a number a day are expected") from None
    if not days:
        raise InvalidValueError(f"{path}: there is no item under the header")
    return tuple(names), np.array(days)


def read_vending(path: Path) -> tuple[tuple[str, ...], Array]:
    """Read a vending machine's sales lines; return lanes ("device coil") and sales (lanes, days) from the first day to the last."""
    lanes: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    rows = csv.DictReader(_table(path), restval="")
    try:
        for row in rows:
            day = datetime.strptime(row["TransDate"], "%A, %B %d, %Y").date()  # noqa: DTZ007 - a day of the machine's own calendar
            pieces = float(row["RQty"])
            if not 0 <= pieces < np.inf:
                raise ValueError(f"RQty {row['RQty']}")
            lanes[f"{row['Device ID']} {row['RCoil']}"][day] += pieces
    except (KeyError, ValueError, csv.Error) as error:
        raise InvalidValueError(f"{path}:{rows.line_num}: {error}; Device ID, RCoil, TransDate and RQty are expected") from None
    days = [day for lane in lanes.values() for day in lane]
    if not days:
        raise InvalidValueError(f"{path}: no sales")
    first = min(days)
    sales = np.zeros((len(lanes), (max(days) - first).days + 1))
    for place, lane in enumerate(sorted(lanes)):
        for day, pieces in lanes[lane].items():
            sales[place, (day - first).days] = pieces
    return tuple(sorted(lanes)), sales


def evaluate_file(path: Path, layout: str, horizon: int, origins: int) -> ForecastReport:
    """Score the last `origins` x `horizon` days of a file; layout: "wide" or "vending"."""
    sales = (read_vending(path) if layout == "vending" else read_wide(path))[1]
    first = sales.shape[1] - origins * horizon
    if origins < 1 or horizon < 7 or first < 14:
        raise InvalidValueError(
            f"{path}: {sales.shape[1]} days are too few for {origins} x {horizon}; at least 7 ahead and 14 before are needed")
    if layout == "vending":
        sales = sales[sales[:, :first].sum(axis=1) >= LEAST_SALES]
    if not (sales[:, :first] > 0).any():
        raise InvalidValueError(f"{path}: nothing was sold before the first origin")
    return evaluate(sales, horizon, origins)


def evaluate(sales: Array, horizon: int, origins: int) -> ForecastReport:
    """Score the last `origins` x `horizon` days of sales (items, days)."""
    starts = [sales.shape[1] - horizon * k for k in range(origins, 0, -1)]
    draws = np.random.default_rng(SEED)
    errors, missed, sold, ours, poisson, reached = [], 0.0, 0.0, [], [], []
    seconds = 0.0
    for start in starts:
        began = process_time()
        ahead = forecast(sales[:, :start], horizon)
        windows = [ahead.window(first, 7) for first in range(0, horizon - 6, 7)]
        seconds += process_time() - began
        errors.append(rmsse(sales, start, ahead.daily))
        for week, window in enumerate(windows):
            truth = sales[:, start + 7 * week:start + 7 * week + 7].sum(axis=1)
            missed += float(np.abs(truth - _mean(ahead, week)).sum())
            sold += float(truth.sum())
            ours.append(_pinball(window, truth))
            poisson.append(_pinball(Counts(window.mean, window.mean * 1.0001, KNOTS), truth))
            reached.append(_reached(window, truth, draws))
    peers = peer_scores(sales, starts, horizon)
    return ForecastReport(
        len(sales), sales.shape[1], tuple(starts), float(np.mean(errors)), missed / max(sold, 1.0),
        _losses(float(np.mean(ours)), float(np.mean(poisson))),
        dict(zip((str(chance) for chance in NOMINAL), np.mean(reached, axis=0).tolist(), strict=True)), seconds, peers,
        "" if peers else "peers left out: statsforecast is not installed here")


def rmsse(sales: Array, start: int, daily: Array) -> float:
    """Return the mean over items of RMSSE of `daily`, (items, horizon), from day `start` on; items that never moved before are left out."""
    truth = sales[:, start:start + daily.shape[1]]
    return float(np.nanmean(np.sqrt(((truth - daily) ** 2).mean(axis=1) / squared_steps(sales[:, :start]))))


def peer_scores(sales: Array, starts: list[int], horizon: int) -> dict[str, float] | None:
    """Return the RMSSE of statsforecast's smoothers on the same days, fed the records as they stand; None where it is not installed."""
    if importlib.util.find_spec("statsforecast") is None:
        return None
    models: Any = importlib.import_module("statsforecast.models")
    peers = {"SES": models.SimpleExponentialSmoothingOptimized(), "IMAPA": models.IMAPA(), "ADIDA": models.ADIDA(),
             "TSB 0.05": models.TSB(0.05, 0.05), "TSB 0.1": models.TSB(0.1, 0.1), "CrostonSBA": models.CrostonSBA()}
    return {name: float(np.mean([rmsse(sales, start, _peer(model, sales[:, :start], horizon)) for start in starts]))
            for name, model in peers.items()}


def _peer(model: Any, sales: Array, horizon: int) -> Array:
    return np.array([np.broadcast_to(model.forecast(row, horizon)["mean"], horizon) for row in sales])


def _losses(ours: float, poisson: float) -> dict[str, float]:
    return {"ours": ours, "poisson": poisson, "ratio": ours / max(poisson, 1e-12)}


def _mean(ahead: Forecast, week: int) -> Array:
    return np.asarray(ahead.daily[:, 7 * week:7 * week + 7].sum(axis=1))


def _pinball(window: Counts, truth: Array) -> float:
    over = [truth - window.quantile(chance) for chance in CHANCES]
    return float(np.mean([np.maximum(chance * e, (chance - 1) * e).mean() for chance, e in zip(CHANCES, over, strict=True)]))


def _reached(window: Counts, truth: Array, draws: np.random.Generator) -> list[float]:
    below, upto = window.reached(truth)
    place = below + draws.random((DRAWS, len(truth))) * (upto - below)
    return [float((place <= chance).mean()) for chance in NOMINAL]
