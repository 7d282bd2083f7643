"""For scripts that know the token HQ was started with: what HQ holds as JSON, and approving a request."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from kiosk.errors import HqError
from kiosk.hq import replenishment, wallet
from kiosk.hq.ledger import facts, trade
from kiosk.hq.ledger.store import Db, Ledger
from kiosk.hq.notices import LARGEST_BYTES, Notices
from kiosk.hq.stamp import Stamp


def report(db: Db) -> dict[str, Any]:
    """Return sales, total_minor, gaps, duplicates, resent, quarantined, even (the books add up), and devices: id -> sales, total_minor."""
    devices = {r["device"]: {"sales": r["sales"], "total_minor": r["total_minor"]} for r in trade.by_device(db)}
    return {
        "sales": sum(d["sales"] for d in devices.values()), "total_minor": sum(d["total_minor"] for d in devices.values()),
        "gaps": sum(facts.gaps(db).values()), "duplicates": facts.duplicates(db), "resent": facts.counter(db, "resent"),
        "quarantined": facts.counter(db, "quarantined"), "even": wallet.balance_check(db).even, "devices": devices,
    }


def make_api(ledger: Ledger, now: Callable[[], Stamp], token: str, notices: Notices | None = None) -> FastAPI:
    """Return the API; all of it but `notices` wants `Authorization: Bearer <token>`, and with an empty token it is off.

    notices: where payment services' notifications go, which carry signatures of their own; None without payment services.
    """
    api = FastAPI(title="Kiosk HQ", docs_url=None, redoc_url=None, openapi_url=None)

    def known(authorization: str = Header(default="")) -> None:
        if not token or not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "the bearer token is wrong")

    def show_report() -> dict[str, Any]:
        with ledger.read() as db:
            return report(db)

    def list_requests() -> list[dict[str, Any]]:
        with ledger.read() as db:
            return [dict(r) for r in trade.requests(db, ("open",))]

    def approve(request_id: str, quantity: int | None = None) -> dict[str, str]:
        try:
            with ledger.write() as db:
                replenishment.approve(db, request_id, quantity, "api", now())
        except HqError as error:
            raise HTTPException(409, str(error)) from error
        return {"request_id": request_id, "state": "approved"}

    async def notice(name: str, request: Request) -> Response:
        if notices is None or int(request.headers.get("content-length") or LARGEST_BYTES + 1) > LARGEST_BYTES:
            raise HTTPException(404 if notices is None else 413)
        status, text = await run_in_threadpool(notices.take, name, dict(request.headers), await request.body())
        return Response(text, status, media_type="text/plain" if name == "alipay" else "application/json")

    asked = [Depends(known)]
    api.get("/report", dependencies=asked)(show_report)
    api.post("/tenders/{name}")(notice)
    api.get("/requests", dependencies=asked)(list_requests)
    api.post("/requests/{request_id}/approve", dependencies=asked)(approve)
    return api
