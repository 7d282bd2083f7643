"""Whose word counts on a device (`signature`), and who the device is (`identity`: its key and certificate)."""

from kiosk.sync.trust.signature import public_key, verifier

__all__ = ["public_key", "verifier"]
