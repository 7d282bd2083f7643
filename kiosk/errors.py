"""Every error that Kiosk raises on purpose. A message names the device or file and says what to do.

KioskError
├── InvalidValueError (ValueError)     a value that cannot be: a GTIN with a wrong check digit, money of two currencies
├── IllegalTransitionError             an event that a state machine does not know in its present state
├── ConfigError                        kiosk.toml: carries every mistake found, with line and nearest key
├── DeviceError                        a camera, scale, scanner, display or printer
│   ├── DeviceMissingError             not plugged in, or its driver is not installed
│   └── DeviceLostError                stopped or lies: black, frozen, wrong size
├── ModelError                         a network's file: missing, damaged, of the wrong shape
├── StorageError                       the SQLite file
│   ├── StorageFullError               no room left: nothing was written
│   └── StorageDamagedError            integrity check failed: the file was set aside
├── VaultError                         the templates' file or its key
├── WireError                          bytes from the network that cannot be read
├── TrustError                         a signature or certificate that does not hold
├── SyncError                          the broker or HQ cannot be reached
├── HqError                            HQ refuses: unknown product, insufficient funds, bad import
└── WorldError                         the simulated world is not there
"""

import errno

_STEPS = {errno.ENOENT: "look at the path", errno.EACCES: "use sudo, or another place", errno.EPERM: "use sudo, or another place",
          errno.EISDIR: "that is a folder: name a file in it", errno.ENOTDIR: "what stands before the last / is a file",
          errno.EROFS: "nothing can be written there: name another place", errno.ENOSPC: "make room there, or name another place"}


def refusal(error: OSError) -> str:
    """Return what the system said when it refused a file, and what to do; the file's name is not in it."""
    said, step = error.strerror or str(error), _STEPS.get(error.errno or 0, "")
    return f"{said}: {step}" if step else said


class KioskError(Exception):
    """The root of all errors that Kiosk raises on purpose."""


class InvalidValueError(KioskError, ValueError):
    """A value that cannot be."""


class IllegalTransitionError(KioskError):
    """An event that a state machine does not know in its present state; the state is unchanged."""


class ConfigError(KioskError):
    """All mistakes found in a configuration file, one sentence each."""

    def __init__(self, path: str, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join((f"{path}: {len(mistakes)} mistake(s)", *(f"  {m}" for m in mistakes))))
        self.path = path
        self.mistakes = mistakes


class DeviceError(KioskError):
    """A camera, scale, scanner, display or printer."""


class DeviceMissingError(DeviceError):
    """A device that is not plugged in, or whose driver is not installed."""


class DeviceLostError(DeviceError):
    """A device that stopped, or lies: black, frozen, of the wrong size."""


class ModelError(KioskError):
    """A network's file is missing, damaged or of the wrong shape."""


class StorageError(KioskError):
    """The SQLite file of a device."""


class StorageFullError(StorageError):
    """No room is left on the disk; nothing was written."""


class StorageDamagedError(StorageError):
    """The database failed its integrity check and was set aside."""


class VaultError(KioskError):
    """The templates' file or its key."""


class WireError(KioskError):
    """Bytes from the network that cannot be read or believed. cause: unreadable | signature | device | replay | rollback."""

    def __init__(self, text: str, cause: str = "unreadable") -> None:
        super().__init__(text)
        self.cause = cause


class TrustError(KioskError):
    """A signature or certificate that does not hold."""


class SyncError(KioskError):
    """The broker or HQ cannot be reached."""


class HqError(KioskError):
    """HQ refuses a request and says why."""


class WorldError(KioskError):
    """The simulated world is not there or refuses."""
