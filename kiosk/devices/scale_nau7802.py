"""Load cells behind NAU7802 converters on I2C (Nuvoton's data sheet, revision 1.7): 24 bit, 10 to 320 samples a second.

The chip has one address, so a bus carries one of them, or eight behind each TCA9548A multiplexer. It takes one cell: changing its input
costs a calibration of the chip. A chip that lost power or came back is set up again by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kiosk.devices.scale import Reading, read_each
from kiosk.errors import DeviceLostError, DeviceMissingError, InvalidValueError

ADDRESS = 0x2A
PU_CTRL, CTRL1, CTRL2, ADCO_B2, ADC_CTRL, PGA, PGA_PWR, REVISION = 0x00, 0x01, 0x02, 0x12, 0x15, 0x1B, 0x1C, 0x1F
RESET, POWER_DIGITAL, POWER_ANALOGUE, POWER_READY, CYCLE_START, CYCLE_READY, AVDD_FROM_LDO = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
CALIBRATE, CALIBRATION_ERROR = 0x04, 0x08
RATES = {10: 0, 20: 1, 40: 2, 80: 3, 320: 7}
"""Samples a second -> the chip's CRS bits."""
_LDO_3V0, _GAIN_128 = 5, 7
_CHOPPER_OFF, _CAPACITOR = 0x30, 0x80
_LIMIT = 2**23 - 1
_POWER_UP_S, _CALIBRATION_S, _QUIET_S = 0.05, 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Nau7802Cell:
    """Where a cell hangs. bus: N of /dev/i2c-N. mux: address of a TCA9548A, 0 for none; port: 0..7 of it. input: 1 or 2 of the chip."""

    bus: int = 1
    mux: int = 0
    port: int = 0
    input: int = 1

    def __post_init__(self) -> None:
        if not (self.bus >= 0 and (self.mux == 0 or 0x70 <= self.mux <= 0x77) and 0 <= self.port <= 7 and self.input in (1, 2)):
            raise InvalidValueError(f"a NAU7802 at bus {self.bus}, mux {self.mux:#x}, port {self.port}, input {self.input} cannot be: "
                                    "mux is 0 or 0x70 to 0x77, port 0 to 7, input 1 or 2")


class Bus(Protocol):
    """What is used of an SMBus, as smbus2 names it. Every call raises OSError when nobody answers."""

    def read_byte_data(self, address: int, register: int) -> int:
        """Return a register."""

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        """Set a register."""

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        """Return registers from `register` up."""

    def write_byte(self, address: int, value: int) -> None:
        """Send one byte."""

    def close(self) -> None:
        """Give the bus back."""


@dataclass(slots=True)
class _State:
    running: bool = False
    heard_s: float = field(default=0.0)


class Nau7802Converter:
    """Reads one cell behind each chip. Raw values are the chip's signed 24-bit counts."""

    def __init__(self, cells: Mapping[str, Nau7802Cell], rate: int = 80, open_bus: Callable[[int], Bus] | None = None,
                 now: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep) -> None:
        """rate: samples a second, one of RATES. open_bus: opens /dev/i2c-N; smbus2 when it is not given."""
        if rate not in RATES:
            raise InvalidValueError(f"a NAU7802 gives {', '.join(map(str, RATES))} samples a second, not {rate}")
        places = [(c.bus, c.mux, c.port if c.mux else 0) for c in cells.values()]
        if len(set(places)) < len(places):
            raise InvalidValueError("two cells of [scale.cells] name the same NAU7802: one chip carries one cell")
        self._cells, self._rate, self._open_bus, self._now, self._wait = dict(cells), rate, open_bus or _smbus, now, wait
        self._buses: dict[int, Bus] = {}
        self._states = {name: _State() for name in cells}

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells."""
        return tuple(self._cells)

    def read(self) -> list[Reading]:
        """Return the reading of each cell whose chip has a new one; sets up chips that need it, which takes up to two seconds."""
        return read_each(self._cells, self._one)

    def close(self) -> None:
        """Give the buses back; safe to call twice."""
        while self._buses:
            self._buses.popitem()[1].close()

    def _one(self, name: str) -> Reading | None:
        cell, state = self._cells[name], self._states[name]
        try:
            bus = self._bus(cell)
            if not state.running:
                self._set_up(name, cell, bus)
                state.running, state.heard_s = True, self._now()
            if not bus.read_byte_data(ADDRESS, PU_CTRL) & CYCLE_READY:
                if self._now() - state.heard_s > _QUIET_S:
                    raise DeviceLostError(f"cell {name}: its NAU7802 answers but converts nothing; it is set up again, check its power")
                return None
            high, middle, low = bus.read_i2c_block_data(ADDRESS, ADCO_B2, 3)
        except OSError as error:
            state.running = False
            raise DeviceLostError(f"cell {name}: no NAU7802 at {_place(cell)} ({error}); check its cable and power") from error
        except DeviceLostError:
            state.running = False
            raise
        state.heard_s = self._now()
        counts = int.from_bytes((high, middle, low), "big", signed=True)
        if abs(counts) >= _LIMIT:
            raise DeviceLostError(f"cell {name}: its NAU7802 is at its limit; the cell is overloaded or one of its four wires is off")
        return Reading(name, state.heard_s, float(counts))

    def _bus(self, cell: Nau7802Cell) -> Bus:
        if cell.bus not in self._buses:
            self._buses[cell.bus] = self._open_bus(cell.bus)
        bus = self._buses[cell.bus]
        if cell.mux:
            bus.write_byte(cell.mux, 1 << cell.port)
        return bus

    def _set_up(self, name: str, cell: Nau7802Cell, bus: Bus) -> None:
        """Reset the chip, feed the bridge with 3.0 V, amplify by 128, and let the chip calibrate itself."""
        bus.write_byte_data(ADDRESS, PU_CTRL, RESET)
        bus.write_byte_data(ADDRESS, PU_CTRL, POWER_DIGITAL | POWER_ANALOGUE)
        self._until(name, _POWER_UP_S, lambda: bool(bus.read_byte_data(ADDRESS, PU_CTRL) & POWER_READY))
        bus.write_byte_data(ADDRESS, PU_CTRL, POWER_DIGITAL | POWER_ANALOGUE | AVDD_FROM_LDO)
        bus.write_byte_data(ADDRESS, CTRL1, _LDO_3V0 << 3 | _GAIN_128)
        bus.write_byte_data(ADDRESS, CTRL2, (cell.input - 1) << 7 | RATES[self._rate] << 4)
        bus.write_byte_data(ADDRESS, ADC_CTRL, _CHOPPER_OFF)
        if cell.input == 1:
            bus.write_byte_data(ADDRESS, PGA_PWR, _CAPACITOR)
        bus.write_byte_data(ADDRESS, CTRL2, bus.read_byte_data(ADDRESS, CTRL2) | CALIBRATE)
        self._until(name, _CALIBRATION_S, lambda: not bus.read_byte_data(ADDRESS, CTRL2) & CALIBRATE)
        if bus.read_byte_data(ADDRESS, CTRL2) & CALIBRATION_ERROR:
            raise DeviceLostError(f"cell {name}: its NAU7802 could not calibrate itself; check the cell's four wires")
        bus.write_byte_data(ADDRESS, PU_CTRL, POWER_DIGITAL | POWER_ANALOGUE | AVDD_FROM_LDO | CYCLE_START)

    def _until(self, name: str, limit_s: float, done: Callable[[], bool]) -> None:
        end = self._now() + limit_s
        while not done():
            if self._now() > end:
                raise DeviceLostError(f"cell {name}: its NAU7802 does not become ready; check its power")
            self._wait(0.005)


def _place(cell: Nau7802Cell) -> str:
    return f"/dev/i2c-{cell.bus}" + (f", port {cell.port} of the multiplexer {cell.mux:#x}" if cell.mux else "")


def _smbus(number: int) -> Bus:
    try:
        from smbus2 import SMBus
    except ImportError as error:
        raise DeviceMissingError("scale.kind is nau7802, but smbus2 is not installed: install kiosk[pi]") from error
    try:
        bus: Bus = SMBus(number)
    except OSError as error:
        raise DeviceMissingError(f"/dev/i2c-{number} cannot be opened ({error}); switch I2C on, add the user to group i2c") from error
    return bus
