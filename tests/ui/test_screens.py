"""Every screen in every language and size: touchable, readable, whole, and quick to draw."""

from dataclasses import fields, is_dataclass, replace
from itertools import combinations

import numpy as np
import pygame
import pytest

from kiosk.design.amounts import money
from kiosk.design.tokens import TOUCH
from kiosk.design.words import say, table
from kiosk.domain.catalog import LANGUAGES
from kiosk.domain.money import Money
from kiosk.errors import InvalidValueError
from kiosk.ui import views
from kiosk.ui.samples import gallery
from kiosk.ui.screens import DRAW, draw, render
from kiosk.ui.views import Status, View

EN = Status("en", clock="14:05", store="Lumière")


SIGHTS = {"usual": {}, "large and high contrast": {"large": True, "contrast": True}}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_can_be_read_and_touched(language, sight):
    problems = []
    for name, usual, sizes in gallery(language):
        view = replace(usual, status=replace(usual.status, **SIGHTS[sight]))
        for size in sizes if sight == "usual" else sizes[:2]:
            canvas = draw(view, size, audit=True)
            boxes = {target: pygame.Rect(box) for target, box in canvas.targets.items()}
            least = round(TOUCH * canvas.unit) - 1
            problems += [f"{name} {size}: {p}" for p in canvas.problems]
            problems += [f"{name} {size}: {t} leaves the screen" for t, b in boxes.items() if not canvas.box.contains(b)]
            problems += [f"{name} {size}: {t} is small: {b}" for t, b in boxes.items() if min(b.size) < least]
            problems += [f"{name} {size}: {a} overlaps {b}" for a, b in combinations(boxes, 2) if boxes[a].colliderect(boxes[b])]
    assert problems == []


def test_every_view_has_a_screen_and_a_sample():
    all_views = {v for v in vars(views).values() if isinstance(v, type) and issubclass(v, View) and v is not View}
    assert set(DRAW) == all_views
    assert {type(view) for _, view, _ in gallery("en")} == all_views
    assert len({v.screen for v in all_views}) == len(all_views)


def targets(view: View, size=(800, 480)) -> set[str]:
    return set(render(view, size)[1].targets)


KEYS = {f"key:{n}" for n in range(10)}
LINES = (views.LineView("Apple", 2, Money(120, "EUR"), picture="apple"),)
TOTAL = Money(120, "EUR")
SLOT = views.SlotView("A1", "Apple", 3, 10, 2, 0, TOTAL, "apple")
CARD = views.GarmentCard("Jacket", TOTAL, stock=2)
TILE = views.ItemTile("Jacket", TOTAL)
SIZES = (views.SizeTile("1", "S", 2), views.SizeTile("2", "M", 1, chosen=True))
FULL = views.ProductCard("Jacket", TOTAL, sizes=SIZES, matches=(TILE,), stock=1)
HOT = {"like", "likes", "compare", "back_view", "photo", "phone"}
WISH = views.WishView(1, "Jacket, M", "bring", "14:02")


@pytest.mark.parametrize(("view", "names"), [
    (views.PayAttract(EN), {"start", "language", "seeing", "enrol", "staff"}),
    (views.PayBasket(EN, LINES, TOTAL), {"pay", "language", "seeing", "staff", "cancel", "remove:0"}),
    (views.PayBasket(EN, (), TOTAL), {"language", "seeing", "staff", "cancel"}),
    (views.PayBasket(EN, (views.LineView("Deposit", 1, TOTAL, fixed=True), views.LineView("Coupon", 1, None)), TOTAL),
     {"pay", "language", "seeing", "staff", "cancel", "remove:1"}),
    (views.PayAge(EN, 18), {"staff", "back", "cancel"}),
    (views.PayStillThere(EN, 9), {"stay"}),
    (views.PayTender(EN, TOTAL), {"seeing", "face", "qr", "cash", "back"}),
    (views.PayTender(EN, TOTAL, face=False), {"seeing", "qr", "cash", "back"}),
    (views.PayDigits(EN, 0), KEYS | {"erase", "cancel", "other_way"}),
    (views.PayFace(EN), {"other_way", "cancel"}),
    (views.PayConfirm(EN, TOTAL, "•• 42", 1), {"confirm", "not_me", "other_way", "cancel"}),
    (views.PayPin(EN, 0), KEYS | {"erase", "cancel", "other_way"}),
    (views.PayQr(EN, TOTAL), {"back", "cancel"}),
    (views.PayWaiting(EN, "authorising"), set()),
    (views.PayPaid(EN, TOTAL, "R-1", "r"), {"done"}),
    (views.PayRefused(EN, "declined"), {"retry", "qr", "cash", "cancel"}),
    (views.PayRefused(EN, "offline_limit", qr=False), {"retry", "cash", "cancel"}),
    (views.PayRefused(EN, "not_recognised", pin=True), {"retry", "pin", "qr", "cash", "cancel"}),
    (views.PayCash(EN, TOTAL, "A 1"), {"staff", "done"}),
    (views.EnrolConsent(EN, "1"), {"accept", "decline", "language", "my_data"}),
    (views.MyData(EN, "http://x"), {"erase", "done"}),
    (views.MyData(EN, refused="not_recognised"), {"done"}),
    (views.MyErase(EN), {"yes", "no"}),
    (views.MyErase(EN, done=True), {"done"}),
    (views.EnrolAge(EN), {"adult", "minor"}),
    (views.EnrolSign(EN), {"pad", "clear", "cancel"}),
    (views.EnrolSign(EN, (((1, 1), (2, 2)),), signed=True), {"pad", "clear", "ok", "cancel"}),
    (views.EnrolPin(EN, 0), KEYS | {"erase", "cancel"}),
    (views.EnrolReview(EN), {"keep", "cancel"}),
    (views.EnrolDigits(EN, ""), KEYS | {"erase", "ok", "cancel"}),
    (views.EnrolFace(EN), {"cancel"}),
    (views.EnrolDone(EN, True), {"done"}),
    (views.StaffLogin(EN, 0), KEYS | {"erase", "ok", "cancel"}),
    (views.StaffMenu(EN, "Ana", ("refill", "count", "close_day")), {"refill", "count", "close_day", "leave"}),
    (views.StaffMenu(EN, "Ana", ()), {"leave"}),
    (views.StaffAge(EN, 18, "1 May 2008"), {"approve", "refuse", "back"}),
    (views.StaffNumber(EN, "cash_count", "€1.00", 3), KEYS | {"erase", "ok", "back"}),
    (views.StaffLines(EN, "void", LINES), {"line:0", "back"}),
    (views.StaffLines(EN, "void", LINES, ((0, 1),)), {"line:0", "back", "ok"}),
    (views.StaffLines(EN, "refund", LINES), {"line:0", "back", "whole"}),
    (views.StaffLines(EN, "refund", LINES, ((0, 1),), TOTAL), {"line:0", "back", "whole", "restock", "write_off"}),
    (views.StaffLines(EN, "refund", (replace(LINES[0], fixed=True),)), {"back"}),
    (views.StaffLines(EN, "void", LINES * 12, page=1), {"back", "more", *(f"line:{i}" for i in range(4, 8))}),
    (views.StaffHours(EN, (("Mon", "8–20"),) * 7, 1, "08:00", "20:00", False),
     {*(f"day:{i}" for i in range(1, 8)), "closed", "opens_minus", "opens_plus", "closes_minus", "closes_plus", "ok", "back"}),
    (views.StaffHours(EN, (("Mon", "8–20"),) * 7, 1, "08:00", "20:00", True), {*(f"day:{i}" for i in range(1, 8)), "closed", "ok", "back"}),
    (views.StaffSlots(EN, "count", (SLOT,), "A1", 3), {"slot:A1", "plus", "minus", "ok", "back"}),
    (views.StaffSlots(EN, "count", ()), {"back"}),
    (views.StaffReport(EN, (("Sales", "4"),)), {"done"}),
    (views.OutOfOrder(EN), {"staff"}),
    (views.OutOfOrder(EN, "crashed"), set()),
    (views.SetupCard(EN, ("kiosk.toml is missing",)), set()),
    (views.ShelfBoard(EN, (SLOT,)), {"staff"}),
    (views.ShelfBoard(EN, ()), {"staff"}),
    (views.MirrorAttract(EN), {"language", "staff"}),
    (views.MirrorTryOn(EN, card=CARD, count=3, basket_count=1), {"next", "previous", "add", "card", "pay", "language", "staff"} | HOT),
    (views.MirrorTryOn(EN, card=CARD, count=3, countdown=2), {"add", "card", "language", "staff"}),
    (views.MirrorCard(EN, FULL), {"size:1", "size:2", "match:0", "add", "bring", "reserve", "done"}),
    (views.MirrorCard(EN, replace(FULL, wished=True, stock=0)), {"size:1", "size:2", "match:0", "reserve", "done"}),
    (views.MirrorCompare(EN, (TILE, TILE)), {"take:0", "take:1", "previous", "next", "done"}),
    (views.MirrorBack(EN), {"done"}),
    (views.MirrorBack(EN, recording=False), {"again", "done"}),
    (views.MirrorLikes(EN, (TILE,)), {"wear:0", "drop:0", "done"}),
    (views.MirrorPhone(EN, "photo", "http://x"), {"done"}),
    (views.MirrorBasket(EN, LINES, TOTAL), {"pay", "reserve", "deliver", "remove:0", "done"}),
    (views.MirrorBasket(EN, LINES, TOTAL, pays=False, delivers=False), {"reserve", "remove:0", "done"}),
    (views.MirrorOrdered(EN, "bring", name="Shirt"), {"done"}),
    (views.StaffWishes(EN, (WISH,)), {"line:1", "back"}),
    (views.StaffWishes(EN, (WISH,), 1), {"line:1", "back", "ok"}),
])
def test_the_targets_are_those_that_flows_know(view, names):
    size = (720, 1280) if view.screen.startswith("mirror") else (800, 480)
    assert targets(view, size) == names


WITHOUT_A_FACE = {"qr", "cash", "other_way", "pay", "start"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_way_to_pay_without_a_face_is_on_every_screen_that_asks_for_one(language):
    """From the question how to pay until money moves; the basket and the start lead to that question."""
    asking = [(name, view) for name, view, _sizes in gallery(language) if name.startswith("pay.") and view.screen not in (
        "pay.waiting", "pay.paid", "pay.cash", "pay.qr", "pay.code", "pay.age", "pay.still_there")]
    assert {view.screen for _name, view in asking} >= {"pay.tender", "pay.digits", "pay.face", "pay.pin", "pay.confirm", "pay.refused"}
    for name, view in asking:
        for size in ((800, 480), (720, 1280)):
            empty = isinstance(view, views.PayBasket) and not view.lines
            assert empty or targets(view, size) & WITHOUT_A_FACE, (name, size)


def test_facts_tell_what_a_shopper_would_read():
    _, presented = render(views.PayBasket(EN, LINES, TOTAL), (800, 480))
    assert (presented.screen, presented.facts["items"], presented.facts["total_minor"]) == ("pay.basket", "2", "120")
    assert render(views.PayPaid(EN, TOTAL, "R-1"), (800, 480))[1].facts["receipt"] == "R-1"
    assert render(views.PayRefused(EN, "declined", qr=False), (800, 480))[1].facts["ways"] == "retry,cash,cancel"
    assert render(views.PayTender(EN, TOTAL, qr=False), (800, 480))[1].facts["ways"] == "face,cash"
    assert render(views.PayDigits(EN, 3), (800, 480))[1].facts["entered"] == "3"


def test_a_reason_that_nobody_knows_is_told_in_general_words():
    assert not draw(views.PayRefused(EN, "by_the_moon"), (800, 480), audit=True).problems
    assert not draw(views.OutOfOrder(EN, "by_the_moon"), (800, 480), audit=True).problems
    assert not draw(views.PayWaiting(EN, "by_the_moon"), (800, 480), audit=True).problems
    odd = replace(EN, banner="by_the_moon")
    for view in (views.PayBasket(odd, LINES, TOTAL, hint="by_the_moon"), views.PayBasket(odd, (), TOTAL, hint="by_the_moon"),
                 views.PayFace(odd, np.zeros((48, 64, 3), np.uint8), hint="by_the_moon"), views.ShelfBoard(odd, (), ("by_the_moon",)),
                 views.EnrolDone(odd, ok=False, reason="by_the_moon"), views.StaffReport(odd, (), "by_the_moon")):
        assert not draw(view, (800, 480), audit=True).problems
    with pytest.raises(InvalidValueError, match="'de'"):
        render(views.PayAttract(Status("de")), (800, 480))


BASKET_HINTS = {"scan_more", "unknown_code", "check_digit", "age_refused", "added", "removed", "restored"}
KEYED = {
    "hint": lambda s, key: (views.PayBasket(s, LINES, TOTAL, hint=f"{key}:4") if key in BASKET_HINTS
                            else views.PayFace(s, np.zeros((48, 64, 3), np.uint8), hint=key),),
    "refused": lambda s, key: (views.PayRefused(s, key),),
    "waiting": lambda s, key: (views.PayWaiting(s, key),),
    "banner": lambda s, key: (views.PayBasket(replace(s, banner=key), LINES, TOTAL),),
    "enrol.failed": lambda s, key: (views.EnrolDone(s, ok=False, reason=key),),
    "out_of_order": lambda s, key: (views.OutOfOrder(s, key),),
    "alert": lambda s, key: (views.ShelfBoard(s, (SLOT,), (key,)),),
    "staff.login": lambda s, key: (views.StaffLogin(replace(s, large=True), 0, wrong=True, waits=key == "waits"),),
    "staff.report": lambda s, key: (views.StaffReport(s, ((say(f"staff.report.{key}", s.language), "12,50 €"),)),),
}


@pytest.mark.parametrize("area", KEYED)
def test_every_text_that_a_flow_may_choose_fits(area):
    keys = [k.removeprefix(f"{area}.") for k in table() if k.startswith(f"{area}.") and not k.endswith(".more")]
    problems = [f"{key} {language} {size}: {problem}" for key in keys for language in LANGUAGES for size in ((800, 480), (720, 1280))
                for view in KEYED[area](Status(language), key) for problem in draw(view, size, audit=True).problems]
    assert keys and problems == []


def test_a_picture_is_a_function_of_its_view():
    view = views.PayPaid(EN, TOTAL, "R-1", "receipt", time_s=1.0)
    first, again = (pygame.image.tobytes(render(view, (800, 480))[0], "RGB") for _ in range(2))
    later = pygame.image.tobytes(render(replace(view, time_s=1.3), (800, 480))[0], "RGB")
    assert first == again != later


def dear(value: object) -> object:
    """The same view with every amount at 99,999.99."""
    if isinstance(value, Money):
        return Money(9_999_999, value.currency)
    if isinstance(value, tuple):
        return tuple(dear(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: dear(getattr(value, f.name)) for f in fields(value)})
    return value


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_amount_is_never_cut(language, sight):
    amount = money(Money(9_999_999, "EUR"), language)
    cut = [f"{name} {size}: {problem}" for name, usual, sizes in gallery(language) for size in sizes[:2]
           for problem in draw(dear(replace(usual, status=replace(usual.status, **SIGHTS[sight]))), size, audit=True).problems
           if amount in problem]
    assert cut == []


def test_long_names_and_huge_amounts_are_cut_and_said():
    lines = (views.LineView("Confiture de fraises des bois au sucre de canne non raffiné " * 3, 12, Money(10**9, "EUR"), picture="x"),)
    canvas = draw(views.PayBasket(EN, lines, Money(10**9, "EUR")), (800, 480), audit=True)
    assert canvas.problems and all("Confiture" in p for p in canvas.problems)
