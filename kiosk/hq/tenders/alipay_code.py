"""Alipay's dynamic code (`alipay.trade.precreate`): the shopper's phone reads it off the kiosk's screen and pays.

Pointed elsewhere by the attribute that the library itself sets from `debug`: `_gateway`. `out_trade_no` is the idempotency key.
Before the shopper has scanned the code Alipay answers a query with TRADE_NOT_EXIST, so ABSENT does not say that the code is worthless.
Other currencies than CNY go as `trans_currency` and `settle_currency`, which an overseas merchant's contract allows.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from kiosk.domain.money import Money, exponent
from kiosk.errors import HqError
from kiosk.hq.tenders.protocol import ABSENT, UNKNOWN, Answer, Charge, Refund, Status, declined, number, untold

try:
    from alipay import AliPay
    from alipay.exceptions import AliPayException, AliPayValidationError
    from alipay.utils import AliPayConfig
except ImportError:  # an installation without Alipay
    AliPay = None

log = logging.getLogger(__name__)

TIMEOUT_S = 10
_DONE, _BUSY = "10000", ("20000", "10003")
_STATUS = {"WAIT_BUYER_PAY": Status.PENDING, "TRADE_SUCCESS": Status.CAPTURED, "TRADE_FINISHED": Status.CAPTURED,
           "TRADE_CLOSED": Status.VOIDED}
_REASONS = {"ACQ.BUYER_BALANCE_NOT_ENOUGH": "insufficient_funds", "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": "insufficient_funds",
            "ACQ.TOTAL_FEE_EXCEED": "declined", "ACQ.SELLER_BALANCE_NOT_ENOUGH": "service_down",
            "ACQ.REFUND_AMT_RESTRICTION": "refund_too_large", "ACQ.TRADE_NOT_ALLOW_REFUND": "refund_too_large",
            "ACQ.TRADE_STATUS_ERROR": "not_captured"}
_SHOP_FAULTS = ("isv.", "isp.", "aop.")


@dataclass(frozen=True, slots=True)
class AlipayAccount:
    """A merchant's account. Keys are PEM texts. gateway: "" is Alipay's own. currencies: those of the contract, ISO 4217."""

    app_id: str
    app_private_key: str = field(repr=False)
    alipay_public_key: str = field(repr=False)
    currencies: tuple[str, ...] = ("CNY",)
    gateway: str = ""
    notify_url: str = ""
    timeout_s: int = TIMEOUT_S


class AlipayCodes:
    """The tender."""

    name = "alipay"

    def __init__(self, account: AlipayAccount) -> None:
        """Raise HqError when the library is not installed or a key cannot be read."""
        if AliPay is None:
            raise HqError("Alipay needs the Python library 'python-alipay-sdk': install kiosk[hq]")
        self._account = account
        self._alipay = _client(account)

    def takes(self, currency: str) -> bool:
        """As the contract says."""
        return currency in self._account.currencies

    def authorise(self, charge: Charge) -> Answer:
        """Make the code."""
        currency = charge.amount.currency
        if not self.takes(currency):
            return declined("currency")
        foreign = {} if currency == "CNY" else {"trans_currency": currency, "settle_currency": currency}
        known_as = number(charge.key)
        minutes = f"{max(1, charge.lasts_s // 60)}m"
        reply = self._call(lambda: self._alipay.api_alipay_trade_precreate(
            charge.text, known_as, decimal(charge.amount), timeout_express=minutes, **foreign))
        if reply is None:
            return UNKNOWN
        if reply.get("sub_code") in ("ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE"):
            return self.query(charge)
        return Answer(Status.PENDING, reference=known_as, code=reply["qr_code"]) if _is_done(reply) else _refusal(reply)

    def capture(self, charge: Charge) -> Answer:
        """Alipay takes the money when the shopper pays: there is nothing to do but to look."""
        return self.query(charge)

    def query(self, charge: Charge) -> Answer:
        """Ask how far the trade is."""
        known_as = number(charge.key)
        reply = self._call(lambda: self._alipay.api_alipay_trade_query(out_trade_no=known_as))
        if reply is None:
            return UNKNOWN
        if reply.get("sub_code") == "ACQ.TRADE_NOT_EXIST":
            return ABSENT
        return self.read(reply) if _is_done(reply) else untold(_refusal(reply))

    def void(self, charge: Charge) -> Answer:
        """Cancel the trade: one that was paid is given back, one that was not can be paid no more."""
        known_as = number(charge.key)
        reply = self._call(lambda: self._alipay.api_alipay_trade_cancel(out_trade_no=known_as))
        if reply is None or reply.get("retry_flag") == "Y":
            return UNKNOWN
        gone = _is_done(reply) or reply.get("sub_code") == "ACQ.TRADE_NOT_EXIST"
        return Answer(Status.VOIDED, reference=known_as) if gone else _refusal(reply)

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Give some back; `out_request_no` makes it happen once."""
        known_as = number(charge.key)
        reply = self._call(lambda: self._alipay.api_alipay_trade_refund(
            decimal(refund.amount), out_trade_no=known_as, out_request_no=number(refund.key)))
        if reply is None:
            return UNKNOWN
        if reply.get("sub_code") == "ACQ.TRADE_NOT_EXIST":
            return declined("not_captured")
        return Answer(Status.REFUNDED, reference=known_as, refunded_minor=refund.amount.minor) if _is_done(reply) else _refusal(reply)

    def notice(self, _headers: Mapping[str, str], body: bytes) -> tuple[str, Money, Answer] | None:
        """Return (number, amount, answer) of a notification that Alipay signed for this account, None for any other."""
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True))
        data = {k: v for k, v in form.items() if k != "sign"}
        try:
            ours = self._alipay.verify(data, form.get("sign", ""))
        except (AliPayException, ValueError):
            return None
        if not ours or form.get("app_id") != self._account.app_id or form.get("trade_status") not in _STATUS:
            return None
        currency = form.get("trans_currency", "CNY")
        return form.get("out_trade_no", ""), Money(units(form.get("total_amount", ""), currency), currency), self.read(form)

    def read(self, reply: Mapping[str, Any]) -> Answer:
        """Return what a trade's own words say."""
        status = _STATUS.get(reply["trade_status"], Status.UNKNOWN)
        taken = units(reply.get("total_amount", "0"), reply.get("trans_currency", "CNY")) if status is Status.CAPTURED else 0
        return Answer(status, "code_expired" if status is Status.VOIDED else "", reply["out_trade_no"], taken_minor=taken)

    def _call(self, work: Callable[[], Any]) -> dict[str, Any] | None:
        """Return the reply, None when none came that Alipay signed."""
        try:
            reply: dict[str, Any] = work()
        except AliPayException as error:  # an unsigned refusal: of the account, not of the shopper
            log.error("alipay refuses this shop's account: %s", str(error)[:200])
            return {"code": "40002", "sub_code": "isv.refused"}
        except (OSError, AliPayValidationError, json.JSONDecodeError) as error:
            log.warning("alipay gave no answer: %s", type(error).__name__)
            return None
        return None if reply.get("code") in _BUSY else reply


def decimal(amount: Money) -> str:
    """Return an amount as Alipay reads it: a decimal in the currency's own digits."""
    digits = exponent(amount.currency)
    text = str(amount.minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def units(text: str, currency: str) -> int:
    """Return minor units of a decimal that Alipay wrote; 0 for what is none."""
    whole, _, part = text.partition(".")
    digits = exponent(currency)
    return int(whole + part.ljust(digits, "0")[:digits]) if (whole + part).isdigit() and len(text) < 16 else 0


def _is_done(reply: Mapping[str, Any]) -> bool:
    return reply.get("code") == _DONE


def _refusal(reply: Mapping[str, Any]) -> Answer:
    word = str(reply.get("sub_code", ""))
    if word.startswith(_SHOP_FAULTS):
        log.error("alipay refuses this shop: %s", word)
        return declined("service_down")
    return declined(_REASONS.get(word, "declined"))


def _client(account: AlipayAccount) -> Any:
    class Client(AliPay):  # type: ignore[misc]
        """The library's client; its gateway is an attribute that it sets itself, from `debug`."""

        def __init__(self) -> None:
            super().__init__(appid=account.app_id, app_notify_url=account.notify_url or None,
                             app_private_key_string=account.app_private_key, alipay_public_key_string=account.alipay_public_key,
                             config=AliPayConfig(timeout=account.timeout_s))
            if account.gateway:
                self._gateway = account.gateway

    try:
        return Client()
    except (ValueError, IndexError, TypeError) as error:
        raise HqError(f"Alipay's keys cannot be read ({error}): PEM texts are expected") from error
