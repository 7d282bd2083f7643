"""What each fact, order and manifest is called on the wire. A name never changes its meaning: a new meaning is a new name."""

from __future__ import annotations

from typing import Any

from kiosk.domain import events, online, online_pin, orders, standing
from kiosk.domain.catalog import OfflinePolicy, Planogram, PriceList, TenderPolicy
from kiosk.domain.wardrobe import GarmentList

EVENT_TYPES: dict[str, type[Any]] = {
    "kiosk.sale.completed.v1": events.SaleCompleted,
    "kiosk.sale.refunded.v1": events.SaleRefunded,
    "kiosk.journal.closed.v1": events.PeriodClosed,
    "kiosk.journal.head.v1": events.JournalHead,
    "kiosk.payment.requested.v1": events.PaymentRequested,
    "kiosk.payment.cancelled.v1": events.PaymentCancelled,
    "kiosk.stock.changed.v1": events.StockChanged,
    "kiosk.facing.seen.v1": events.FacingSeen,
    "kiosk.replenishment.requested.v1": events.ReplenishmentRequested,
    "kiosk.goods.received.v1": events.GoodsReceived,
    "kiosk.member.enrolled.v1": events.MemberEnrolled,
    "kiosk.member.erased.v1": events.MemberErased,
    "kiosk.member.locked.v1": events.MemberLocked,
    "kiosk.member.pin_lodged.v1": online_pin.PinLodged,
    "kiosk.template.requested.v1": events.TemplateRequested,
    "kiosk.template.sealed.v1": events.TemplateSealed,
    "kiosk.template.held.v1": events.TemplateHeld,
    "kiosk.order.placed.v1": online.OrderPlaced,
    "kiosk.staff.acted.v1": events.StaffActed,
    "kiosk.identity.decided.v1": events.IdentityDecided,
    "kiosk.certificate.requested.v1": standing.CertificateRequested,
    "kiosk.command.done.v1": standing.CommandDone,
    "kiosk.downlink.refused.v1": standing.DownlinkRefused,
    "kiosk.clock.set.v1": standing.ClockSet,
    "kiosk.device.health.v1": events.DeviceHealth,
    "kiosk.inbox.committed.v1": events.InboxCommitted,
    "kiosk.lane.skipped.v1": events.Skipped,
}
ORDER_KINDS: dict[str, type[Any]] = {
    "payment": orders.PaymentAnswered,
    "payment-code": orders.PaymentCode,
    "refund": orders.RefundGiven,
    "replenishment": orders.ReplenishmentAnswered,
    "erasure": orders.MemberErasureOrdered,
    "member-lock": orders.MemberLockOrdered,
    "members": orders.MembersAnnounced,
    "template-wanted": orders.TemplateWanted,
    "template": orders.TemplateDelivered,
    "certificate": orders.CertificateIssued,
    "trust": orders.TrustAnnounced,
    "command": orders.CommandOrdered,
    "planogram": Planogram,
}
MANIFEST_KINDS: dict[str, type[Any]] = {"pricelist": PriceList, "offline-policy": OfflinePolicy, "tenders": TenderPolicy,
                                       "garments": GarmentList, "stock": online.StockElsewhere}
