"""Every screen by its view: `render` turns a view-model into a picture and what can be touched on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pygame

from kiosk.design.presented import Presented
from kiosk.ui import (
    enrol_age,
    enrol_consent,
    enrol_digits,
    enrol_done,
    enrol_face,
    enrol_pin,
    enrol_review,
    enrol_sign,
    mirror_attract,
    mirror_back,
    mirror_basket,
    mirror_card,
    mirror_compare,
    mirror_likes,
    mirror_ordered,
    mirror_phone,
    mirror_tryon,
    my_data,
    my_erase,
    out_of_order,
    paint,
    pay_age,
    pay_attract,
    pay_basket,
    pay_cash,
    pay_code,
    pay_confirm,
    pay_digits,
    pay_face,
    pay_paid,
    pay_pin,
    pay_qr,
    pay_refused,
    pay_still_there,
    pay_tender,
    pay_waiting,
    setup_card,
    shelf_board,
    staff_age,
    staff_hours,
    staff_lines,
    staff_login,
    staff_menu,
    staff_number,
    staff_orders,
    staff_receiving,
    staff_report,
    staff_slots,
    staff_wishes,
    views,
)
from kiosk.ui.canvas import Canvas, Sight
from kiosk.ui.views import View

DRAW: Final[dict[type[View], Callable[[Canvas, Any], None]]] = {
    views.PayAttract: pay_attract.draw,
    views.PayBasket: pay_basket.draw,
    views.PayAge: pay_age.draw,
    views.PayStillThere: pay_still_there.draw,
    views.PayTender: pay_tender.draw,
    views.PayDigits: pay_digits.draw,
    views.PayFace: pay_face.draw,
    views.PayPin: pay_pin.draw,
    views.PayConfirm: pay_confirm.draw,
    views.PayQr: pay_qr.draw,
    views.PayCode: pay_code.draw,
    views.PayWaiting: pay_waiting.draw,
    views.PayPaid: pay_paid.draw,
    views.PayRefused: pay_refused.draw,
    views.PayCash: pay_cash.draw,
    views.EnrolConsent: enrol_consent.draw,
    views.EnrolAge: enrol_age.draw,
    views.EnrolSign: enrol_sign.draw,
    views.EnrolDigits: enrol_digits.draw,
    views.EnrolPin: enrol_pin.draw,
    views.EnrolFace: enrol_face.draw,
    views.EnrolReview: enrol_review.draw,
    views.EnrolDone: enrol_done.draw,
    views.MyData: my_data.draw,
    views.MyErase: my_erase.draw,
    views.StaffLogin: staff_login.draw,
    views.StaffMenu: staff_menu.draw,
    views.StaffAge: staff_age.draw,
    views.StaffNumber: staff_number.draw,
    views.StaffLines: staff_lines.draw,
    views.StaffHours: staff_hours.draw,
    views.StaffSlots: staff_slots.draw,
    views.StaffOrders: staff_orders.draw,
    views.StaffReceiving: staff_receiving.draw,
    views.StaffReport: staff_report.draw,
    views.StaffWishes: staff_wishes.draw,
    views.OutOfOrder: out_of_order.draw,
    views.SetupCard: setup_card.draw,
    views.ShelfBoard: shelf_board.draw,
    views.MirrorAttract: mirror_attract.draw,
    views.MirrorTryOn: mirror_tryon.draw,
    views.MirrorCard: mirror_card.draw,
    views.MirrorCompare: mirror_compare.draw,
    views.MirrorBack: mirror_back.draw,
    views.MirrorLikes: mirror_likes.draw,
    views.MirrorPhone: mirror_phone.draw,
    views.MirrorBasket: mirror_basket.draw,
    views.MirrorOrdered: mirror_ordered.draw,
}
"""View -> how it is drawn."""


def draw(view: View, size: tuple[int, int], audit: bool = False, clear: bool = False) -> Canvas:
    """Return the canvas on which a view was drawn; with `audit` it also measures the contrast of every text.

    clear: a live picture that the renderer draws lies below; the canvas lets it be seen.
    """
    status = view.status
    canvas = Canvas(size, status.language, audit, Sight(status.large, status.contrast), clear)
    DRAW[type(view)](canvas, view)
    if status.training:
        _watermark(canvas)
    return canvas


def _watermark(c: Canvas) -> None:
    """Write across the picture that nothing is really sold; it lets everything below shine through."""
    c.facts["training"] = "yes"
    mark = paint.watermark(c.say("training.mark"), c.px(54))
    step_x, step_y = mark.get_width() * 5 // 6, mark.get_height() * 3 // 4
    for row, y in enumerate(range(-step_y // 2, c.size[1], step_y)):
        for x in range(-(row % 2) * step_x // 2, c.size[0], step_x):
            c.surface.blit(mark, (x, y))


def save(canvas: Canvas, path: Path) -> None:
    """Write what was drawn to a file, PNG or JPEG by its ending."""
    pygame.image.save(canvas.surface, path)


def render(view: View, size: tuple[int, int], clear: bool = False) -> tuple[pygame.Surface, Presented]:
    """Return a view as a picture of `size` (width, height) in pixels, and what is on it. A pure function of these; clear: see `draw`."""
    canvas = draw(view, size, clear=clear)
    return canvas.surface, Presented(view.screen, canvas.targets, canvas.facts)
