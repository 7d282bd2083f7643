"""A motion sensor: felt through gpiozero where there is one, and named in the error where there is not."""

from __future__ import annotations

import pytest

from kiosk.devices.presence import MotionSensor, Stillness
from kiosk.errors import DeviceMissingError


class Library:
    """What the driver uses of gpiozero: pins beyond 27 do not exist."""

    class GPIOZeroError(Exception):
        """Its root of errors."""

    class MotionSensor:
        """A sensor that feels everybody."""

        motion_detected = 1

        def __init__(self, pin):
            if pin > 27:
                raise Library.GPIOZeroError(f"GPIO{pin} does not exist")
            self.closed = False

        def close(self):
            self.closed = True


def test_motion_is_felt_and_the_pin_given_back():
    sensor = MotionSensor(17, Library)
    assert sensor.moves() is True
    sensor.close()
    sensor.close()
    still = Stillness()
    assert not still.moves()


def test_a_sensor_that_is_not_there_is_named():
    with pytest.raises(DeviceMissingError, match=r"pir = 40.*GPIO40"):
        MotionSensor(40, Library)


def test_the_real_library_on_its_own_mock_pins():
    gpiozero = pytest.importorskip("gpiozero")
    factory = pytest.importorskip("gpiozero.pins.mock").MockFactory()
    gpiozero.Device.pin_factory = factory
    sensor = MotionSensor(17, gpiozero)
    assert sensor.moves() is False
    sensor.close()
