"""Motion sensors: whether anybody moves before a screen, without a camera."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from kiosk.errors import DeviceMissingError


class Presence(Protocol):
    """Something that feels people move."""

    def moves(self) -> bool:
        """Return whether anybody moves now; never waits."""

    def close(self) -> None:
        """Give the sensor back; safe to call twice."""


class MotionSensor:
    """A PIR sensor (HC-SR501 or alike) on a GPIO pin, through gpiozero."""

    def __init__(self, pin: int, library: Any = None) -> None:
        """pin: BCM number. library: gpiozero, None to load it. Raises DeviceMissingError."""
        try:
            gpio = library or importlib.import_module("gpiozero")
        except ImportError as error:
            raise DeviceMissingError(f"[mirror] pir = {pin}: gpiozero is not installed; install the extra [pi]") from error
        try:
            self._sensor = gpio.MotionSensor(pin)
        except gpio.GPIOZeroError as error:
            raise DeviceMissingError(f"[mirror] pir = {pin}: there is no motion sensor: {error}; check pin and wires") from error

    def moves(self) -> bool:
        """Return whether anybody moves now."""
        return bool(self._sensor.motion_detected)

    def close(self) -> None:
        """Give the pin back."""
        self._sensor.close()


class Stillness:
    """A sensor that a test or a technician moves by hand."""

    def __init__(self) -> None:
        self.moving = False

    def moves(self) -> bool:
        """Return what was set."""
        return self.moving

    def close(self) -> None:
        """Nothing to close."""
