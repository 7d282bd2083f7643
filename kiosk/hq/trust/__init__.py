"""What HQ vouches for: its signature under orders and manifests (`signing`), and who may speak at all (`authority`, X.509)."""

from kiosk.hq.trust.signing import SigningKey, signed_by

__all__ = ["SigningKey", "signed_by"]
