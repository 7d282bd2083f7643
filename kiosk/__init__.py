"""Kiosk: the software of a smart store's appliances on Raspberry Pi."""

from datetime import UTC, datetime

__version__ = "0.1.0"

BUILT = datetime(2026, 11, 22, tzinfo=UTC)
"""When this release was made, set with the version: no clock of a device that runs it shows an earlier day."""
