"""A thin MQTT client: connects, comes back after a loss, publishes at QoS 1, and keeps no memory of what was lost on the way.

The outbox is the session, so each connection starts clean: whatever was not acknowledged by HQ is sent again by whoever owns it.
A new client of the library is made for each connection; so no message of a former connection is ever repeated by the library itself.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.errors import SyncError

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
KEEPALIVE_S = 20
ANSWER_S = 10.0
STOP_S = 10.0
IN_FLIGHT = 100
"""At most this many messages wait for the broker's PUBACK; `publish` says False beyond."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and how it knows us. version: 5 or 3 (MQTT 3.1.1).

    With `ca` set, TLS 1.3; certificate and key are file paths, key is "" where the certificate's file holds it, key_password opens it.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    version: int = 5
    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = field(default="", repr=False)


NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for."""


class _Link:
    """One connection's client and how many of its messages the broker has not confirmed."""

    def __init__(self, client: paho.Client) -> None:
        self.client = client
        self.unconfirmed = 0
        self.up = False
        self.lost = threading.Event()


def _context(address: BrokerAddress, own_clock: bool) -> ssl.SSLContext:
    """Return TLS 1.3 with these files. own_clock: the broker's dates are judged by us, not by a system clock that may be unset."""
    context = ssl.create_default_context(cafile=address.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if own_clock:
        context.verify_flags |= NO_CHECK_TIME
    if address.certificate:
        context.load_cert_chain(address.certificate, address.key or None, address.key_password or None)
    return context


class MqttClient:
    """One connection to the broker, kept up by a thread of its own.

    on_message(topic, payload), on_connected() and on_lost() are called in the library's thread: they must return at once and not raise.
    """

    def __init__(self, address: BrokerAddress, client_id: str, will: tuple[str, bytes] | None,
                 on_message: Callable[[str, bytes], None], on_connected: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Prepare; nothing is sent before `start`. will: retained (topic, payload) that the broker publishes when we vanish."""
        if address.version not in (3, 5):
            raise SyncError(f"MQTT version {address.version} is not known: 5 or 3 is expected")
        self._address, self._client_id, self._will = address, client_id, will
        self._on_message, self._on_connected, self._on_lost = on_message, on_connected, on_lost
        self._jitter = random.Random(client_id)
        self._filters: list[str] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._link: _Link | None = None
        self._thread: threading.Thread | None = None
        self._now: Callable[[], datetime] | None = None
        self.refusal = ""
        """Why the broker was not reached, or did not let us in, the last time; "" once it has."""

    def judge_by(self, now: Callable[[], datetime]) -> None:
        """Judge the dates of the broker's certificate by this clock instead of the system's; call it before `start`."""
        self._now = now

    def reconnect(self) -> None:
        """Leave and come back with what the certificate's files hold by then; what was not acknowledged is the caller's to send again."""
        link = self._link
        if link is not None:
            link.lost.set()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us."""
        link = self._link
        return link is not None and link.up

    @property
    def in_flight(self) -> int:
        """Messages handed over and not yet confirmed by the broker (a PUBACK, which is not HQ's word)."""
        link = self._link
        return link.unconfirmed if link is not None else 0

    def start(self) -> None:
        """Begin to connect in the background, and again after every loss with a jittered pause of 0.2 s to 5 s."""
        self._thread = threading.Thread(target=self._keep_connected, name=f"mqtt-{self._client_id}", daemon=True)
        self._thread.start()

    def subscribe(self, topic_filter: str) -> None:
        """Hear a topic filter from now on and after each reconnect. Asking again makes the broker send its retained messages again."""
        with self._lock:
            if topic_filter not in self._filters:
                self._filters.append(topic_filter)
        link = self._link
        if link is not None and link.up:
            link.client.subscribe(topic_filter, qos=1)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> bool:
        """Hand one message to the broker at QoS 1; False when offline or when too many are unconfirmed: nothing was sent, try later."""
        link = self._link
        with self._lock:  # never held while the library is called: it calls us back under locks of its own
            if link is None or not link.up or link.unconfirmed >= IN_FLIGHT:
                return False
            link.unconfirmed += 1
        message = link.client.publish(topic, payload, qos=1, retain=retain)
        if message.rc == paho.MQTT_ERR_SUCCESS:
            return True
        with self._lock:
            link.unconfirmed -= 1
        return False

    def stop(self) -> None:
        """Disconnect in good order (the broker then keeps the will to itself) and end the thread."""
        self._stopping.set()
        link = self._link
        if link is not None:
            link.lost.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
            self._thread = None

    def _keep_connected(self) -> None:
        pause_s, said = FIRST_PAUSE_S, ""
        while not self._stopping.is_set():
            try:
                link = _Link(self._new_client())
                self._link = link
                link.client.connect(self._address.host, self._address.port, KEEPALIVE_S)
            except (OSError, ValueError) as error:
                self.refusal = str(error)
                if str(error) != said:
                    said = str(error)
                    log.warning("broker %s:%d cannot be reached: %s", self._address.host, self._address.port, error)
            else:
                if self._attend(link):
                    pause_s, said = FIRST_PAUSE_S, ""
            self._stopping.wait(self._jitter.uniform(0.5, 1.0) * pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _attend(self, link: _Link) -> bool:
        """Stay until the connection is lost or stopped, then forget it and what it still had to send. Return whether it ever stood."""
        link.client.loop_start()
        if link.lost.wait(ANSWER_S) or link.up:
            link.lost.wait()
        stood, link.up = link.up, False
        link.client.disconnect()
        link.client.loop_stop()
        if stood:
            if not self._stopping.is_set():
                log.warning("broker %s:%d is lost", self._address.host, self._address.port)
            self._on_lost()
        return stood

    def _new_client(self) -> paho.Client:
        five = self._address.version == 5
        client = paho.Client(CallbackAPIVersion.VERSION2, self._client_id, clean_session=None if five else True,
                             protocol=paho.MQTTv5 if five else paho.MQTTv311, reconnect_on_failure=False)
        client.max_inflight_messages_set(IN_FLIGHT)
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.ca:
            client.tls_set_context(_context(self._address, self._now is not None))
        if self._will is not None:
            client.will_set(self._will[0], self._will[1], qos=1, retain=True)
        client.on_socket_open = self._opened
        client.on_connect, client.on_disconnect = self._answered, self._disconnected
        client.on_publish, client.on_message = self._confirmed, self._received
        return client

    def _opened(self, _client: paho.Client, _data: Any, connection: socket.socket) -> None:
        # Small messages would wait 40 ms for one another.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        given = connection.getpeercert() if self._now is not None and isinstance(connection, ssl.SSLSocket) else None
        if given and self._now is not None:
            begins, ends = (ssl.cert_time_to_seconds(str(given[key])) for key in ("notBefore", "notAfter"))
            if not begins <= self._now().timestamp() < ends:
                raise ssl.SSLCertVerificationError(f"the broker's certificate holds from {given['notBefore']} to {given['notAfter']};"
                                                   f" here it is {self._now():%Y-%m-%d %H:%M} UTC")

    def _link_of(self, client: paho.Client) -> _Link | None:
        link = self._link
        return link if link is not None and link.client is client else None

    def _answered(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Properties | None) -> None:
        link = self._link_of(client)
        if reason.is_failure:
            self.refusal = str(reason)
            log.error("broker %s:%d refuses %s: %s", self._address.host, self._address.port, self._client_id, reason)
        elif link is not None:
            with self._lock:
                filters = list(self._filters)
                link.up = True
            self.refusal = ""
            for topic_filter in filters:
                client.subscribe(topic_filter, qos=1)
            log.info("broker %s:%d is there", self._address.host, self._address.port)
            self._on_connected()

    def _disconnected(self, client: paho.Client, _data: Any, _flags: Any, _reason: ReasonCode, _properties: Properties | None) -> None:
        link = self._link_of(client)
        if link is not None:
            if not link.up and not self.refusal:
                self.refusal = "it closed the connection at once: is the certificate unknown, expired or revoked?"
            link.lost.set()

    def _confirmed(self, client: paho.Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Properties | None) -> None:
        if reason.is_failure:
            log.error("broker %s:%d refuses a message of %s: %s", self._address.host, self._address.port, self._client_id, reason)
        link = self._link_of(client)
        if link is not None:
            with self._lock:
                link.unconfirmed -= 1

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._on_message(message.topic, message.payload)
