import json

import pytest

from kiosk.__main__ import main
from kiosk.domain.events import StockChanged
from kiosk.domain.money import Money
from kiosk.errors import HqError, InvalidValueError
from kiosk.hq import imports
from kiosk.hq.ledger import catalogue, fleet
from kiosk.wire import DeviceState
from tests.hq.conftest import Device

HEADER = "gtin,name_fr,name_en,name_zh,price,vat,unit_weight_g,picture,garment\n"
GOOD = HEADER + "4006381333931,Eau,Water,水,1.20,5.5,500,water.png,\n5449000000996,Cola,Cola,可乐,\"2,50\",20,330,cola.png,\n"
PLAN = "device,slot,gtin,capacity,reorder_point,case_pack\nshelf-1,A1,4006381333931,12,4,6\nshelf-1,A2,5449000000996,8,3,4\n"


def load(ledger, stamp, table, text):
    with ledger.write() as db:
        preview = imports.read(db, table, text.encode(), "EUR")
        imports.apply(db, preview, stamp, "test")
        return preview


def test_products_are_previewed_applied_and_published(ledger, stamp):
    assert [c.kind for c in load(ledger, stamp, "products", GOOD).changes] == ["new", "new"]
    again = load(ledger, stamp, "products", GOOD.replace("1.20", "1.35"))
    assert [(c.kind, c.details) for c in again.changes] == [("changed", (("price", "1.20", "1.35"),)), ("same", ())]
    with ledger.read() as db:
        listed = catalogue.pricelist(db)
        assert listed.version == 2 and listed.product("4006381333931").price == Money(135, "EUR")
        assert listed.product("5449000000996").price == Money(250, "EUR") and listed.product("4006381333931").vat_permille == 55
        assert ("price", "4006381333931", "120", "135") in [(r["act"], r["subject"], r["before"], r["after"]) for r in catalogue.audit(db)]


def test_all_mistakes_at_once_with_their_lines(ledger):
    text = HEADER + ("4006381333932,a,b,c,1,20,1,,\n4006381333931,a,b,c,1.205,20,1,,\n5449000000996,a,,c,1,20,1,,\n"
                     "5449000000996,a,b,c,1e400,20,1,,\n5449000000996,a,b,c,1,20.55,1,,\n5449000000996,a,b,c,1,20,x,../p,\n"
                     "4006381333931,a,b,c,1,20,1,,\n4006381333931,a,b,c,1,20,1,,\n")
    with ledger.write() as db:
        preview = imports.read(db, "products", text.encode(), "EUR")
        assert [m.line for m in preview.mistakes] == [2, 3, 4, 5, 6, 7, 9]
        assert "its check digit is 1" in preview.mistakes[0].reason and "line 8 already" in preview.mistakes[-1].reason
        with pytest.raises(HqError, match="7 line"):
            imports.apply(db, preview, None, "test")


def test_files_that_are_no_tables(ledger):
    with ledger.read() as db:
        for content, word in ((b"\xff\xfe\x00", "UTF-8"), (b"a,b\n1,2\n", "lacks gtin"), (HEADER.encode(), "no line"), (b"", "lacks")):
            assert word in imports.read(db, "products", content, "EUR").mistakes[0].reason


def test_a_comma_without_quotes_is_told(ledger):
    with ledger.read() as db:
        (mistake,) = imports.read(db, "products", (HEADER + "4006381333931,Eau, plate,Water,水,1.20,5.5,500,,\n").encode(), "EUR").mistakes
    assert mistake.line == 2 and "quotes" in mistake.reason


def test_semicolons_and_a_byte_order_mark_as_spreadsheets_write_them(ledger):
    with ledger.read() as db:
        text = "\ufeff" + HEADER.replace(",", ";") + "4006381333931;Eau;Water;水;1,20;5,5;500;;\r\n"
        assert imports.read(db, "products", text.encode(), "EUR").products[0].price == Money(120, "EUR")


def test_columns_that_a_spreadsheet_has_left_over_do_no_harm(ledger):
    with ledger.read() as db:
        text = HEADER.replace(",", ";").replace("\n", ";;\n") + "4006381333931;Eau;Water;水;1,20;5,5;500;;;;\n;;;;;;;;;;\n"
        preview = imports.read(db, "products", text.encode(), "EUR")
        assert preview.mistakes == () and preview.products[0].price == Money(120, "EUR")
        (mistake,) = imports.read(db, "products", text.replace(";500;", ";5;00;").encode(), "EUR").mistakes
        assert mistake.line == 2 and "more than 11 fields" in mistake.reason
        (mistake,) = imports.read(db, "products", b"x" * (imports.LARGEST_BYTES + 1), "EUR").mistakes
        assert "longer than 2 MB" in mistake.reason, "how long is not known: no more of it was read"


def test_planogram_goes_into_the_downbox_of_its_device(ledger, stamp):
    load(ledger, stamp, "products", GOOD)
    with ledger.write() as db:
        fleet.add_device(db, "shelf-1", 1)
        fleet.set_state(db, "shelf-1", DeviceState(True, "s", "1", "e1", ("stock",)), 1)
    load(ledger, stamp, "planogram", PLAN)
    load(ledger, stamp, "planogram", PLAN)
    with ledger.read() as db:
        assert [(r["kind"], r["seq"]) for r in fleet.pending(db)] == [("planogram", 1)]
        assert catalogue.planogram(db, "shelf-1").cell("A2").capacity == 8
        wrong = imports.read(db, "planogram", PLAN.replace("12,4,6", "4,4,6").replace("5449000000996", "96385074").encode(), "EUR")
    assert ["do not go together" in wrong.mistakes[0].reason, "not known" in wrong.mistakes[1].reason] == [True, True]


def test_promotions(ledger, stamp):
    load(ledger, stamp, "products", GOOD)
    text = "id,kind,gtin,name_fr,name_en,name_zh,percent,take,pay\np1,n_for_m,5449000000996,3 pour 2,3 for 2,买3付2,,3,2\n"
    load(ledger, stamp, "promotions", text)
    with ledger.read() as db:
        assert catalogue.pricelist(db).promotions[0].take == 3
        assert imports.read(db, "promotions", text.replace(",3,2", ",2,3").encode(), "EUR").mistakes[0].line == 2


def test_prices_are_read_without_floats():
    assert imports.price("0.29", "EUR") == Money(29, "EUR") and imports.price("1200", "JPY") == Money(1200, "JPY")
    assert [imports.price(text, "EUR").minor for text in (" 1,5 ", "+2", ".5", "1,")] == [150, 200, 50, 100]
    for text in ("1.234", "-1", "nan", "inf", "", "1e999", "12,34,5", "1_50", "3e2", "٣", "१", ".", "1 200", "12.50 €"):
        with pytest.raises(InvalidValueError):
            imports.price(text, "EUR")


PLATES = "device,cell,shelf,x_mm,width_mm\nshelf-1,P1,top,0,150\nshelf-1,P2,top,150,150\n"
SHARED = ("device,slot,gtin,capacity,reorder_point,case_pack,plates,shelf,x_mm,width_mm\n"
          "shelf-1,A1,4006381333931,12,4,6,P1 P2,top,20,180\nshelf-1,A2,5449000000996,8,3,4,P2,top,\"210,5\",80\n")


def test_plates_then_slots_that_share_them(ledger, stamp):
    load(ledger, stamp, "products", GOOD)
    with ledger.read() as db:
        (first, second) = imports.read(db, "planogram", SHARED.encode(), "EUR").mistakes
        assert first.line == 2 and "plate P1, which this device has not" in first.reason and second.line == 3
    load(ledger, stamp, "plates", PLATES)
    load(ledger, stamp, "planogram", SHARED)
    with ledger.read() as db:
        plan = catalogue.planogram(db, "shelf-1")
        assert [(c.slot, c.plates, c.shelf, c.x_mm, c.width_mm) for c in plan.cells] == [
            ("A1", ("P1", "P2"), "top", 20.0, 180.0), ("A2", ("P2",), "top", 210.5, 80.0)]
        assert [p.cell for p in plan.plates] == ["P1", "P2"] and plan.version == 2
        orphaned = imports.read(db, "plates", PLATES.replace("shelf-1,P2,top,150,150\n", "").encode(), "EUR")
        assert ["slot A1" in orphaned.mistakes[0].reason, "slot A2" in orphaned.mistakes[1].reason] == [True, True]
    again = load(ledger, stamp, "planogram", SHARED.replace("210,5", "215"))
    assert again.changes[1].details == (("x_mm", "210.5", "215"),)
    with ledger.read() as db:
        assert catalogue.planogram(db, "shelf-1").plates == plan.plates


@pytest.mark.parametrize(("table", "row", "says"), [
    ("products", "4006381333932,a,b,c,1,20,1,,", "its check digit is 1"),
    ("planogram", "shelf-1,A1,5449000000997,12,4,6", "its check digit is 6"),
    ("promotions", "p,percent,96385075,a,b,c,10,,", "its check digit is 4"), ("plates", "shelf-1,P1,top,0,0", "cannot be"),
    ("plates", "shelf-1,P1,top,-5,100", "not between"), ("planogram", "shelf-1,A/1,5449000000996,12,4,6", "are a name")])
def test_each_table_says_what_is_wrong_with_a_row(ledger, stamp, table, row, says):
    load(ledger, stamp, "products", GOOD)
    with ledger.read() as db:
        content = ",".join(imports.COLUMNS[table]) + "\n" + row + "\n"
        assert says in imports.read(db, table, content.encode(), "EUR").mistakes[0].reason


def test_stock_events_leave_hq_as_epcis(ledger, stamp, ingest, capsys, tmp_path):
    shelf = Device("shelf-1")
    load(ledger, stamp, "products", GOOD)
    ingest.commit([shelf.send(StockChanged("A1", "4006381333931", -1, 3, "retail_selling", "pick", 0.9),
                              StockChanged("A1", "4006381333931", 2, 5, "stock_taking", "count", 1.0))], stamp)
    assert main(["hq", "epcis", "--folder", str(tmp_path)]) == 0
    events = json.loads(capsys.readouterr().out)["epcisBody"]["eventList"]
    assert [(e["bizStep"], "errorDeclaration" in e) for e in events] == [
        ("retail_selling", False), ("retail_selling", True), ("stock_taking", False)]
    assert main(["hq", "epcis", "--folder", str(tmp_path), "--since", "tomorrow"]) == 1


COLUMNS = (*imports.COLUMNS["promotions"], *imports.OPTIONAL["promotions"])
WATER, WINE, CHEESE = "4006381333931", "5901234123457", "2100012000000"


def offer(name, kind, **columns):
    return ",".join({"id": name, "kind": kind, **columns}.get(c, "") for c in COLUMNS)


def offers(*rows):
    return "\n".join((",".join(COLUMNS), *rows)) + "\n"


OFFERS = offers(
    offer("menu", "bundle", gtins=f"{WATER} {WINE}", price="4.00", name_fr="Menu", name_en="Meal deal", name_zh="套餐"),
    offer("card", "price", gtin=WATER, price="0.90", member="yes"),
    offer("late", "percent", gtin=WINE, percent="50", days="12345", **{"from": "17:00", "until": "19:00"}),
    offer("five", "basket", threshold="20.00", off="5.00"), offer("spring", "basket", percent="10", coupon="9900000000011"))
MORE_GOODS = """gtin,name_fr,name_en,name_zh,price,vat,unit_weight_g,picture,garment,sold_by,deposit,deposit_vat,min_age,category,keeps_days
4006381333931,Eau,Water,水,1.05,5.5,500,,,,0.25,0,,drinks,
5901234123457,Vin,Wine,酒,3.99,20,750,,,piece,,,18,,
2100012000000,Comté,Comté,奶酪,24.90,5.5,1,,,weight,,,,cheese,21
"""
CODES = "prefix,kind,item_digits,value_digits,decimals,verifier\n21,weight,5,5,3,\n22,price,4,5,2,yes\n"


def put(ledger, stamp, table, text):
    with ledger.write() as db:
        preview = imports.read(db, table, text.encode(), "EUR")
        if not preview.mistakes:
            imports.apply(db, preview, stamp, "test")
    return preview


def test_offers_deposits_ages_weights_and_codes_reach_the_price_list(ledger, stamp):
    for table, text in (("products", MORE_GOODS), ("codes", CODES), ("promotions", OFFERS)):
        assert put(ledger, stamp, table, text).mistakes == ()
        assert {c.kind for c in put(ledger, stamp, table, text).changes} == {"same"}
    with ledger.read() as db:
        made = catalogue.pricelist(db)
    found = {p.id: p for p in made.promotions}
    assert found["menu"].gtins == (WATER, WINE) and found["menu"].price_minor == 400
    assert (found["late"].days, found["late"].from_min, found["late"].until_min) == ("12345", 1020, 1140)
    assert (found["five"].threshold_minor, found["five"].off_minor, found["card"].member) == (2000, 500, True)
    water, wine, cheese = (made.listed(code) for code in (WATER, WINE, CHEESE))
    assert (water.deposit_minor, wine.min_age, cheese.sold_by) == (25, 18, "weight")
    assert [(p.category, p.keeps_days) for p in (water, wine, cheese)] == [("drinks", 0), ("", 0), ("cheese", 21)]
    assert made.product(made.formats[0].write(cheese.gtin, 482)) == cheese
    put(ledger, stamp, "promotions", offers(offer("five", "ended")))
    with ledger.read() as db:
        assert "five" not in {p.id for p in catalogue.pricelist(db).promotions}


@pytest.mark.parametrize(("row", "reason"), [
    (offer("b", "bundle", gtins=WATER, price="4"), "2 to 8 pieces"),
    (offer("b", "bundle", gtins=f"{WATER} 9520000000011", price="4"), "9520000000011 is not known"),
    (offer("b", "basket", off="5"), "needs a threshold or a coupon"),
    (offer("b", "percent", gtin=WATER, percent="10", member="maybe"), "neither yes nor no"),
    (offer("b", "percent", gtin=WATER, percent="10", **{"from": "5pm"}), "e.g. 17:30"),
    (offer("b", "percent", gtin=WATER, percent="10", coupon="123"), "no GTIN"),
    (offer("b", "percent", gtin=WATER, percent="10", days="8"), "1 is Monday"),
    (offer("b", "gift", gtin=WATER), "not one of percent")])
def test_each_mistake_in_an_offer_is_told(ledger, stamp, row, reason):
    put(ledger, stamp, "products", MORE_GOODS)
    (mistake,) = put(ledger, stamp, "promotions", offers(row)).mistakes
    assert reason in mistake.reason


@pytest.mark.parametrize(("rows", "reason"), [
    ("31,weight,5,5,3,", "begin with 2"), ("21,weight,5,3,3,", "not 12 or 13"), ("21,weight,5,5,3,\n2,price,5,5,2,yes", "overlap")])
def test_each_mistake_in_a_layout_of_codes_is_told(ledger, stamp, rows, reason):
    header = CODES.split("\n", 1)[0]
    (mistake,) = put(ledger, stamp, "codes", f"{header}\n{rows}\n").mistakes
    assert reason in mistake.reason


def test_bundles_that_cannot_be_combined_exactly_are_refused_as_a_whole(ledger, stamp):
    put(ledger, stamp, "products", MORE_GOODS)
    rows = (offer(f"b{i}", "bundle", gtins=f"{WATER} {WINE}", price="4") for i in range(5))
    assert "share products" in put(ledger, stamp, "promotions", offers(*rows)).mistakes[0].reason


@pytest.mark.parametrize(("words", "said"), [
    *((["serve", "--broker", address], "HOST:PORT is expected") for address in ("127.0.0.1:99999", "127.0.0.1:\u00b2", "127.0.0.1")),
    (["assign", "pay-1", " "], "have names"), (["assign", "", "paris"], "have names"),
])
def test_a_command_that_cannot_be_meant_changes_nothing(tmp_path, capsys, words, said):
    assert main(["hq", *words, "--folder", str(tmp_path / "hq")]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "hq").exists()
