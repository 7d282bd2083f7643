"""A broker in memory that loses, repeats, delays and reorders: what a real one does on bad days, at the speed of a test.

It keeps retained messages and last wills as MQTT does. Both ends are handed clients of the shape that `sync.relay` and `hq.worker` want.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from kiosk.runtime import Clock


@dataclass(slots=True)
class Weather:
    """How a message fares. lost, twice: chances 0..1; slow_s: it takes up to so long, so that messages overtake each other.

    hold(topic, payload) -> seconds that this very message is kept back (inf: lost), on top of the rest.
    """

    lost: float = 0.0
    twice: float = 0.0
    slow_s: float = 0.0
    hold: Callable[[str, bytes], float] = lambda _topic, _payload: 0.0


@dataclass(order=True, slots=True)
class _Under:
    due_s: float
    n: int
    topic: str = field(compare=False)
    payload: bytes = field(compare=False)
    to: LossyClient = field(compare=False)


class LossyClient:
    """One connected party; give it a last will and what it does when it hears, connects and loses the broker, then start it."""

    def __init__(self, broker: LossyBroker) -> None:
        self._broker = broker
        self.will: tuple[str, bytes] = ("", b"")
        self.heard: Callable[[str, bytes], None] = lambda _topic, _payload: None
        self.up: Callable[[], None] = lambda: None
        self.lost: Callable[[], None] = lambda: None
        self.filters: list[str] = []
        self.connected = False

    def start(self) -> None:
        """Connect as soon as the broker is there."""
        self._broker.join(self)

    def subscribe(self, topic_filter: str) -> None:
        """Hear a topic filter."""
        if topic_filter not in self.filters:
            self.filters.append(topic_filter)
        if self.connected:
            self._broker.send_retained(self, topic_filter)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Hand a message over; False when nobody takes it."""
        return self.connected and self._broker.publish(topic, payload, retain)

    def stop(self) -> None:
        """Leave without a last will."""
        self._broker.leave(self, with_will=False)


class LossyBroker:
    """The broker and the network on both sides of it. Nothing moves but in `deliver`."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock, self._rng = clock, rng
        self.weather = Weather()
        self.alive = True
        self._clients: list[LossyClient] = []
        self._retained: dict[str, bytes] = {}
        self._under_way: list[_Under] = []
        self._n = count()

    def join(self, client: LossyClient) -> None:
        """Connect a client, now or when the broker is back."""
        if client not in self._clients:
            self._clients.append(client)
        if self.alive and not client.connected:
            client.connected = True
            for topic_filter in client.filters:
                self.send_retained(client, topic_filter)
            client.up()

    def leave(self, client: LossyClient, with_will: bool) -> None:
        """Take a client away; with_will: it vanished, and the broker says so."""
        if client in self._clients:
            self._clients.remove(client)
            client.connected = False
            self._under_way = [message for message in self._under_way if message.to is not client]
            heapq.heapify(self._under_way)
            if with_will and self.alive:
                self.publish(*client.will, retain=True)

    def forget_under_way(self) -> None:
        """Lose what is under way."""
        self._under_way.clear()

    def die(self) -> None:
        """Stop, and forget everything, retained messages too: the worst that a broker can do."""
        self.alive = False
        self._under_way.clear()
        self._retained.clear()
        for client in self._clients:
            client.connected = False
            client.lost()

    def come_back(self) -> None:
        """Start again; everybody reconnects."""
        self.alive = True
        for client in list(self._clients):
            self.join(client)

    def publish(self, topic: str, payload: bytes, retain: bool) -> bool:
        """Take a message and send it on its way."""
        if not self.alive:
            return False
        if retain:
            self._retained[topic] = payload
        for client in self._clients:
            if any(_matches(topic_filter, topic) for topic_filter in client.filters):
                self._send(client, topic, payload)
        return True

    def send_retained(self, client: LossyClient, topic_filter: str) -> None:
        """Send a client the retained messages of a filter."""
        for topic, payload in self._retained.items():
            if _matches(topic_filter, topic):
                self._send(client, topic, payload)

    def deliver(self) -> int:
        """Hand over what is due by now; return how many messages."""
        now, handed = self._clock.monotonic(), 0
        while self._under_way and self._under_way[0].due_s <= now:
            message = heapq.heappop(self._under_way)
            message.to.heard(message.topic, message.payload)
            handed += 1
        return handed

    def _send(self, client: LossyClient, topic: str, payload: bytes) -> None:
        weather, rng = self.weather, self._rng
        held_s = weather.hold(topic, payload)
        if held_s == float("inf") or rng.random() < weather.lost:
            return
        for _copy in range(1 + (rng.random() < weather.twice)):
            due_s = self._clock.monotonic() + held_s + rng.random() * weather.slow_s
            heapq.heappush(self._under_way, _Under(due_s, next(self._n), topic, payload, client))


def _matches(topic_filter: str, topic: str) -> bool:
    wanted, given = topic_filter.split("/"), topic.split("/")
    for n, part in enumerate(wanted):
        if part == "#":
            return True
        if n >= len(given) or part not in ("+", given[n]):
            return False
    return len(wanted) == len(given)
