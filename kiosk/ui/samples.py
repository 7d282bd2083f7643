"""Views with plausible values, one or more of every screen: for the gallery, the tests and whoever writes a screen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from kiosk.design.amounts import day_name
from kiosk.design.reasons import order_reason
from kiosk.design.words import say
from kiosk.domain.events import OrderReason
from kiosk.domain.frame import Picture
from kiosk.domain.money import Money
from kiosk.domain.staff import Right
from kiosk.ui import views
from kiosk.ui.views import LineView, OrderView, ReceivedView, SlotView, Status, View

PAY_SIZES: Final = ((800, 480), (720, 1280), (1080, 1920))
"""Pay screens run on the terminal, upright terminals and the mirror."""
MIRROR_SIZES: Final = ((720, 1280), (1080, 1920))
SHELF_SIZES: Final = ((800, 480),)

_NAMES = {
    "fr": {"apple": "Pomme Gala", "water": "Eau de source 50 cl", "juice": "Jus d'orange pressée", "chocolate": "Chocolat noir 70 %",
           "chips": "Chips au sel de mer", "coffee": "Café à emporter", "noodles": "Nouilles épicées", "soap": "Savon à la lavande",
           "jacket_blue": "Veste en toile bleue"},
    "en": {"apple": "Gala apple", "water": "Spring water 50 cl", "juice": "Fresh orange juice", "chocolate": "Dark chocolate 70%",
           "chips": "Sea salt crisps", "coffee": "Coffee to go", "noodles": "Spicy noodles", "soap": "Lavender soap",
           "jacket_blue": "Blue canvas jacket"},
    "zh": {"apple": "嘎啦苹果", "water": "天然矿泉水 500 毫升", "juice": "鲜榨橙汁", "chocolate": "70% 黑巧克力", "chips": "海盐薯片",
           "coffee": "外带咖啡",
           "noodles": "香辣拌面", "soap": "薰衣草香皂", "jacket_blue": "蓝色帆布夹克"},
}
_NOTES = {"fr": "3 pour le prix de 2", "en": "3 for the price of 2", "zh": "买二送一"}
_STORES = {"fr": "Lumière · Paris", "en": "Lumière · Paris", "zh": "光影小店 · 巴黎"}


_CARD_MISTAKES = (
    "kiosk.toml: line 3: device.stroe is not known; did you mean device.store?",
    "kiosk.toml: line 14: network.gateway = '192.168.2.1' is not in the net of network.address = '192.168.1.20/24'",
    "claim.pem is missing beside kiosk.toml: HQ writes one for all cards of a group",
    "wifi.toml is missing, but there is wifi.toml.txt: Windows hides the ending; rename it to wifi.toml",
)
_EMV = ("00020101021226370010fr.example0119KIOSK00000000000001520454115303978540513.485802FR5907LUMIERE6005PARIS"
        "62290125019AA62C2F177F6AB0D3F1C2A6304A1B2")


_CLOSED = {
    "fr": ("Journée", "Ventes", "Recette", "Remboursements", "Caisse", "Visage", "Caisse attendue", "Caisse comptée", "Écart",
           "À transmettre"),
    "en": ("Business day", "Sales", "Takings", "Given back", "Cash desk", "Face", "Cash expected", "Cash counted", "Difference",
           "Still to send"),
    "zh": ("营业日", "销售笔数", "销售额", "退款", "收银台", "刷脸", "应有现金", "实点现金", "差额", "待上传"),
}
_FIGURES = ("2026-11-22", "41", "512,80 €", "3,50 €", "120,00 €", "392,80 €", "120,00 €", "119,50 €", "−0,50 €", "0")


def _euros(cents: int) -> Money:
    return Money(cents, "EUR")


def portrait(width: int, height: int) -> Picture:
    """Return a picture of nobody: a soft room with a drawn bust, (height, width, 3) uint8 RGB, origin top-left."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - width / 2) / min(width, height), (y - height / 2) / min(width, height)
    picture = np.stack([150 + 60 * v, 140 + 30 * u, 150 - 50 * v], axis=-1)
    for inside, colour in (((u / 0.42) ** 2 + ((v - 0.62) / 0.42) ** 2 < 1, (70, 84, 130)),
                           ((u / 0.18) ** 2 + ((v + 0.02) / 0.24) ** 2 < 1, (222, 178, 150)),
                           ((u / 0.19) ** 2 + ((v + 0.17) / 0.13) ** 2 < 1, (66, 46, 44))):
        picture[inside] = colour
    pixels: Picture = np.clip(picture, 0, 255).astype(np.uint8)
    return pixels


def _lines(language: str) -> tuple[LineView, ...]:
    names = _NAMES[language]
    return (LineView(names["apple"], 3, _euros(180), _NOTES[language], "apple"), LineView(names["juice"], 1, _euros(350), "", "juice"),
            LineView(names["chocolate"], 2, _euros(598), "", "chocolate"), LineView(names["coffee"], 1, _euros(220), "", "coffee"))


def _offers(language: str) -> tuple[LineView, ...]:
    cheese = {"fr": "Comté 18 mois", "en": "Comté cheese", "zh": "孔泰奶酪"}[language]
    coupon = {"fr": "Coupon · −2 €", "en": "Coupon · €2 off", "zh": "优惠券 · 减 2 欧元"}[language]
    weight = {"fr": "0,482 kg × 24,90 €/kg", "en": "0.482 kg × €24.90/kg", "zh": "0.482 kg × €24.90/kg"}[language]
    deposit = {"fr": "Consigne", "en": "Bottle deposit", "zh": "瓶押金"}[language]
    names = _NAMES[language]
    return (LineView(names["juice"], 3, _euros(700), f"{_NOTES[language]} −3,50 €", "juice"),
            LineView(cheese, 1, _euros(1200), weight, "cheese"),
            LineView(coupon, 1, None, "", "coupon"), LineView(deposit, 3, _euros(75), "", "deposit", fixed=True))


def _returned(language: str) -> tuple[LineView, ...]:
    first, second, third, _ = _lines(language)
    some = {"fr": "1 restant · siège : 1", "en": "1 left · HQ gave 1", "zh": "余 1 件 · 总部已退 1 件"}[language]
    gone = {"fr": "1 rendu par le siège", "en": "HQ gave back 1", "zh": "总部已退 1 件"}[language]
    return (replace(first, note=""), replace(second, note=gone, fixed=True), replace(third, note=some))


def _week(language: str) -> tuple[tuple[str, str], ...]:
    closed = {"fr": "Fermé", "en": "Closed", "zh": "休息"}[language]
    return tuple((day_name(day, language), closed if day == 7 else "08:30–20:00") for day in range(1, 8))


def _slots(language: str) -> tuple[SlotView, ...]:
    rows = (("A1", "apple", 14, 20, 5, 0, 60, "ok"), ("A2", "water", 4, 24, 6, 24, 110, "low"), ("A3", "juice", 0, 12, 3, 0, 350, "empty"),
            ("A4", "chocolate", 9, 16, 4, 0, 299, "ok"), ("B1", "chips", 2, 10, 3, 0, 245, "low"), ("B2", "coffee", 7, 8, 2, 0, 220, "ok"),
            ("B3", "noodles", 5, 12, 3, 0, 480, "unsure"), ("B4", "soap", 11, 12, 3, 0, 525, "ok"))
    return tuple(SlotView(slot, _NAMES[language][name], have, room, point, coming, _euros(price), name, state)
                 for slot, name, have, room, point, coming, price, state in rows)


def _many(slots: tuple[SlotView, ...]) -> tuple[SlotView, ...]:
    return tuple(replace(slots[i % len(slots)], slot=f"P{i + 1}", on_hand=260 + i, capacity=400) for i in range(12))


def _pay(status: Status) -> dict[str, View]:
    total, lines, seen = _euros(1348), _lines(status.language), portrait(640, 480)
    return {
        "attract": views.PayAttract(status, time_s=2.0),
        "attract-lost": views.PayAttract(replace(status, banner="basket_lost"), time_s=2.0),
        "basket": views.PayBasket(status, lines, total, _euros(60), "added"),
        "basket-long": views.PayBasket(status, lines * 3, total * 3, hint="restored"),
        "basket-empty": views.PayBasket(status, (), _euros(0)),
        "basket-offers": views.PayBasket(status, _offers(status.language), _euros(2147), _euros(395)),
        "age": views.PayAge(status, 18, 1.0),
        "still-there": views.PayStillThere(status, 9),
        "tender": views.PayTender(status, total),
        "tender-cash": views.PayTender(status, total, face=False, qr=False),
        "tender-codes": views.PayTender(status, total, codes=("alipay", "wechat", "emv_qr")),
        "digits": views.PayDigits(status, 2),
        "digits-more": views.PayDigits(status, 6, 8, more=True),
        "face": views.PayFace(status, seen, (245, 125, 150, 190), 0.55, "hold_still", 3.0),
        "face-light": views.PayFace(status, seen, None, 0.0, "more_light", 1.0),
        "face-good": views.PayFace(status, seen, (245, 125, 150, 190), 0.8, "", 1.0),
        "face-left": views.PayFace(status, seen, (245, 125, 150, 190), 0.35, "", 2.0, "left", (0.9, 0.0)),
        "face-closer": views.PayFace(status, seen, (245, 125, 150, 190), 0.6, "", 2.4, "closer", (0.0, 0.9)),
        "face-blink": views.PayFace(status, seen, (245, 125, 150, 190), 0.8, "", 2.8, "blink"),
        "face-starting": views.PayFace(status, None, time_s=1.0),
        "pin": views.PayPin(status, 2),
        "pin-wrong": views.PayPin(status, 0, wrong=True),
        "pin-pays": views.PayPin(status, 1, pays=total),
        "confirm": views.PayConfirm(status, total, "•• 42", 7),
        "qr": views.PayQr(status, total, seen, 0.8),
        "member-card": views.PayQr(status, total, seen, 0.8, card=True),
        "code": views.PayCode(status, total, "alipay", "https://qr.alipay.com/bax03431ljhokirwl38f00a7", 97, 1.0),
        "code-soon": views.PayCode(status, total, "emv_qr", _EMV, 12, 1.0),
        "code-coming": views.PayCode(status, total, "wechat", time_s=1.3),
        "waiting": views.PayWaiting(status, "authorising", 1.3),
        "paid": views.PayPaid(status, total, "pay-1-000128", "kiosk:receipt:K1-000128:1348:EUR:6f1d2c9a", seconds_left=8, time_s=1.2,
                              signature="7kQd"),
        "paid-offline": views.PayPaid(status, total, "K1-000129", "", offline=True, time_s=2.0, signature="b3Xo"),
        "refused": views.PayRefused(status, "not_recognised", pin=True),
        "refused-funds": views.PayRefused(status, "insufficient_funds"),
        "refused-code": views.PayRefused(status, "code_expired"),
        "refused-offline": views.PayRefused(replace(status, offline=True), "offline_limit", qr=False),
        "refused-restart": views.PayRefused(status, "restart"),
        "checking": views.PayWaiting(status, "checking", 1.3),
        "cash": views.PayCash(status, total, "A 17"),
    }


_SIGNATURE = (tuple((180 + 12 * i, round(520 + 180 * math.sin(i / 2.2) * (1 - i / 60))) for i in range(28)),
              tuple((540 + 11 * i, round(560 - 120 * math.sin(i / 1.7))) for i in range(24)), ((330, 250), (350, 262)))
"""What a finger drew."""


def _enrol(status: Status) -> dict[str, View]:
    seen = portrait(640, 480)
    return {
        "consent": views.EnrolConsent(status, "2026-01"),
        "age": views.EnrolAge(status),
        "sign": views.EnrolSign(status, _SIGNATURE, signed=True),
        "sign-empty": views.EnrolSign(status),
        "digits": views.EnrolDigits(status, "••• •42"),
        "pin": views.EnrolPin(status, 2),
        "pin-again": views.EnrolPin(status, 0, again=True),
        "pin-easy": views.EnrolPin(status, 0, objection="row"),
        "review": views.EnrolReview(status),
        "review-twin": views.EnrolReview(status, twin=True),
        "review-card": views.EnrolReview(status, card=True),
        "face": views.EnrolFace(status, seen, (245, 125, 150, 190), 1, 3, "closer", 2.2),
        "done": views.EnrolDone(status, ok=True, time_s=1.0),
        "done-card": views.EnrolDone(status, ok=True, time_s=1.0, card="KF1.01a2026c-2595-7868-bfff-6d908ba4489b." + "Ab3_" * 8),
        "my-data": views.MyData(status, "http://192.168.1.20:8480/in/qk3mTzvW1xYb0PZc7RkLdA"),
        "my-data-used": views.MyData(status),
        "my-data-refused": views.MyData(status, refused="not_recognised"),
        "my-erase": views.MyErase(status),
        "my-erased": views.MyErase(status, done=True),
        "failed": views.EnrolDone(status, ok=False, reason="quality"),
    }


def _orders(language: str) -> tuple[OrderView, ...]:
    reasons = (OrderReason(18.4, 3, 27, 4, 0, packs=1, case_pack=24, wanted_packs=1),
               OrderReason(9.6, 3, 16, 0, 0, missed=3.2, packs=2, case_pack=6, wanted_packs=3, limit="room", room=12),
               OrderReason(on_hand=2, packs=2, case_pack=4, wanted_packs=2))
    rows = (("A2", "water"), ("A3", "juice"), ("B1", "chips"))
    return tuple(OrderView(slot, _NAMES[language][name], why.packs * why.case_pack, order_reason(why, language), name)
                 for (slot, name), why in zip(rows, reasons, strict=True))


def _delivery(language: str, came: tuple[int, ...]) -> tuple[ReceivedView, ...]:
    rows = (("A2", "water", 24), ("A3", "juice", 12), ("B1", "chips", 4))
    return tuple(ReceivedView(slot, _NAMES[language][name], expected, received, name)
                 for (slot, name, expected), received in zip(rows, came, strict=True))


def _wishes(language: str) -> tuple[views.WishView, ...]:
    name = _NAMES[language]["jacket_blue"]
    return (views.WishView(1, f"{name}, L", "bring", "14:02", "", "jacket_blue"),
            views.WishView(2, f"{name}, M", "reserve", "13:47", "M-4821", "jacket_blue"))


def _staff(status: Status) -> dict[str, View]:
    slots = _slots(status.language)
    label = {"fr": ("Ventes", "Recette", "Par visage", "À la caisse"), "en": ("Sales", "Takings", "By face", "At the cash desk"),
             "zh": ("销售笔数", "销售额", "刷脸", "收银台")}[status.language]
    return {
        "login": views.StaffLogin(status, 3),
        "login-wrong": views.StaffLogin(status, 0, wrong=True),
        "menu": views.StaffMenu(status, "Ana", tuple(right.value for right in Right if right not in (Right.APPROVE_AGE, Right.TAKE_CASH))),
        "menu-clerk": views.StaffMenu(status, "Ana", ("refill", "count", "waste", "out_of_order")),
        "menu-terminal": views.StaffMenu(status, "Ana", ("out_of_order", "training"), out_of_order=True, training=True),
        "age": views.StaffAge(status, 18, {"fr": "22 novembre 2008", "en": "22 November 2008", "zh": "2008年11月22日"}[status.language]),
        "receipt": views.StaffNumber(status, "receipt_refund", "pay-1-…", 0),
        "receipt-unknown": views.StaffNumber(status, "receipt_reprint", "pay-1-…", 0, "receipt_unknown"),
        "take-cash": views.StaffNumber(status, "take_cash", "20,00 € / 13,48 €", 4),
        "take-cash-little": views.StaffNumber(status, "take_cash", "10,00 € / 13,48 €", 4, "too_little"),
        "cash-count": views.StaffNumber(status, "cash_count", "512,80 €", 5),
        "void": views.StaffLines(status, "void", _lines(status.language), ((1, 1),)),
        "refund": views.StaffLines(status, "refund", _returned(status.language)),
        "refund-due": views.StaffLines(status, "refund", _returned(status.language), ((0, 2), (2, 1)), _euros(419)),
        "refund-many": views.StaffLines(status, "refund", _lines(status.language) * 3, ((0, 1),), _euros(60), page=1),
        "hours": views.StaffHours(status, _week(status.language), 2, "08:30", "20:00", closed=False),
        "hours-closed": views.StaffHours(status, _week(status.language), 7, "00:00", "00:00", closed=True),
        "waste": views.StaffSlots(status, "waste", slots, "A2", 1),
        "slots": views.StaffSlots(status, "refill", slots, "A3", 12),
        "slots-many": views.StaffSlots(status, "count", _many(slots), "P5", 260),
        "slots-choose": views.StaffSlots(status, "count", slots),
        "orders": views.StaffOrders(status, _orders(status.language)),
        "orders-chosen": views.StaffOrders(status, _orders(status.language), "A3"),
        "orders-many": views.StaffOrders(status, _orders(status.language) * 4, page=1),
        "receiving": views.StaffReceiving(status, _delivery(status.language, (0, 0, 0))),
        "receiving-scanned": views.StaffReceiving(status, _delivery(status.language, (24, 11, 5)), "A3"),
        "receiving-unknown": views.StaffReceiving(status, _delivery(status.language, (24, 0, 0)), "A2", "4006381333931"),
        "wishes": views.StaffWishes(status, _wishes(status.language)),
        "wishes-chosen": views.StaffWishes(status, _wishes(status.language), 2),
        "wishes-none": views.StaffWishes(status, ()),
        "report-day": views.StaffReport(status, tuple(zip(_CLOSED[status.language], _FIGURES, strict=True))),
        "report": views.StaffReport(status, tuple(zip(label, ("41", "512,80 €", "26", "9"), strict=True))),
        "out-of-order": views.OutOfOrder(status, "staff"),
        "closed": views.OutOfOrder(status, "closed"),
        "disk-full": views.OutOfOrder(status, "disk_full"),
        "crashed": views.OutOfOrder(status, "crashed"),
        "card-starts": views.SetupCard(status),
        "card": views.SetupCard(status, _CARD_MISTAKES[:3]),
        "card-many": views.SetupCard(status, _CARD_MISTAKES * 3),
    }


def _shelf(status: Status) -> dict[str, View]:
    slots = _slots(status.language)
    return {"board": views.ShelfBoard(status, slots, ("unsure", "low")), "board-small": views.ShelfBoard(status, slots[:3])}


def _drawn_cloth() -> Picture:
    """A garment in outline, (240, 200, 4) uint8 RGBA."""
    y, x = np.mgrid[0:240, 0:200].astype(np.float32)
    inside = ((np.abs(x - 100) < 52) & (y > 20)) | ((np.abs(x - 100) < 96) & (y > 20) & (y < 92) & (np.abs(x - 100) > 40 + 0.2 * y))
    picture = np.zeros((240, 200, 4), np.uint8)
    picture[inside] = (52, 86, 140, 255)
    return picture


def _card(language: str, matches: tuple[views.ItemTile, ...]) -> views.ProductCard:
    sizes = tuple(views.SizeTile(f"952000000{n:04d}", size, stock, size in ("M", "L"), size == "M")
                  for n, (size, stock) in enumerate((("S", 2), ("M", 4), ("L", 1), ("XL", 0))))
    doubt = say("mirror.size.doubt", language, height="1,74 m" if language == "fr" else "1.74 m", chance=9)
    offer = {"fr": "−15 % sur les vestes", "en": "15% off jackets", "zh": "夹克八五折"}[language]
    origin = {"fr": "Portugal", "en": "Portugal", "zh": "葡萄牙"}[language]
    return views.ProductCard(_NAMES[language]["jacket_blue"], _euros(5990), _euros(7990), offer, sizes, "M – L", doubt,
                             (("Lyon", 3), ("Lille", 1)), origin, matches, 4)


def _mirror(status: Status) -> dict[str, View]:
    card = views.GarmentCard(_NAMES[status.language]["jacket_blue"], _euros(5990), _euros(7990), 4, "S · M · L · XL")
    sold_out = views.GarmentCard(_NAMES[status.language]["jacket_blue"], _euros(5990))
    seen = portrait(540, 960)
    tile = views.ItemTile(card.name, card.price, _drawn_cloth())
    other = views.ItemTile({"fr": "Robe verte", "en": "Green dress", "zh": "绿色连衣裙"}[status.language], _euros(4950), _drawn_cloth())
    return {
        "attract": views.MirrorAttract(status, seen, 3.4),
        "attract-dark": views.MirrorAttract(status, None, 0.4),
        "attract-lost": views.MirrorAttract(replace(status, banner="basket_lost"), seen, 3.4),
        "tryon": views.MirrorTryOn(status, seen, card=card, index=1, count=5, basket_count=2),
        "tryon-guide": views.MirrorTryOn(status, seen, guide=True, card=card, index=0, count=5, time_s=3.4),
        "tryon-sold-out": views.MirrorTryOn(status, None, card=sold_out, index=4, count=5),
        "tryon-hand": views.MirrorTryOn(status, seen, card=card, index=1, count=5, liked=True, likes=2,
                                        held=views.Held("like", 0.6, (0.17, 0.23))),
        "tryon-countdown": views.MirrorTryOn(status, seen, card=card, index=1, count=5, countdown=2),
        "attract-dim": views.MirrorAttract(status, None, 0.4, dim=1.0),
        "attract-cabin": views.MirrorAttract(status, None, 0.4, cabin=True),
        "card": views.MirrorCard(status, _card(status.language, (other, tile)), seen, basket_count=1),
        "card-ask": views.MirrorCard(status, replace(_card(status.language, ()), advice="", doubt=""), seen, asks=True),
        "card-cabin": views.MirrorCard(status, replace(_card(status.language, (other,)), advice="", doubt="", wished=True), None,
                                       _drawn_cloth()),
        "compare": views.MirrorCompare(status, (tile, other), (seen, seen), views.Held("take:1", 0.4)),
        "back": views.MirrorBack(status, seen, True, 0.4),
        "back-play": views.MirrorBack(status, seen, False, 0.7),
        "likes": views.MirrorLikes(status, (tile, other, tile)),
        "likes-none": views.MirrorLikes(status, ()),
        "photo": views.MirrorPhone(status, "photo", "http://192.168.1.20:8480/in/qk3mTzvW1xYb0PZc7RkLdA", 10, seen),
        "photo-taken": views.MirrorPhone(status, "photo", "", 10, seen),
        "deliver": views.MirrorPhone(status, "deliver", "http://192.168.1.20:8480/in/qk3mTzvW1xYb0PZc7RkLdA"),
        "phone": views.MirrorPhone(status, "phone", "http://192.168.1.20:8480/in/qk3mTzvW1xYb0PZc7RkLdA"),
        "phone-off": views.MirrorPhone(status, "deliver", off=True),
        "basket": views.MirrorBasket(status, _lines(status.language)[:2], _euros(530)),
        "basket-cabin": views.MirrorBasket(status, _lines(status.language) * 3, _euros(4044), pays=False, delivers=False),
        "ordered-reserve": views.MirrorOrdered(status, "reserve", "M-4821"),
        "ordered-deliver": views.MirrorOrdered(status, "deliver", "M-4822"),
        "ordered-bring": views.MirrorOrdered(status, "bring", name=f"{card.name}, M"),
    }


_AREAS: Final[tuple[tuple[str, Callable[[Status], dict[str, View]], tuple[tuple[int, int], ...]], ...]] = (
    ("pay", _pay, PAY_SIZES), ("enrol", _enrol, PAY_SIZES), ("staff", _staff, PAY_SIZES), ("shelf", _shelf, SHELF_SIZES),
    ("mirror", _mirror, MIRROR_SIZES))


def gallery(language: str) -> list[tuple[str, View, tuple[tuple[int, int], ...]]]:
    """Return (name, view, the sizes it is shown in) of every sample in a language; a few with everything wrong in the status line."""
    plain = Status(language, clock="14:05", store=_STORES[language])
    shown = [(f"{area}.{name}", view, sizes) for area, build, sizes in _AREAS for name, view in build(plain).items()]
    poor = Status(language, offline=True, camera_lost=True, stale_price=True, clock="14:05", store=_STORES[language], banner="hq_silent")
    troubled = {"pay": ("attract", "basket", "digits-more", "pin", "tender", "refused", "confirm", "paid-offline"),
                "enrol": ("consent", "digits", "sign", "review-twin"),
                "staff": ("login-wrong", "slots"), "shelf": ("board",), "mirror": ("attract", "tryon")}
    return shown + [(f"{area}.{name}.troubled", build(poor)[name], sizes) for area, build, sizes in _AREAS for name in troubled[area]]
