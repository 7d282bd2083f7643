"""The phone of a shopper who wants the own face erased, and the watch over how long it takes until it is gone everywhere."""

from __future__ import annotations

import http.client
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kiosk.config import load
from kiosk.errors import WorldError
from kiosk.flows.opening import open_vault
from kiosk.hq.ledger import members
from kiosk.hq.ledger.store import Ledger
from kiosk.sim import shop

log = logging.getLogger(__name__)

WITHIN_S = 60.0
"""An erased member is gone from every kiosk within a minute."""
ANSWER_S = 10.0


@dataclass(slots=True)
class Erasure:
    """One member's erasure. began_s: when the phone asked, monotonic seconds; the others count from there, None while it is not so.

    gone_s: no kiosk holds the template; told_s: device -> its word had reached HQ.
    """

    member_id: str
    began_s: float
    gone_s: float | None = None
    told_s: dict[str, float] = field(default_factory=dict)


class Phone:
    """Opens the pages that shoppers' phones read off screens, and erases there what is kept of them."""

    def __init__(self, place: shop.Place) -> None:
        self._place = place
        self._opened = 0
        self._erasures: list[Erasure] = []

    @property
    def waits(self) -> bool:
        """Whether an erasure has not reached every kiosk, and HQ from there."""
        return any(erasure.gone_s is None or len(erasure.told_s) < len(shop.CAMERAS) for erasure in self._erasures)

    def look(self, pages: list[str]) -> None:
        """Erase on each page that was read since the last call, and see how far the erasures are."""
        for address in pages[self._opened:]:
            self._opened += 1
            try:
                self._erasures.append(_erase(address))
            except (OSError, http.client.HTTPException, WorldError) as error:
                log.warning("a phone could not erase at %s: %s", urlsplit(address).netloc, error)
        for erasure in self._erasures:
            self._follow(erasure)

    def report(self) -> dict[str, Any]:
        """Return as JSON values how many were asked for, how many are gone everywhere, and how long the slowest took."""
        gone = [erasure.gone_s for erasure in self._erasures if erasure.gone_s is not None]
        told = [max(erasure.told_s.values()) for erasure in self._erasures if len(erasure.told_s) == len(shop.CAMERAS)]
        return {"asked": len(self._erasures), "gone_everywhere": len(gone), "gone_s": round(max(gone), 2) if gone else None,
                "told_by_all": len(told), "told_s": round(max(told), 2) if told else None}

    def differences(self) -> list[str]:
        """Return one sentence for each erasure that was not everywhere within a minute."""
        return [f"{erasure.member_id} was erased by phone and is still known somewhere" if erasure.gone_s is None else
                f"{erasure.member_id} was erased by phone and was gone everywhere only after {erasure.gone_s:.0f} s"
                for erasure in self._erasures if erasure.gone_s is None or erasure.gone_s > WITHIN_S]

    def _follow(self, erasure: Erasure) -> None:
        since_s = time.monotonic() - erasure.began_s
        if erasure.gone_s is None and not any(self._holds(device, erasure.member_id) for device in shop.CAMERAS):
            erasure.gone_s = since_s
        if len(erasure.told_s) < len(shop.CAMERAS):
            ledger = Ledger(self._place.hq / "hq.db")
            with ledger.read() as db:
                for row in members.places(db).get(erasure.member_id, ()):
                    if row["erased_ms"] is not None:
                        erasure.told_s.setdefault(row["device"], since_s)
            ledger.close()

    def _holds(self, device: str, member_id: str) -> bool:
        if not (self._place.state(device) / "vault" / "vault.db").exists():
            return False  # the card was taken out just now
        vault = open_vault(load(self._place.config(device)))
        try:
            return member_id in vault
        finally:
            vault.close()


def _erase(address: str) -> Erasure:
    """Do what a thumb does: open the page, look, erase. Raises WorldError when a page does not come."""
    where = urlsplit(address)
    line = http.client.HTTPConnection(where.netloc, timeout=ANSWER_S)
    try:
        line.request("GET", where.path)
        answer = line.getresponse()
        answer.read()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        if answer.status != http.client.SEE_OTHER or not cookie:
            raise WorldError(f"the way in is closed ({answer.status})")
        told = json.loads(_page(line, "GET", "/me.json", cookie))
        began_s = time.monotonic()
        _page(line, "POST", "/me/erase", cookie)
    finally:
        line.close()
    return Erasure(str(told["member_id"]), began_s)


def _page(line: http.client.HTTPConnection, method: str, path: str, cookie: str) -> bytes:
    line.request(method, path, headers={"cookie": cookie})
    answer = line.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise WorldError(f"{path} is closed ({answer.status})")
    return body
