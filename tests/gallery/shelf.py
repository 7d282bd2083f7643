"""README's pictures of the shelf: weight and what was found in it, its camera, its screens, the console. `python -m tests.gallery.shelf`"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import cv2
import numpy as np

from kiosk.design.tokens import COLOURS
from kiosk.devices.simulated.setup import WorldSetup, read_setup
from kiosk.devices.simulated.shelf_camera import references, watched_board
from kiosk.devices.simulated.shelf_light import Conditions
from kiosk.devices.simulated.shelf_view import ShelfScene
from kiosk.devices.simulated.traces import LaneScenario, lane
from kiosk.domain.events import FacingSeen, StockChanged
from kiosk.domain.frame import Picture
from kiosk.domain.money import Money
from kiosk.domain.staff import Role
from kiosk.evaluation.shelf import our_shelf
from kiosk.evaluation.shelf_plot import Plot, plot
from kiosk.evaluation.shelf_replay import replay
from kiosk.hq.api import make_api
from kiosk.hq.console import sessions
from kiosk.hq.console.app import make_app
from kiosk.hq.console.render import Desk
from kiosk.hq.console.server import WebServer
from kiosk.hq.ingest import Ingest
from kiosk.hq.ledger import people
from kiosk.hq.ledger.store import Ledger
from kiosk.runtime import SystemClock, new_id
from kiosk.sim import shop
from kiosk.sim.hour import shop_hour
from kiosk.ui import samples, views
from kiosk.vision.facings import FacingReader
from tests.gallery.__main__ import HERE, TERMINAL, pixels, sheet, shot, write
from tests.hq.conftest import Device

WIDE = (1280, 800)
SEEN = {"A1": (0.68, "ok"), "A2": (0.2, "ok"), "A3": (0.0, "empty"), "A4": (0.55, "ok"), "B1": (0.2, "unseen")}


def weight() -> None:
    """Eight crowded minutes of one cell: hands, bursts, somebody who leans, and the truth below."""
    trace = lane(LaneScenario(60.0, 6.0, 907, hours=0.5, leans_per_h=8.0, burst_share=0.2, actions_per_h=80.0))
    path = HERE / "shelf-trace.svg"
    path.write_text(plot(trace, our_shelf(trace), Plot((), 300.0, 480.0)), encoding="utf-8")
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1024} kB\n")


def camera(board: ShelfScene) -> Picture:
    """The rendered board at set-up and in use, with what the camera reads written over it."""
    empty, full = references(board)
    reader = FacingReader(empty, full, {slot: (board.corners(slot), goods.capacity) for slot, goods in board.goods.items()})
    moments = [(dict(zip(board.slots, pieces, strict=True)), given) for pieces, given in (
        ((7, 12, 3), Conditions(5, 0.7, 0.08, 0.2, 2, 1)), ((4, 2, 0), Conditions(8, 1.3, -0.05, 0.2, 1, 2)),
        ((7, 12, 3), Conditions(5, 0.9, 0.02, 0.1, 1, 0, "arm", at="A2")), ((4, 2, 0), Conditions(11, 1.0, 0.0, 0.1, 0, 0, "body")))]
    return sheet([empty, full, *(_read(board, reader, board.look(pieces, given).picture) for pieces, given in moments)], 3, 1500)


def _read(board: ShelfScene, reader: FacingReader, picture: Picture) -> Picture:
    drawn = picture.copy()
    for sight in reader.read(picture):
        corners = np.round(np.array(board.corners(sight.slot))).astype(np.int32)
        words = "can't see" if not sight.counts else "empty" if sight.empty else f"{100 * sight.fill:.0f} %"
        colour = COLOURS.muted if not sight.counts else COLOURS.red if sight.empty else COLOURS.green
        cv2.polylines(drawn, [corners], True, colour, 2, cv2.LINE_AA)
        x, y = int(corners[:2, 0].mean()) - 50, int(corners[:2, 1].mean()) + 58
        (wide, high), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_DUPLEX, 0.8, 2)
        cv2.rectangle(drawn, (x - 10, y - high - 9), (x + wide + 10, y + 11), COLOURS.paper, -1)
        cv2.putText(drawn, words, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.8, colour, 2, cv2.LINE_AA)
    return drawn


def screens() -> Picture:
    """The board beside the shelf, and staff's planogram with the fill that a camera sees."""
    named = {name: view for name, view, _ in samples.gallery("en")}
    made = []
    for name in ("shelf.board", "staff.slots"):
        view = named[name]
        assert isinstance(view, views.ShelfBoard | views.StaffSlots)
        slots = tuple(replace(s, shelf=s.slot[0], x_mm=230.0 * (int(s.slot[1]) - 1), width_mm=220.0, seen=SEEN.get(s.slot, (0.0, ""))[1],
                              seen_fill=SEEN.get(s.slot, (0.0, ""))[0]) for s in view.slots)
        made.append(pixels(replace(view, slots=slots), TERMINAL))
    return sheet(made, 2, 1500)


def console(place: shop.Place, world: WorldSetup) -> None:
    """HQ's pages: an hour of the shelf with the truth beside it, shelves with what their camera sees, the planogram editor."""
    replays = place.hq / "replays"
    replays.mkdir()
    hour = shop_hour(world.cells, 901)
    (replays / "an-hour-of-the-shelf.json").write_text(json.dumps(replay(hour, our_shelf(hour))), encoding="utf-8")
    ledger = Ledger(place.hq / "hq.db")
    desk = Desk(ledger, Ledger(place.hq / "hq.db"), SystemClock(), new_id, UTC, shop.CURRENCY, None, None, {}, replays)
    shelf = Device(shop.SHELF)
    facts = [StockChanged(cell.slot, cell.gtin, cell.pieces, cell.pieces, "stock_taking", "count", 1.0) for cell in world.cells]
    looks = zip(world.cells, ((0.97, "ok"), (0.6, "ok"), (0.4, "unseen")), strict=False)
    seen = [FacingSeen(c.slot, c.gtin, fill, state, c.pieces) for c, (fill, state) in looks]
    ingest = Ingest(ledger, Money(0, shop.CURRENCY))
    ingest.states([shelf.birth()], desk.stamp())
    ingest.commit((shelf.send(*facts), shelf.send(*seen)), desk.stamp())
    with ledger.write() as db:
        people.put(db, (shop.CONSOLE_USER, tuple(Role), "no digest: the picture needs none", False, desk.stamp().at_ms))
        word = sessions.open_session(db, shop.CONSOLE_USER, desk.stamp())
    server = WebServer(make_app(desk, make_api(ledger, desk.stamp, "token")), 0, desk.closing)
    server.start()
    try:
        for name, path in (("console-replay", "replay"), ("console-planogram", f"planogram/{shop.SHELF}")):
            write(name, shot(f"http://127.0.0.1:{server.port}/{path}", *WIDE, word))
        write("console-facings", shot(f"http://127.0.0.1:{server.port}/stock", 1280, 1400, word)[-540:, 200:])
    finally:
        server.stop()


def main() -> None:
    """Make them all."""
    weight()
    write("shelf-screens", screens())
    with tempfile.TemporaryDirectory() as folder:
        place = shop.Place(Path(folder), 0, 0, window=False)
        shop.open_hq(place)
        world = read_setup(place.folder / "world.json")
        write("shelf-camera", camera(watched_board(world)))
        console(place, world)


if __name__ == "__main__":
    main()
