"""What a message is called on the broker: v1/<device>/up/<lane>, .../ack, .../down/<kind>, .../state, and v1/fleet/<group>/<kind>."""

from __future__ import annotations

from kiosk.domain.events import Lane
from kiosk.errors import WireError


def up_topic(device: str, lane: Lane) -> str:
    """Return the topic on which a device publishes a lane."""
    return f"v1/{device}/up/{lane}"


def ack_topic(device: str) -> str:
    """Return the topic on which HQ acknowledges to a device."""
    return f"v1/{device}/ack"


def down_topic(device: str, kind: str) -> str:
    """Return the topic of orders of one kind for a device."""
    return f"v1/{device}/down/{kind}"


def state_topic(device: str) -> str:
    """Return the topic of a device's retained birth and its last will."""
    return f"v1/{device}/state"


def manifest_topic(group: str, kind: str) -> str:
    """Return the topic of a group's retained manifest."""
    return f"v1/fleet/{group}/{kind}"


def parse_up_topic(topic: str) -> tuple[str, Lane]:
    """Return (device, lane) of an upward topic."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "v1" or parts[2] != "up" or parts[3] not in set(Lane):
        raise WireError(f"{topic!r} is no topic of a lane")
    return parts[1], Lane(parts[3])
