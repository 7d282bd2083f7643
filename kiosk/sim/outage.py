"""The line of one kiosk is cut once, until it has sold something by the offline policy; HQ hears of that sale later, and books it once."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.sim.proxy import Proxy

CUT_AFTER_S = 10.0
WAIT_S = 90.0
"""The line is left alone so much longer while no phone has paid yet: only HQ makes the codes that phones pay."""
PATIENCE_S = 300.0
"""So long somebody is waited for who pays meanwhile: whoever was there before may wait for HQ's word a minute, and on a machine that does
something else besides a face may be turned away a few times, because few of its frames are seen."""


class Outage:
    """Give the kiosk `port` for the broker's, then call `look` again and again."""

    def __init__(self, broker_port: int) -> None:
        """Open the line."""
        self._line = Proxy(broker_port)
        self._began_s: float | None = None
        self._before = 0
        self._running = False
        self.over = False
        self.in_vain = False

    @property
    def port(self) -> int:
        """Where the kiosk finds the broker."""
        return self._line.port

    @property
    def running(self) -> bool:
        """Whether the line is cut."""
        return self._running

    def look(self, at_s: float, sold_offline: Callable[[], int], sold_by_code: Callable[[], bool]) -> str:
        """Cut the line when it is time, heal it when something was sold meanwhile; return what is to be said about it, "" for nothing.

        at_s: seconds since the doors opened. After PATIENCE_S without a sale it is healed all the same, and was `in_vain`.
        sold_by_code: whether a phone has paid a sale yet, and HQ has booked it.
        """
        if self._began_s is None and at_s >= CUT_AFTER_S and (at_s >= CUT_AFTER_S + WAIT_S or sold_by_code()):
            self._began_s, self._before, self._running = at_s, sold_offline(), True
            self._line.cut()
            return "the line of the terminal is cut: it goes on by HQ's signed limits"
        if not self._running or self._began_s is None:
            return ""
        sold = sold_offline() > self._before
        if not sold and at_s < self._began_s + PATIENCE_S:
            return ""
        self.in_vain = not sold
        self.end()
        return "the line is back: what was sold meanwhile goes to HQ"

    def end(self) -> None:
        """Heal the line, now."""
        self.over = self.over or self._running
        self._running = False
        self._line.heal()

    def close(self) -> None:
        """Take the line away."""
        self._line.close()
