"""What HQ reads off its ledger: sizes of packs that stores want, and one product's stock with what service costs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from kiosk.cli import main
from kiosk.domain.catalog import Cell, Planogram, Product
from kiosk.domain.events import SaleCompleted, SaleLine
from kiosk.domain.gtin import check_digit
from kiosk.domain.money import Money
from kiosk.domain.replenishment_replay import Rhythm
from kiosk.evaluation.packs import simulate
from kiosk.hq.insight import item, packs
from kiosk.hq.ledger import catalogue, fleet, supply, trade
from kiosk.hq.ledger.store import Ledger

DATA = os.environ.get("KIOSK_DATA")
TODAY, DAYS = 20_000, 182
WEIGHTS = {"small": 60.0, "medium": 150.0, "large": 300.0}


def code(product: str) -> str:
    number = f"95200000{int(product[1:]):04d}"
    return number + check_digit(number)


def fill(db, seed=100):
    """Write a simulated chain into a ledger, and return the stores in which small packs were planted as wanted."""
    lines, planted = simulate(seed)
    for product, size in {(line.product, line.size) for line in lines}:
        name = {"en": f"Crisps {product}", "fr": f"Chips {product}", "zh": f"薯片{product}"}
        catalogue.save_product(db, Product(code(product), name, Money(150, "EUR"), 55, WEIGHTS[size], category="snacks"))
    for store in sorted({line.store for line in lines}):
        mine = [line for line in lines if line.store == store]
        fleet.assign(db, f"shelf-{store}", store, 0)
        cells = tuple(Cell(line.product, code(line.product), 50, 5) for line in mine)
        catalogue.add_planogram(db, Planogram(1, f"shelf-{store}", cells), 0)
        for line in mine:
            sell(db, store, line)
            for day in range(TODAY - DAYS, TODAY - DAYS + int(DAYS - line.days)):
                supply.put_demand(db, f"shelf-{store}", line.product, code(line.product), (day, 0, 0))
    return planted


def sell(db, store, line):
    receipts = int(line.purchases)
    for n in range(receipts):
        pieces = int(line.units) - receipts + 1 if n == 0 else 1
        amount = pieces * 150
        lines = (SaleLine(code(line.product), pieces, 150, 0, amount, 55),)
        sale = SaleCompleted(f"{store}-{line.product}-{n}", "R", "", lines, amount, "EUR", {"55": 0}, "cash_desk", "", False, 1)
        trade.add_sales(db, [(sale, "", trade.Origin(f"shelf-{store}", store, "e", n, (TODAY - 5) * packs.DAY_MS, 0))])


def shelf(db, days=200):
    """Write a shelf with a past into a ledger: apples sell three a day, pears a third of that."""
    rates = {"A1": 3.0, "A2": 1.0}
    draws = np.random.default_rng(4)
    cells = tuple(Cell(slot, code(f"p{n}"), 24, 4, 6) for n, slot in enumerate(rates, 900))
    for cell in cells:
        name = {"en": f"Apple {cell.slot}", "fr": f"Pomme {cell.slot}", "zh": f"苹果{cell.slot}"}
        catalogue.save_product(db, Product(cell.gtin, name, Money(200, "EUR"), 55, 180.0))
    fleet.assign(db, "shelf-1", "Paris 11", 0)
    plan = Planogram(1, "shelf-1", cells)
    catalogue.add_planogram(db, plan, 0)
    for cell in cells:
        left = cell.capacity
        for day in range(TODAY - days, TODAY):
            sold = min(int(draws.poisson(rates[cell.slot])), left)
            left = cell.capacity if left - sold < 8 else left - sold
            supply.put_demand(db, "shelf-1", cell.slot, cell.gtin, (day, sold, left))
    return plan


@pytest.fixture
def db(tmp_path):
    ledger = Ledger(tmp_path / "hq.db")
    with ledger.write() as db:
        yield db
    ledger.close()


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A ledger with a simulated chain in it, and the stores in which small packs were planted as wanted."""
    ledger = Ledger(tmp_path_factory.mktemp("chain") / "hq.db")
    with ledger.write() as db:
        planted = fill(db)
        yield db, planted
    ledger.close()


def test_planted_wishes_are_found_in_the_ledgers_own_sales(chain):
    db, planted = chain
    report, = packs.of_ledger(db, TODAY, DAYS, 1)
    small = {advice.store for advice in report.advice if advice.size == "small"}
    assert (report.category, report.stores, report.bounds) == ("snacks", 120, (60.0, 150.0))
    assert len(small & planted) >= 0.8 * len(planted) and len(small - planted) <= 0.15 * len(small)
    strongest = report.advice[0]
    assert strongest.lines and all(line.store == strongest.store and line.size == strongest.size for line in strongest.lines)
    assert report.names[strongest.lines[0].product].startswith("Crisps p")


def test_clusters_are_markets_of_their_own_and_the_window_bounds_what_counts(chain):
    db, _ = chain
    report, = packs.of_ledger(db, TODAY, DAYS, 3, "fr")
    assert [len(stores) for stores in report.clusters] == [40, 40, 40] and len(report.gaps) == 3
    assert next(iter(report.names.values())).startswith("Chips")
    assert packs.of_ledger(db, TODAY - 10, DAYS, 1) == ()


def test_days_without_goods_are_no_demand(chain):
    db, _ = chain
    held = {(line.store, line.product): line.days for line in simulate(100)[0]}
    advice = packs.of_ledger(db, TODAY, DAYS, 1)[0].advice
    assert all(line.days == held[line.store, next(p for p in (f"p{n}" for n in range(18)) if code(p) == line.product)]
               for one in advice for line in one.lines)


@pytest.mark.skipif(DATA is None, reason="set KIOSK_DATA to the folder of evaluation data")
def test_a_chains_stores_that_want_small_bags_are_named_with_their_lines(capsys):
    folder = Path(DATA or "") / "stock"
    files = [str(folder / f"grocery_{name}.csv.gz") for name in ("products", "transactions_sample")]
    assert main(["hq", "insight", "packs", *files, "--json"]) == 0
    report, = json.loads(capsys.readouterr().out)
    assert "372" in {one["store"] for one in report["advice"] if one["size"] == "small"}
    assert report["silent"] > 50
    assert all(one["lines"] and one["low"] < one["share"] < one["high"] for one in report["advice"])
    assert main(["hq", "insight", "packs", "--clusters", "1", *files]) == 0
    told = capsys.readouterr().out
    assert "store 372: more small packs" in told and "VEND MACH SNACKS" in told


def test_the_command_reads_hqs_own_ledger(tmp_path, capsys):
    ledger = Ledger(tmp_path / "hq.db")
    with ledger.write() as db:
        shelf(db)
    ledger.close()
    assert main(["hq", "insight", "packs", "--folder", str(tmp_path)]) == 0
    assert "no category with packs of more than one size" in capsys.readouterr().out


GOODS = "product_id,product_category,package_size\n1,BAG SNACKS,2 OZ\n"
SALES = "store_id,product_id,quantity,week\n"


@pytest.mark.parametrize(("products", "sales", "told"), [
    ("a,b\n1,2\n", "", "the header lacks product_id"), (GOODS, SALES + "1,1,x,1\n", ":2: 'x' is no number"),
    (GOODS, SALES + "1,1,1,nan\n", ":2: 'nan' is no number"), (GOODS, SALES + "1\n", ":2: '' is no number"),
    (GOODS.replace("BAG", "OLD"), SALES + "1,1,1,1\n", "nothing of 'BAG SNACKS'")])
def test_files_that_are_not_a_chains_are_refused_by_name(tmp_path, capsys, products, sales, told):
    paths = [tmp_path / "products.csv", tmp_path / "sales.csv"]
    for path, text in zip(paths, (products, sales), strict=True):
        path.write_text(text)
    assert main(["hq", "insight", "packs", *map(str, paths)]) == 1
    assert told in capsys.readouterr().err
    assert main(["hq", "insight", "packs", str(paths[0])]) == 1


def test_an_items_outlook(db):
    plan = shelf(db)
    seen = item.study(db, plan, plan.cells[0], TODAY, (Rhythm(7, 2), 0.95))
    assert seen.known == 200 and len(seen.stock) == item.SHOWN_DAYS
    told = seen.outlook
    assert told.expected == pytest.approx(3.0, rel=0.2)
    assert told.point < told.target and 6 <= told.point <= 18 and 24 <= told.target <= 42
    early, middle, late = told.fan[0], told.fan[2], told.fan[-1]
    assert all(a <= b <= c for a, b, c in zip(early, middle, late, strict=True)) and middle[-1] == pytest.approx(42, rel=0.2)
    fills, held = zip(*told.curve, strict=True)
    assert list(fills) == sorted(fills) and list(held) == sorted(held) and fills[-1] > 0.98
    other = item.study(db, plan, plan.cells[1], TODAY, (Rhythm(7, 2), 0.95)).outlook
    assert other.expected < told.expected / 2 and other.target < told.target


def test_a_short_record_says_so(db):
    plan = shelf(db, 20)
    seen = item.study(db, plan, plan.cells[0], TODAY, (Rhythm(1, 1), 0.95))
    assert seen.outlook is None and seen.known == 20 and len(seen.stock) == 20
