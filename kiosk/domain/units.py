"""Units as types. A number that has a unit says so in its type or its name."""

from typing import NewType

Grams = NewType("Grams", float)
Millimetres = NewType("Millimetres", float)
Pixels = NewType("Pixels", int)
Milliseconds = NewType("Milliseconds", int)
Seconds = NewType("Seconds", float)
Permille = NewType("Permille", int)
