"""WeChat Pay's dynamic code (API v3, "native"): the shopper's phone reads it off the kiosk's screen and pays.

The library writes its gateway into an attribute of its core; a core of ours sets another one (its `proxy` option needs TLS for the real
name). The platform's public key is configured, so that nothing is fetched to begin with. `out_trade_no` is the idempotency key.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kiosk.domain.money import Money
from kiosk.errors import HqError, TrustError
from kiosk.hq.tenders.protocol import ABSENT, UNKNOWN, Answer, Charge, Refund, Status, declined, number, untold

try:
    from Cryptodome.PublicKey import RSA
    from requests import RequestException
    from wechatpayv3 import WeChatPay, WeChatPayType
    from wechatpayv3.core import Core
except ImportError:  # an installation without WeChat Pay
    WeChatPay = None

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
_SIGNED = "WECHATPAY2-SHA256-RSA2048"
_STATUS = {"SUCCESS": Status.CAPTURED, "REFUND": Status.CAPTURED, "NOTPAY": Status.PENDING, "USERPAYING": Status.PENDING,
           "CLOSED": Status.VOIDED, "REVOKED": Status.VOIDED, "PAYERROR": Status.DECLINED}
_REASONS = {"NOTENOUGH": "insufficient_funds", "NOT_ENOUGH": "insufficient_funds", "ACCOUNTERROR": "declined",
            "RULELIMIT": "declined", "RULE_LIMIT": "declined", "BANKERROR": "declined"}
_SHOP_FAULTS = ("SIGN_ERROR", "PARAM_ERROR", "MCH_NOT_EXISTS", "APPID_MCHID_NOT_MATCH", "NO_AUTH", "INVALID_REQUEST")


@dataclass(frozen=True, slots=True)
class WechatAccount:
    """A merchant's account. Keys are PEM texts, apiv3_key 32 characters. gateway: "" is WeChat Pay's own."""

    mchid: str
    appid: str
    cert_serial_no: str
    private_key: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    public_key: str = field(repr=False)
    public_key_id: str
    gateway: str = ""
    notify_url: str = ""
    timeout_s: float = TIMEOUT_S


class WechatCodes:
    """The tender. It takes CNY alone."""

    name = "wechat"

    def __init__(self, account: WechatAccount) -> None:
        """Raise HqError when the library is not installed or a key cannot be read."""
        if WeChatPay is None:
            raise HqError("WeChat Pay needs the Python library 'wechatpayv3': install kiosk[hq]")
        _check(account)
        self._account = account
        self._wechat = _client(account)

    def takes(self, currency: str) -> bool:
        """Mainland accounts settle in CNY."""
        return currency == "CNY"

    def authorise(self, charge: Charge) -> Answer:
        """Make the code; asked again with the same number WeChat Pay gives the code again."""
        if not self.takes(charge.amount.currency):
            return declined("currency")
        known_as = number(charge.key)
        amount = {"total": charge.amount.minor, "currency": charge.amount.currency}
        code, reply = self._call(lambda: self._wechat.pay(charge.text, known_as, amount, pay_type=WeChatPayType.NATIVE))
        if reply.get("code") in ("ORDERPAID", "ORDER_PAID", "ORDER_CLOSED", "ORDERCLOSED"):
            return self.query(charge)
        return Answer(Status.PENDING, reference=known_as, code=reply["code_url"]) if code == 200 else _refusal(code, reply)

    def capture(self, charge: Charge) -> Answer:
        """WeChat Pay takes the money when the shopper pays: there is nothing to do but to look."""
        return self.query(charge)

    def query(self, charge: Charge) -> Answer:
        """Ask how far the order is."""
        code, reply = self._call(lambda: self._wechat.query(out_trade_no=number(charge.key)))
        if code == 404:
            return ABSENT
        return self.read(reply) if code == 200 else untold(_refusal(code, reply))

    def void(self, charge: Charge) -> Answer:
        """Close the order; one that was paid in the meantime is given back."""
        known_as = number(charge.key)
        code, reply = self._call(lambda: self._wechat.close(known_as))
        if code in (204, 404) or reply.get("code") in ("ORDER_CLOSED", "ORDERCLOSED"):
            return Answer(Status.VOIDED, reference=known_as)
        if reply.get("code") in ("ORDERPAID", "ORDER_PAID"):
            given = self.refund(charge, Refund(f"{charge.key}:void", charge.amount))
            return Answer(Status.VOIDED, reference=known_as) if given.status is Status.REFUNDED else given
        return _refusal(code, reply)

    def refund(self, charge: Charge, refund: Refund) -> Answer:
        """Give some back; `out_refund_no` makes it happen once. WeChat Pay may take a while: PENDING then."""
        known_as = number(charge.key)
        amount = {"refund": refund.amount.minor, "total": charge.amount.minor, "currency": refund.amount.currency}
        code, reply = self._call(lambda: self._wechat.refund(number(refund.key), amount, out_trade_no=known_as))
        if code == 404:
            return declined("not_captured")
        if code != 200:
            return _refusal(code, reply, "refund_too_large" if reply.get("code") in ("NOT_ENOUGH", "INVALID_REQUEST") else "")
        status = {"SUCCESS": Status.REFUNDED, "PROCESSING": Status.PENDING}.get(reply["status"], Status.DECLINED)
        return Answer(status, "declined" if status is Status.DECLINED else "", known_as,
                      refunded_minor=refund.amount.minor if status is Status.REFUNDED else 0)

    def notice(self, headers: Mapping[str, str], body: bytes) -> tuple[str, Money, Answer] | None:
        """Return (number, amount, answer) of a notification that WeChat Pay signed for this account, None for any other."""
        try:
            told = self._wechat.callback(headers, body)
        except (TrustError, ValueError, KeyError):
            return None
        if not told or told.get("event_type") != "TRANSACTION.SUCCESS":
            return None
        order = told["resource"]
        if order.get("mchid") != self._account.mchid or order.get("appid") != self._account.appid:
            return None
        amount = order["amount"]
        return order["out_trade_no"], Money(amount["total"], amount.get("currency", "CNY")), self.read(order)

    def read(self, order: Mapping[str, Any]) -> Answer:
        """Return what an order's own words say."""
        status = _STATUS.get(order["trade_state"], Status.UNKNOWN)
        reason = {Status.DECLINED: "declined", Status.VOIDED: "code_expired"}.get(status, "")
        taken = order["amount"]["total"] if status is Status.CAPTURED else 0
        return Answer(status, reason, order["out_trade_no"], taken_minor=taken)

    def _call(self, work: Callable[[], tuple[int, Any]]) -> tuple[int, dict[str, Any]]:
        """Return (HTTP status, reply); status 0 when no answer came that WeChat Pay signed."""
        try:
            code, text = work()
            return code, json.loads(text) if text else {}
        except (RequestException, TrustError, ValueError) as error:
            log.warning("wechat pay gave no answer: %s", type(error).__name__)
            return 0, {}


def _refusal(code: int, reply: Mapping[str, Any], reason: str = "") -> Answer:
    word = str(reply.get("code", ""))
    if code == 0 or code >= 500 or code == 429:
        return UNKNOWN
    if reason:
        return declined(reason)
    if word in _SHOP_FAULTS or code == 401:
        log.error("wechat pay refuses this shop: %s", word)
        return declined("service_down")
    return declined(_REASONS.get(word, "declined"))


def _client(account: WechatAccount) -> Any:
    class OwnCore(Core):  # type: ignore[misc]
        """The library's core at another gateway, and with errors of ours where a signature does not hold."""

        def __init__(self) -> None:
            super().__init__(account.mchid, account.cert_serial_no, account.private_key, account.apiv3_key, timeout=account.timeout_s,
                             public_key=account.public_key, public_key_id=account.public_key_id)
            if account.gateway:
                self._gate_way = account.gateway

        def _verify_signature(self, headers: Any, body: Any) -> bool:
            named = {name.lower(): value for name, value in headers.items()}
            if named.get("wechatpay-signature-type") != _SIGNED or named.get("wechatpay-serial") != account.public_key_id:
                raise TrustError("this is not signed by WeChat Pay")
            if not super()._verify_signature(named, body):
                raise TrustError("WeChat Pay's signature does not hold")
            return True

    class Client(WeChatPay):  # type: ignore[misc]
        """The library's client around that core."""

        def __init__(self) -> None:
            super().__init__(WeChatPayType.NATIVE, account.mchid, account.private_key, account.cert_serial_no, account.appid,
                             account.apiv3_key, account.notify_url, public_key=account.public_key, public_key_id=account.public_key_id)
            self._core = OwnCore()

    return Client()


def _check(account: WechatAccount) -> None:
    """Read the keys ourselves first: the library raises nothing narrower than Exception for one that it cannot read."""
    for name, text in (("private_key", account.private_key), ("public_key", account.public_key)):
        try:
            RSA.import_key(text)
        except (ValueError, IndexError, TypeError) as error:
            raise HqError(f"WeChat Pay's {name} cannot be read ({error}): a PEM text is expected") from error
    if len(account.apiv3_key.encode()) != 32:
        raise HqError("WeChat Pay's apiv3_key has 32 characters")
