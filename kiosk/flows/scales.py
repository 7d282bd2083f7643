"""From [scale] of kiosk.toml to load cells: raw for whoever calibrates them, in grams for the shelf."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kiosk.config import Settings
from kiosk.devices.scale import CalibratedSource, Converter, PolledScale, Scale
from kiosk.devices.scale_calibration import calibrated
from kiosk.devices.scale_record import RecordedScale, Recorder
from kiosk.domain.shelf_match import ShelfPlan
from kiosk.errors import ConfigError, DeviceMissingError, InvalidValueError
from kiosk.flows.parts import calibration_file
from kiosk.runtime import Clock

_T = TypeVar("_T")
_POLL_AHEAD = 1.5
"""A converter is asked this much more often than it converts, so that none of its values is missed."""


def open_converter(settings: Settings, only: str = "") -> tuple[Converter, float]:
    """Open what digitises the cells of [scale.cells], or `only` one of them; return it and how often a second it is to be asked.

    Raises ConfigError for cells that are not described as their kind wants it, DeviceMissingError for a kind without raw values.
    """
    given = settings.scale
    cells = {name: cell for name, cell in given.cells.items() if not only or name == only}
    if only and not cells:
        raise ConfigError("kiosk.toml", (f"[scale.cells.{only}] is missing; there is {', '.join(given.cells) or 'no cell at all'}",))
    if given.kind == "iio":
        from kiosk.devices.scale_iio import RATE_HZ, IioCell, IioConverter

        return IioConverter(_described(cells, IioCell, "device and channel"), given.root), RATE_HZ
    if given.kind == "nau7802":
        from kiosk.devices.scale_nau7802 import Nau7802Cell, Nau7802Converter

        return Nau7802Converter(_described(cells, Nau7802Cell, "bus, mux, port and input"), given.rate_hz), given.rate_hz * _POLL_AHEAD
    if given.kind == "serial":
        from kiosk.devices.scale_serial import SerialCell, SerialConverter

        return SerialConverter(_described(cells, SerialCell, "port and channel")), 20.0
    raise DeviceMissingError(f"scale.kind is {given.kind} in kiosk.toml: raw load cells are there with iio, nau7802 or serial")


def open_scale(settings: Settings, cells: tuple[str, ...]) -> Scale:
    """Open the load cells that [scale] describes, in grams; `cells` are those that must be heard."""
    given = settings.scale
    if given.kind == "none":
        raise DeviceMissingError("scale.kind is none in kiosk.toml, but a shelf needs load cells")
    if given.kind == "world":
        from kiosk.devices.simulated.sensors import world_scale

        return world_scale(settings.device.id, cells, Path(settings.world.socket))
    if given.kind == "trace":
        from kiosk.devices.scale_trace import ReplayedScale, read_trace

        return ReplayedScale(read_trace(given.root), time.monotonic)
    converter, rate_hz = open_converter(settings)
    missing = [cell for cell in cells if cell not in converter.cells]
    if missing:
        converter.close()
        raise ConfigError("kiosk.toml", tuple(f"[scale.cells.{cell}] is missing: the planogram has goods on this cell" for cell in missing))
    source = CalibratedSource(converter, calibrated(calibration_file(settings), converter.cells))
    return PolledScale(settings.device.id, source, rate_hz)


def open_recorded_scale(settings: Settings, plan: ShelfPlan, clock: Clock) -> Scale:
    """Open the load cells of a plan; raw samples are kept where [scale] record_mb says so."""
    scale = open_scale(settings, tuple(c.cell for c in plan.cells))
    if not settings.scale.record_mb:
        return scale
    return RecordedScale(scale, Recorder(settings.storage.folder / "raw", plan, clock.now, settings.scale.record_mb))


def _described(cells: Mapping[str, Any], kind: Callable[..., _T], words: str) -> dict[str, _T]:
    try:
        return {name: kind(**cell) for name, cell in cells.items()}
    except (TypeError, InvalidValueError) as error:
        raise ConfigError("kiosk.toml", (f"[scale.cells] takes {words}: {error}",)) from error
