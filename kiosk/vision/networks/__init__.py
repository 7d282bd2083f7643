"""Networks: kept in a verified cache, opened and run here and nowhere else."""

from kiosk.vision.networks.runtimes import LiteNetwork, OnnxNetwork
from kiosk.vision.networks.store import ModelEntry, ModelStore, Package

__all__ = ["LiteNetwork", "ModelEntry", "ModelStore", "OnnxNetwork", "Package"]
