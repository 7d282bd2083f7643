"""NAU7802 chips and TCA9548A multiplexers at the level of their registers, on an I2C bus that can be unplugged.

A chip converts only when it was reset, powered, calibrated and started in the order of its data sheet; until it calibrated itself its
counts are off; its data-ready bit falls when the counts are read. What a cell weighs comes from a function of time.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.devices import scale_nau7802 as chip

COUNTS_PER_GRAM = 420.0
ZERO = 31_500
"""What a simulated cell reads with nothing on it."""
_OFFSET = 90_000
_POWER_UP_S, _CALIBRATION_S = 0.0002, 0.2


class Nau7802Chip:
    """One chip with a cell on it. grams: seconds -> weight on the cell. broken: a wire of the bridge is off."""

    def __init__(self, grams: Callable[[float], float], now: Callable[[], float]) -> None:
        self._grams, self._now = grams, now
        self.broken = False
        self._reset()

    def _reset(self) -> None:
        self._registers = dict.fromkeys(range(0x20), 0) | {chip.REVISION: 0x0F}
        self._powered_s = self._calibrating_s = self._started_s = float("inf")
        self._calibrated = False
        self._read = -1

    def read(self, register: int) -> int:
        """Return a register as it stands at this moment."""
        now = self._now()
        if register == chip.PU_CTRL:
            value = self._registers[chip.PU_CTRL] & ~(chip.POWER_READY | chip.CYCLE_READY)
            ready = now - self._powered_s >= _POWER_UP_S
            fresh = ready and self._conversion(now) > self._read
            return value | (chip.POWER_READY if ready else 0) | (chip.CYCLE_READY if fresh else 0)
        if register == chip.CTRL2 and now - self._calibrating_s >= _CALIBRATION_S:
            self._calibrating_s, self._calibrated = float("inf"), not self.broken
            error = chip.CALIBRATION_ERROR if self.broken else 0
            self._registers[chip.CTRL2] = self._registers[chip.CTRL2] & ~(chip.CALIBRATE | chip.CALIBRATION_ERROR) | error
        if register == chip.ADCO_B2:
            self._latch(now)
        return self._registers[register]

    def write(self, register: int, value: int) -> None:
        """Set a register."""
        if register == chip.PU_CTRL and value & chip.RESET:
            self._reset()
            return
        before, self._registers[register] = self._registers[register], value
        now = self._now()
        if register == chip.PU_CTRL:
            powered = chip.POWER_DIGITAL | chip.POWER_ANALOGUE
            if value & powered == powered and before & powered != powered:
                self._powered_s = now
            if value & chip.CYCLE_START and not before & chip.CYCLE_START:
                self._started_s, self._read = now, -1
        if register == chip.CTRL2 and value & chip.CALIBRATE and now - self._powered_s >= _POWER_UP_S:
            self._calibrating_s = now

    def _conversion(self, now: float) -> int:
        """Return the number of the newest conversion, -1 while there is none."""
        crs = self._registers[chip.CTRL2] >> 4 & 7
        rate = next((sps for sps, bits in chip.RATES.items() if bits == crs), 10)
        return int((now - self._started_s) * rate) - 1 if now >= self._started_s else -1

    def _latch(self, now: float) -> None:
        self._read = self._conversion(now)
        gain = 1 << (self._registers[chip.CTRL1] & 7)
        counts = round((ZERO + COUNTS_PER_GRAM * self._grams(now)) * gain / 128) + (0 if self._calibrated else _OFFSET)
        counts = 2**23 - 1 if self.broken else max(-(2**23), min(2**23 - 1, counts))
        for i, byte in enumerate(counts.to_bytes(3, "big", signed=True)):
            self._registers[chip.ADCO_B2 + i] = byte


class SimulatedBus:
    """An I2C bus as smbus2 shows one, with a chip on it or with chips behind multiplexers.

    chips: (mux address, port) -> chip; (0, 0) for one that hangs on the bus itself. unplugged: places whose cable is out.
    """

    def __init__(self, chips: dict[tuple[int, int], Nau7802Chip]) -> None:
        self._chips = chips
        self._chosen: dict[int, int] = {}
        self.unplugged: set[tuple[int, int]] = set()
        self.closed = False

    def read_byte_data(self, address: int, register: int) -> int:
        """Return a register."""
        return self._chip(address).read(register)

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        """Set a register."""
        self._chip(address).write(register, value)

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        """Return registers from `register` up."""
        found = self._chip(address)
        return [found.read(register + i) for i in range(length)]

    def write_byte(self, address: int, value: int) -> None:
        """Set a multiplexer's ports."""
        if not any(mux == address for mux, _ in self._chips):
            raise _nobody()
        self._chosen[address] = value

    def close(self) -> None:
        """Note that the bus was given back."""
        self.closed = True

    def _chip(self, address: int) -> Nau7802Chip:
        heard = [place for place in self._chips if place[0] == 0 or self._chosen.get(place[0], 0) & 1 << place[1]]
        if address != chip.ADDRESS or len(heard) != 1 or heard[0] in self.unplugged:
            raise _nobody()
        return self._chips[heard[0]]


def _nobody() -> OSError:
    return OSError(121, "Remote I/O error")
