"""Who comes to the simulated store and what for, and the book of what really happened there."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from kiosk.devices.simulated.setup import StoreShopper, WorldSetup
from kiosk.errors import WorldError


@dataclass(slots=True)
class Ledger:
    """What really happened in the store, for evaluation. tenders: how sales were paid. total_minor: what screens asked for.

    codes: texts of payment codes that phones read off screens, in order; whoever runs the store pays them, as the phones' services do.
    pages: addresses that phones read off screens, in order; whoever runs the store opens them.
    """

    visits: dict[str, int] = field(default_factory=dict)
    tenders: dict[str, int] = field(default_factory=dict)
    sales: int = 0
    total_minor: int = 0
    strangers_refused: int = 0
    strangers_accepted: int = 0
    spoofs_refused: int = 0
    spoofs_accepted: int = 0
    members_refused: int = 0
    walked_off: int = 0
    enrolled: int = 0
    refills: int = 0
    codes: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)


class Casting:
    """Decides who comes next to which device, so that nobody is in two places, and remembers who became a member."""

    _FIRST = ("face", "code", "stranger", "spoof", "leave", "qr", "enrol", "face", "cash", "face", "face")

    def __init__(self, setup: WorldSetup) -> None:
        self._setup = setup
        self._away: set[str] = set()
        self._joined: set[str] = set()
        self._left: set[str] = set()
        self._codes_used: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._turn = 0
        self._only = ""

    def invite(self, kind: str) -> None:
        """Let only visits of this kind begin at the pay terminal from now on; "" lets everybody come again, in the order left off."""
        if kind and kind not in self._FIRST:
            raise WorldError(f"nobody comes to the simulated terminal for {kind!r}; they come for {', '.join(sorted(set(self._FIRST)))}")
        self._only = kind

    def pay(self, rng: Random) -> tuple[str, StoreShopper] | None:
        """Return (kind of visit, who) of the next visitor of the pay terminal. The first ones show every kind, then the order varies."""
        kind = self._only or self._next_kind()
        role = {"qr": "qr", "enrol": "enrols", "stranger": "stranger", "spoof": "stranger", "leave": "leaves"}.get(kind, "member")
        who = self._someone(role, rng)
        if who is None and kind != "face":
            kind, who = "face", self._someone("member", rng)
        return (kind, who) if who else None

    def _next_kind(self) -> str:
        cycle, place = divmod(self._turn, len(self._FIRST))
        self._turn += 1
        order = list(self._FIRST)
        if cycle:
            Random(f"{self._setup.seed}/cast/{cycle}").shuffle(order)
        return order[place]

    def mirror(self, rng: Random) -> tuple[str, StoreShopper] | None:
        """Return the next visitor of the mirror: a member, who pays by face."""
        who = self._someone("member", rng)
        return ("face", who) if who else None

    def member(self, rng: Random) -> StoreShopper | None:
        """Return some member, for a stranger to claim to be; None where nobody is one."""
        members = [s for s in self._setup.shoppers if s.member and s.role == "enrolled"]
        return rng.choice(members) if members else None

    def code(self, who: StoreShopper) -> str:
        """Return the next QR code that this shopper's phone can show, "" for none."""
        used = self._codes_used.get(who.name, 0)
        return who.codes[used] if used < len(who.codes) else ""

    def code_shown(self, who: StoreShopper) -> None:
        """A code was shown: it is of no use a second time."""
        self._codes_used[who.name] = self._codes_used.get(who.name, 0) + 1

    def gone(self, who: StoreShopper, joined: bool, left: bool = False) -> None:
        """This shopper left a device; `joined`: as a new member; `left`: as one who is a member no longer."""
        self._away.discard(who.name)
        if joined:
            self._joined.add(who.name)
        if left:
            self._left.add(who.name)

    def _someone(self, what: str, rng: Random) -> StoreShopper | None:
        free = [s for s in self._setup.shoppers if s.name not in self._away and self._is(s, what)]
        if not free:
            return None
        longest_ago = min(self._last.get(s.name, -1) for s in free)
        who = rng.choice([s for s in free if self._last.get(s.name, -1) == longest_ago])
        self._last[who.name] = max(self._last.values(), default=0) + 1
        self._away.add(who.name)
        return who

    def _is(self, shopper: StoreShopper, what: str) -> bool:
        if what == "member":
            # People of the shelf's roles are members too where the setup says so; a "qr" shopper never shows a face.
            return (shopper.member and shopper.role not in ("qr", "stranger", "leaves")) or shopper.name in self._joined
        if what == "enrols":
            return shopper.role == "enrols" and shopper.name not in self._joined and not shopper.member
        if what == "leaves":
            return shopper.role == "leaves" and shopper.name not in self._left
        if what == "qr":
            return shopper.role == "qr" and bool(self.code(shopper))
        return shopper.role == what
