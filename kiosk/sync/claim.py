"""A device's way to its certificate: asks HQ under a one-time store code until HQ has answered."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kiosk import wire
from kiosk.errors import SyncError, TrustError, WireError
from kiosk.runtime import Clock
from kiosk.sync.mqtt import BrokerAddress, MqttClient
from kiosk.sync.trust.identity import Identity
from kiosk.wire import claims

ASK_EVERY_S = 1.5
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Step:
    """How far a claim is. name: connect | asked | waiting | done."""

    name: str
    detail: str = ""


def claim(identity: Identity, address: BrokerAddress, asks: tuple[str, str, str], clock: Clock,
          patience_s: float) -> Iterator[Step]:
    """Claim this device's certificate; yields each new step. asks: (device, store code, roots of the claim file, PEM).

    address: the broker, with the claim file as certificate. Raises TrustError when HQ refuses or its answer does not hold, SyncError when
    no answer came within patience_s seconds: nothing is lost then, the same command goes on with the same key.
    """
    device, code, roots = asks
    digest = claims.digest(code)
    heard: queue.Queue[bytes] = queue.Queue(100)
    client = MqttClient(address, f"claim-{digest[:12]}", None, lambda _topic, payload: _keep(heard, payload), lambda: None, lambda: None)
    client.subscribe(claims.answer_topic(digest))
    request = wire.encode_value(claims.ClaimRequest(device, identity.request(device)))
    yield Step("connect", f"{address.host}:{address.port}")
    client.start()
    try:
        for answer in _asked(client, (claims.request_topic(digest), request), heard, (clock, patience_s)):
            if answer is None:
                yield Step("asked")
            elif answer.key != identity.waiting_key():
                continue  # the answer to somebody else under the same code
            elif answer.status == claims.REFUSED:
                raise TrustError(f"HQ refuses {device}: {answer.reason}")
            elif answer.status == claims.WAITING:
                yield Step("waiting")
            else:
                identity.accept(device, answer, roots)
                yield Step("done")
                return
    finally:
        client.stop()


def claim_address(address: BrokerAddress, claim_file: str) -> BrokerAddress:
    """Return the broker's address with a claim file in place of the device's own certificate."""
    return replace(address, ca=claim_file, certificate=claim_file, key="", key_password="")


def _asked(client: MqttClient, request: tuple[str, bytes], heard: queue.Queue[bytes],
           patience: tuple[Clock, float]) -> Iterator[claims.ClaimAnswer | None]:
    """Ask again and again; yield None for the first question and then each answer that can be read."""
    clock, patience_s = patience
    until, next_s, asked = clock.monotonic() + patience_s, 0.0, False
    while clock.monotonic() < until:
        now = clock.monotonic()
        if client.connected and now >= next_s and client.publish(*request):
            next_s = now + ASK_EVERY_S
            if not asked:
                asked = True
                yield None
        try:
            yield claims.decode_answer(heard.get(timeout=LOOK_S))
        except (queue.Empty, WireError):
            continue
    raise SyncError("HQ has not answered" if asked else f"the broker does not let this device in: {client.refusal or 'no answer'};"
                    " look at broker.host, at the cable, and whether the claim file is still good")


def _keep(heard: queue.Queue[bytes], payload: bytes) -> None:
    try:
        heard.put_nowait(payload)
    except queue.Full:
        return


