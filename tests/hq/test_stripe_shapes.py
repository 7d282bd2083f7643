"""Stripe's shapes as another project's fake speaks them (`localstripe`): it ignores idempotency keys, so it proves shapes alone."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import replace

import httpx
import pytest

from kiosk.domain.money import Money
from kiosk.hq.tenders.card import CardMandates
from kiosk.hq.tenders.protocol import Charge, Refund, Status, ask
from kiosk.runtime import new_id

DEADLINE_S = 60.0
KEY = "sk_test_shapes"


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"], stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + DEADLINE_S
    try:
        while True:
            try:
                httpx.get(f"{url}/v1/customers", auth=(KEY, ""))
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, "localstripe does not answer"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def member(address, number="4242424242424242"):
    """A customer with a card, as a member's phone would have made them."""
    with httpx.Client(base_url=address, auth=(KEY, "")) as client:
        customer = client.post("/v1/customers", data={"name": "Anna"}).json()["id"]
        card = {"type": "card", "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"}
        method = client.post("/v1/payment_methods", data=card).json()["id"]
        assert client.post(f"/v1/payment_methods/{method}/attach", data={"customer": customer}).status_code in (200, 402)
    return f"{customer}/{method}"


def test_a_card_is_held_taken_found_and_given_back(address):
    # It does not list by customer, so the PaymentIntent's id is handed on, as the teller does once it knows it.
    card, charge = CardMandates(KEY, address), Charge(new_id(), Money(1250, "EUR"), "Kiosk", member(address))
    held = card.authorise(charge)
    assert held.status is Status.AUTHORISED and held.reference.startswith("pi_")
    charge = replace(charge, reference=held.reference)
    found = ask(card, charge, asked_before=True)
    assert (found.status, found.reference) == (Status.AUTHORISED, held.reference)
    assert card.query(replace(charge, reference="pi_nobody")).status is Status.ABSENT
    assert (card.capture(charge).status, card.query(charge).status) == (Status.CAPTURED, Status.CAPTURED)
    assert card.refund(charge, Refund(new_id(), Money(250, "EUR"))).status is Status.REFUNDED


def test_a_card_that_declines_says_so(address):
    charge = Charge(new_id(), Money(1250, "EUR"), "Kiosk", member(address, "4000000000000341"))
    answer = CardMandates(KEY, address).authorise(charge)
    assert (answer.status, answer.reason) == (Status.DECLINED, "declined")


def test_a_card_that_is_held_is_let_go(address):
    card, charge = CardMandates(KEY, address), Charge(new_id(), Money(700, "EUR"), "Kiosk", member(address))
    held = card.authorise(charge)
    assert held.status is Status.AUTHORISED
    charge = replace(charge, reference=held.reference)
    assert card.void(charge).status is Status.VOIDED
    assert card.query(charge).status is Status.VOIDED


def test_nobody_there_is_an_unknown_result():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        card = CardMandates(KEY, f"http://127.0.0.1:{probe.getsockname()[1]}", timeout_s=1.0)
        charge = Charge(new_id(), Money(700, "EUR"), "Kiosk", "cus_1/pm_1")
        assert [getattr(card, act)(charge).status for act in ("authorise", "query", "capture", "void")] == [Status.UNKNOWN] * 4
