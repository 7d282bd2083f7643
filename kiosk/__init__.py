"""Kiosk: the software of a smart store's appliances on Raspberry Pi."""

__version__ = "0.1.0"
