"""The file in which the calibration of load cells is kept, apart from the database: `kiosk shelf calibrate` writes it, drivers read it.

JSON: {"cells": {CELL: {"zero", "grams_per_unit", "weight_g", "noise_g", "at"}}}; see `domain.calibration.Calibration`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kiosk.domain.calibration import Calibration
from kiosk.errors import DeviceMissingError, InvalidValueError


def read_calibrations(path: Path) -> dict[str, Calibration]:
    """Return cell -> calibration, {} where nothing was calibrated yet; raise InvalidValueError that names the file."""
    if not path.exists():
        return {}
    try:
        return {str(cell): _calibration(value) for cell, value in json.loads(path.read_text(encoding="utf-8"))["cells"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValueError(f"{path} cannot be read as calibrations of load cells: {error!r}; calibrate again") from error


def write_calibrations(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Write all calibrations; a power cut leaves the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"cells": {cell: asdict(one) for cell, one in sorted(calibrations.items())}}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def calibrated(path: Path, cells: Iterable[str]) -> dict[str, Calibration]:
    """Return the calibrations of these cells; raise DeviceMissingError that says which have none and how to make them."""
    known = read_calibrations(path)
    missing = [cell for cell in cells if cell not in known]
    if missing:
        raise DeviceMissingError(f"{path} has no calibration of {', '.join(missing)}; run: kiosk shelf calibrate {missing[0]}")
    return {cell: known[cell] for cell in cells}


def _calibration(value: Mapping[str, Any]) -> Calibration:
    zero, per_unit, weight_g, noise_g = (float(value[key]) for key in ("zero", "grams_per_unit", "weight_g", "noise_g"))
    if not all(map(math.isfinite, (zero, per_unit, weight_g, noise_g))) or per_unit == 0:
        raise ValueError("a cell's numbers cannot be")
    return Calibration(zero, per_unit, weight_g, noise_g, str(value["at"]))
