"""The mirror's scenes: each is one module behind the protocol of `flows.scene`, and a line in this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kiosk.flows.scene import Booth, Scene
from kiosk.flows.scenes import back, card, checkout, compare, likes, ordered, phone, tryon

SCENES: Final[dict[str, Callable[[Booth], Scene]]] = {
    tryon.NAME: tryon.TryOn,
    card.NAME: card.Card,
    compare.NAME: compare.Compare,
    checkout.NAME: checkout.Checkout,
    back.NAME: back.Back,
    likes.NAME: likes.Likes,
    phone.NAME: phone.Phone,
    ordered.NAME: ordered.Ordered,
}
"""Name -> what makes the scene. A scene is entered from others by its name."""
