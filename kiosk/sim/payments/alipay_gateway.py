"""The part of Alipay's gateway that HQ needs: precreate, query, cancel, refund, with RSA2 signatures both ways, and notifications.

As at Alipay, a query before the shopper has scanned the code answers TRADE_NOT_EXIST.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from kiosk.domain.money import exponent
from kiosk.sim.payments.bank import Bank, Fault, NoSuchPaymentError, Payment, RefusedError
from kiosk.sim.payments.keys import Pair
from kiosk.sim.payments.web import Call, Reply, Request

SERVICE = "alipay"
_OPERATION = {"alipay.trade.precreate": "authorise", "alipay.trade.query": "query", "alipay.trade.cancel": "void",
              "alipay.trade.refund": "refund"}
_STATUS = {"captured": "TRADE_SUCCESS", "voided": "TRADE_CLOSED"}
_REASONS = {"insufficient_funds": "ACQ.BUYER_BALANCE_NOT_ENOUGH", "generic_decline": "ACQ.TOTAL_FEE_EXCEED"}


class AlipayGateway:
    """The service at /alipay/gateway.do. own: Alipay's key; merchant: the shop's."""

    def __init__(self, bank: Bank, app_id: str, own: Pair, merchant: Pair) -> None:
        self._bank, self._app_id, self._own, self._merchant = bank, app_id, own, merchant

    def __call__(self, request: Request) -> Call:
        """Say what a request asks for."""
        data = dict(request.query) or dict(parse_qsl(request.body.decode()))
        method = data.get("method", "")
        content: dict[str, str] = json.loads(data.get("biz_content", "{}"))
        key, operation = content.get("out_trade_no", ""), _OPERATION.get(method, "query")
        unsigned = "&".join(f"{k}={v}" for k, v in sorted(data.items()) if k != "sign")
        if data.get("app_id") != self._app_id or not self._merchant.holds(unsigned, data.get("sign", "")):
            refusal = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
            return Call(operation, key, lambda _f: Reply(200, json.dumps({"error_response": refusal}).encode()))
        return Call(operation, key, lambda fault: self._reply(method, self._answer(method, content, data, fault)))

    def _answer(self, method: str, content: dict[str, str], data: dict[str, str], fault: Fault | None) -> dict[str, Any]:
        number = content.get("out_trade_no", "")
        if fault is not None and not self._bank.gave_back(SERVICE, number, content.get("out_request_no", "")):
            return _failed(_REASONS.get(fault.reason, "ACQ.SYSTEM_ERROR"))
        try:
            if method == "alipay.trade.precreate":
                return self._precreate(content, data)
            payment = self._bank.get(SERVICE, number)
            if method == "alipay.trade.query":
                return _trade(payment) if payment.status != "pending" else _failed("ACQ.TRADE_NOT_EXIST")
            if method == "alipay.trade.cancel":
                action = "refund" if payment.status == "captured" else "close"
                self._bank.void(payment)
                return _ok(out_trade_no=number, retry_flag="N", action=action)
            amount = _units(content["refund_amount"], payment.currency)
            change = "N" if content.get("out_request_no", "") in payment.refunds else "Y"
            self._bank.refund(payment, content.get("out_request_no", ""), amount)
            return _ok(out_trade_no=number, fund_change=change, refund_fee=_decimal(payment.refunded_minor, payment.currency))
        except NoSuchPaymentError:
            return _failed("ACQ.TRADE_NOT_EXIST")
        except RefusedError as error:
            return _failed("ACQ.REFUND_AMT_RESTRICTION" if error.reason == "too_large" else "ACQ.TRADE_STATUS_ERROR")

    def _precreate(self, content: dict[str, str], data: dict[str, str]) -> dict[str, Any]:
        number, currency = content["out_trade_no"], content.get("trans_currency", "CNY")
        payment = self._bank.open(Payment(SERVICE, number, f"2026{number[:20]}", _units(content["total_amount"], currency), currency,
                                          "pending", code=f"https://qr.alipay.com/bax{number}", notify_url=data.get("notify_url", "")))
        if payment.status == "captured":
            return _failed("ACQ.TRADE_HAS_SUCCESS")
        return _failed("ACQ.TRADE_HAS_CLOSE") if payment.status == "voided" else _ok(out_trade_no=number, qr_code=payment.code)

    def _reply(self, method: str, answer: dict[str, Any]) -> Reply:
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        name = method.replace(".", "_") + "_response"
        return Reply(200, f'{{"{name}":{text},"sign":"{self._own.sign(text)}"}}'.encode())

    def notification(self, payment: Payment) -> dict[str, str]:
        """Return the form that Alipay posts when a trade was paid."""
        form = {"app_id": self._app_id, "notify_type": "trade_status_sync", "notify_id": f"n-{payment.id}", "charset": "utf-8",
                "sign_type": "RSA2", "version": "1.0", "trade_no": payment.id, "out_trade_no": payment.key,
                "trade_status": _STATUS.get(payment.status, "WAIT_BUYER_PAY"),
                "total_amount": _decimal(payment.amount_minor, payment.currency)}
        if payment.currency != "CNY":
            form["trans_currency"] = payment.currency
        unsigned = "&".join(f"{k}={v}" for k, v in sorted(form.items()) if k != "sign_type")
        return {**form, "sign": self._own.sign(unsigned)}


def _trade(payment: Payment) -> dict[str, Any]:
    closed = payment.status == "voided" or payment.refunded_minor >= payment.amount_minor
    currency = {} if payment.currency == "CNY" else {"trans_currency": payment.currency}
    return _ok(trade_no=payment.id, out_trade_no=payment.key, trade_status="TRADE_CLOSED" if closed else _STATUS[payment.status],
               total_amount=_decimal(payment.amount_minor, payment.currency), **currency)


def _ok(**values: str) -> dict[str, Any]:
    return {"code": "10000", "msg": "Success", **values}


def _failed(word: str) -> dict[str, Any]:
    return {"code": "20000" if word == "ACQ.SYSTEM_ERROR" else "40004", "msg": "Business Failed", "sub_code": word, "sub_msg": word}


def _units(text: str, currency: str) -> int:
    whole, _, part = text.partition(".")
    if len(part) != exponent(currency):
        raise RefusedError(f"{text} is no amount in {currency}")
    return int(whole + part)


def _decimal(minor: int, currency: str) -> str:
    digits = exponent(currency)
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text
