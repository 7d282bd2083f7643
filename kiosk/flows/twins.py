"""Is somebody enrolled whose face is too near? Everybody is compared, a part at a time, so that the screen goes on moving."""

from __future__ import annotations

from kiosk.domain.identity import Policy, Template
from kiosk.storage.vault import Vault

ROWS = 1000
"""As many templates are opened between two pictures, which takes about 15 ms."""


def too_near(policy: Policy) -> float:
    """Return the distance below which two templates are too near: where a face may be accepted, and the margin that it needs beside it."""
    return policy.threshold + policy.margin


class TwinSearch:
    """One comparison of a template with everybody but its owner. Members whose key is on their card cannot be compared."""

    def __init__(self, vault: Vault, template: Template, policy: Policy, owner: str) -> None:
        self._vault, self._template, self._distance, self._owner = vault, template, too_near(policy), owner
        self._place = 0
        self.found: list[str] = []
        self.done = False

    def step(self) -> None:
        """Compare the next part."""
        if self.done:
            return
        near, self._place = self._vault.near(self._template, self._distance, self._place, ROWS)
        self.found += [member_id for member_id in near if member_id != self._owner]
        self.done = self._place == 0
