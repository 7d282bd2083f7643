"""Chooses between processor and renderer: by a clock on which meshes are slow, by one on which they are quick, and where they are wrong."""

from __future__ import annotations

import sys

from kiosk.devices.glass import GlassDisplay
from kiosk.errors import DeviceMissingError
from kiosk.flows.meshed import faster_meshed


class Ticks:
    """A clock that says which way took how long: rounds come in two batches, meshes first."""

    def __init__(self, first: float, second: float) -> None:
        self._steps = [first] * 4 + [second] * 4
        self._asked, self._now = 0, 0.0

    def __call__(self) -> float:
        self._asked += 1
        if self._asked % 2 == 0:
            self._now += self._steps[self._asked // 2 - 1]
        return self._now


class Wrong(GlassDisplay):
    """Draws no garment."""

    def dressed(self, worn):
        return worn.frame


def main() -> None:
    said = []
    for name, kind, meshes_s in (("slow", GlassDisplay, 0.3), ("fast", GlassDisplay, 0.1), ("wrong", Wrong, 0.1)):
        try:
            glass = kind((120, 200), "choice")
        except DeviceMissingError as error:
            sys.stdout.write(f"skip: {error}\n")
            return
        said.append(f"{name} {faster_meshed(glass, Ticks(meshes_s, 0.2))}")
        glass.close()
    sys.stdout.write(" ".join(said) + "\n")


if __name__ == "__main__":
    main()
