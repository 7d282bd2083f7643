"""The part of WeChat Pay's API v3 that HQ needs: native orders, query, close, refunds, with its signatures, and sealed notifications."""

from __future__ import annotations

import itertools
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from kiosk.sim.payments.bank import Bank, Fault, NoSuchPaymentError, Payment, RefusedError
from kiosk.sim.payments.keys import Pair, seal
from kiosk.sim.payments.web import Call, Reply, Request

SERVICE = "wechat"
_STATUS = {"pending": "NOTPAY", "captured": "SUCCESS", "voided": "CLOSED", "declined": "PAYERROR"}
_REASONS = {"insufficient_funds": "NOT_ENOUGH", "generic_decline": "RULE_LIMIT"}
_AUTHORIZATION = re.compile('WECHATPAY2-SHA256-RSA2048 mchid="(.*?)",nonce_str="(.*?)",signature="(.*?)",timestamp="(.*?)",serial_no=".*"')


@dataclass(frozen=True, slots=True)
class WechatShop:
    """A merchant as WeChat Pay knows it. own: WeChat Pay's key; merchant: the shop's."""

    mchid: str
    appid: str
    apiv3_key: str = field(repr=False)
    own: Pair
    own_id: str
    merchant: Pair


class WechatApi:
    """The service under /wechat/v3/."""

    def __init__(self, bank: Bank, shop: WechatShop) -> None:
        self._bank, self._shop = bank, shop
        self._numbers = itertools.count(1)

    def __call__(self, request: Request) -> Call:
        """Say what a request asks for."""
        parts = request.path.strip("/").split("/")
        content: dict[str, Any] = json.loads(request.body) if request.body else {}
        refunds = parts[:4] == ["v3", "refund", "domestic", "refunds"]
        operation = "refund" if refunds else "void" if parts[-1] == "close" else "authorise" if parts[-1] == "native" else "query"
        key = str(content.get("out_trade_no") or (parts[4] if len(parts) > 4 else ""))
        if not self._is_ours(request):
            return Call(operation, key, lambda _f: _refused(401, "SIGN_ERROR"))
        return Call(operation, key, lambda fault: self._answer(operation, key, content, fault))

    def _is_ours(self, request: Request) -> bool:
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None or found[1] != self._shop.mchid:
            return False
        path = request.path + ("?" + "&".join(f"{k}={v}" for k, v in request.query.items()) if request.query else "")
        signed = f"{request.method}\n{path}\n{found[4]}\n{found[2]}\n{request.body.decode()}\n"
        return self._shop.merchant.holds(signed, found[3])

    def _answer(self, operation: str, key: str, content: dict[str, Any], fault: Fault | None) -> Reply:
        if fault is not None and not self._bank.gave_back(SERVICE, key, content.get("out_refund_no", "")):
            return _refused(403, _REASONS.get(fault.reason, "RULE_LIMIT"))
        try:
            if operation == "authorise":
                return self._native(key, content)
            payment = self._bank.get(SERVICE, key)
            if operation == "query":
                return self._signed(200, self._order(payment))
            if operation == "void":
                return self._close(payment)
            return self._refund(payment, content)
        except NoSuchPaymentError:
            return _refused(404, "ORDER_NOT_EXIST" if operation == "query" else "RESOURCE_NOT_EXISTS")
        except RefusedError as error:
            return _refused(403, "NOT_ENOUGH" if error.reason == "too_large" else "INVALID_REQUEST")

    def _native(self, key: str, content: dict[str, Any]) -> Reply:
        amount = content["amount"]
        if amount["currency"] != "CNY" or not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", key):
            return _refused(400, "PARAM_ERROR")
        payment = self._bank.open(Payment(SERVICE, key, f"42000{next(self._numbers):08d}", amount["total"], "CNY", "pending",
                                          code=f"weixin://wxpay/bizpayurl?pr={key[:12]}", notify_url=content.get("notify_url", "")))
        if payment.status != "pending":
            return _refused(400, "ORDERPAID" if payment.status == "captured" else "ORDER_CLOSED")
        return self._signed(200, {"code_url": payment.code})

    def _close(self, payment: Payment) -> Reply:
        if payment.status == "captured":
            return _refused(400, "ORDERPAID")
        self._bank.void(payment)
        return self._signed(204, None)

    def _refund(self, payment: Payment, content: dict[str, Any]) -> Reply:
        self._bank.refund(payment, content["out_refund_no"], content["amount"]["refund"])
        return self._signed(200, {"refund_id": f"50{next(self._numbers):08d}", "out_refund_no": content["out_refund_no"],
                                  "out_trade_no": payment.key, "status": "SUCCESS", "amount": content["amount"]})

    def _order(self, payment: Payment) -> dict[str, Any]:
        state = "REFUND" if payment.status == "captured" and payment.refunds else _STATUS[payment.status]
        return {"appid": self._shop.appid, "mchid": self._shop.mchid, "out_trade_no": payment.key, "transaction_id": payment.id,
                "trade_type": "NATIVE", "trade_state": state, "amount": {"total": payment.amount_minor, "currency": payment.currency}}

    def _signed(self, status: int, value: object) -> Reply:
        body = "" if value is None else json.dumps(value)
        return Reply(status, body.encode(), self._signature(body))

    def _signature(self, body: str) -> dict[str, str]:
        now, nonce = str(int(time.time())), f"nonce{next(self._numbers)}"
        return {"Wechatpay-Timestamp": now, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": self._shop.own_id,
                "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
                "Wechatpay-Signature": self._shop.own.sign(f"{now}\n{nonce}\n{body}\n")}

    def notification(self, payment: Payment) -> tuple[bytes, dict[str, str]]:
        """Return (body, headers) of what WeChat Pay posts when an order was paid."""
        nonce = f"{next(self._numbers):012d}"
        sealed = seal(self._shop.apiv3_key, nonce, json.dumps(self._order(payment)), "transaction")
        body = json.dumps({"id": f"n-{payment.id}", "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource",
                           "resource": {"algorithm": "AEAD_AES_256_GCM", "ciphertext": sealed, "associated_data": "transaction",
                                        "nonce": nonce, "original_type": "transaction"}})
        return body.encode(), {"content-type": "application/json", **self._signature(body)}


def _refused(status: int, word: str) -> Reply:
    return Reply(status, json.dumps({"code": word, "message": word}).encode())
