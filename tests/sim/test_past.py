"""The made-up past of the store in a box: pages have something to show, and the books know nothing of it."""

from __future__ import annotations

from contextlib import closing

from kiosk.domain.replenishment_replay import Rhythm
from kiosk.hq.insight import item, packs
from kiosk.hq.ledger import assortment, catalogue, supply
from kiosk.hq.ledger.store import Ledger
from kiosk.hq.wallet import balance_check
from kiosk.runtime import SystemClock
from kiosk.sim import past, shop


def test_the_past_shows_and_is_in_no_book(tmp_path):
    shop.open_hq(shop.Place(tmp_path, 1, 2, False))
    today = int(SystemClock().now().timestamp()) // 86_400
    with closing(Ledger(tmp_path / "hq" / "hq.db")) as ledger, ledger.read() as db:
        assert assortment.simulated_until(db) in (today, today - 1)
        books = balance_check(db)
        assert books.zero and db.execute("SELECT (SELECT count(*) FROM sales), (SELECT count(*) FROM facts)").fetchone()[:] == (0, 0)
        (report,) = packs.of_ledger(db, today, past.DAYS, 1)
        assert {advice.store for advice in report.advice if advice.size == "small"} == past.STATIONS
        plan = catalogue.planogram(db, shop.SHELF)
        study = item.study(db, plan, plan.cells[0], today, (Rhythm(1, 1), 0.95))
        assert study.outlook is not None and study.known >= past.DAYS - 1 and 1.5 < study.outlook.expected < 3.5
        assert all(row["day"] < today for row in supply.demand(db, shop.SHELF, 0))


def test_two_stores_in_a_box_have_the_same_past(tmp_path):
    told = []
    for name in ("a", "b"):
        shop.open_hq(shop.Place(tmp_path / name, 1, 2, False))
        with closing(Ledger(tmp_path / name / "hq" / "hq.db")) as ledger, ledger.read() as db:
            rows = db.execute("SELECT store, gtin, units, purchases FROM past_sales ORDER BY store, gtin, day")
            told.append([tuple(row) for row in rows])
    assert told[0] == told[1] and len(told[0]) > 1000
