"""Hours of a shelf played again: weight, what was found in it, and the truth beside it. `kiosk shelf replay` writes the files."""

from __future__ import annotations

import json
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from kiosk.hq.console.pages import shell
from kiosk.hq.console.render import Desk, page

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


def show(request: Request) -> Response:
    """The recordings that are there, and one of them to play."""
    desk: Desk = request.app.state.desk
    if desk.replays is None:
        return PlainTextResponse("replays are off: serve with --replays DIR", 404)
    names = sorted(path.stem for path in desk.replays.glob("*.json"))
    chosen = request.query_params.get("name") or (names[0] if names else "")
    with desk.ledger.read() as db:
        values = shell(db, desk.stamp().at_ms) | {"names": names, "chosen": chosen if chosen in names else ""}
    return page(request, desk, "replay.html", values)


def content(request: Request) -> Response:
    """One recording as JSON."""
    desk: Desk = request.app.state.desk
    name = request.path_params["name"]
    if desk.replays is None or not _NAME.fullmatch(name) or not _whole(desk.replays / f"{name}.json"):
        return PlainTextResponse("there is no such recording", 404)
    return FileResponse(desk.replays / f"{name}.json", media_type="application/json", headers={"cache-control": "no-store"})


def _whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False
