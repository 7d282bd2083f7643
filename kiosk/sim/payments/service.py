"""The payment services as one part of a store in a box: started on a free port, with a merchant's account and the file that HQ reads."""

from __future__ import annotations

import importlib.util
import json
import logging
import secrets
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from kiosk.sim.payments.acquirer import AcquirerApi
from kiosk.sim.payments.alipay_gateway import AlipayGateway
from kiosk.sim.payments.bank import Bank, Payment
from kiosk.sim.payments.card_api import CardApi
from kiosk.sim.payments.keys import Pair, pair
from kiosk.sim.payments.web import PaymentWeb
from kiosk.sim.payments.wechat_api import WechatApi, WechatShop

log = logging.getLogger(__name__)

APP_ID, MCHID, APPID = "2026000000000001", "1900000001", "wx0000000000000001"
NOTICE_S = 5.0
_LIBRARIES = {"stripe": "stripe", "alipay": "alipay", "wechat": "wechatpayv3"}


class PaymentServices:
    """Stripe, Alipay, WeChat Pay and an acquirer on this machine, each with one merchant: us."""

    def __init__(self) -> None:
        self.bank = Bank()
        self._own, self._merchant = pair(), pair()
        self._webhook_secret = f"whsec_{secrets.token_hex(16)}"
        self._stripe_key, self._secret, self._apiv3 = f"sk_test_{secrets.token_hex(12)}", secrets.token_hex(16), secrets.token_hex(16)
        shop = WechatShop(MCHID, APPID, self._apiv3, self._own, "PUB_KEY_ID_0119000000012026", self._merchant)
        self._card = CardApi(self.bank, self._stripe_key)
        self._alipay = AlipayGateway(self.bank, APP_ID, self._own, self._merchant)
        self._wechat = WechatApi(self.bank, shop)
        self._acquirer = AcquirerApi(self.bank, self._secret)
        self._web = PaymentWeb(self.bank, {"stripe": self._card, "alipay": self._alipay, "wechat": self._wechat,
                                           "acquirer": self._acquirer})
        self.bank.told = self._tell
        self.notices = 1
        """How often a paid code is told to HQ: 0 never, 2 twice."""

    @property
    def address(self) -> str:
        """Where they are."""
        return self._web.address

    def start(self) -> None:
        """Begin to serve."""
        self._web.start()

    def close(self) -> None:
        """End it."""
        self._web.close()

    def write_config(self, path: Path, currency: str, timeout_s: float = 10.0) -> None:
        """Write the file that HQ reads its payment services from, readable by its owner alone. currency: of Alipay's contract.

        Services whose library this installation lacks are left out.
        """
        lines = [line for name, section in self._sections(currency, timeout_s).items()
                 if name not in _LIBRARIES or importlib.util.find_spec(_LIBRARIES[name]) for line in (f"[{name}]", *section)]
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")

    def _sections(self, currency: str, timeout_s: float) -> dict[str, list[str]]:
        q = json.dumps
        return {
            "stripe": [f"secret_key = {q(self._stripe_key)}", f"webhook_secret = {q(self._webhook_secret)}",
                       f"address = {q(self.address + '/stripe')}", f"timeout_s = {timeout_s}"],
            "alipay": [
                f"app_id = {q(APP_ID)}", f"app_private_key = {q(self._merchant.private)}", f"alipay_public_key = {q(self._own.public)}",
                f"currencies = [{q('CNY')}, {q(currency)}]", f"address = {q(self.address + '/alipay/gateway.do')}",
                f"timeout_s = {timeout_s}"],
            "wechat": [
                f"mchid = {q(MCHID)}", f"appid = {q(APPID)}", 'cert_serial_no = "444F4864EA9B34415"',
                f"private_key = {q(self._merchant.private)}", f"apiv3_key = {q(self._apiv3)}", f"public_key = {q(self._own.public)}",
                'public_key_id = "PUB_KEY_ID_0119000000012026"', f"address = {q(self.address + '/wechat')}", f"timeout_s = {timeout_s}"],
            "emv_qr": [
                "template = 26", 'guid = "example.scheme"', 'account = "KIOSK0001"', 'category = "5411"', 'country = "FR"',
                'name = "LUMIERE"', 'city = "PARIS"', f"address = {q(self.address + '/acquirer')}", f"secret = {q(self._secret)}",
                f"timeout_s = {timeout_s}"],
        }

    def stripe_keys(self, start: str) -> list[str]:
        """Return the idempotency keys that Stripe was sent and that begin so."""
        return [key for key in self._card.keys if key.startswith(start)]

    def notification(self, payment: Payment, signer: Pair | None = None) -> tuple[bytes, dict[str, str]]:
        """Return (body, headers) of what a service posts about a payment as it stands; with another `signer` it is a forgery."""
        if payment.service == "stripe":
            return self.webhook(payment, int(time.time()), "guess" if signer else "")
        if payment.service == "alipay":
            gateway = self._alipay if signer is None else AlipayGateway(self.bank, APP_ID, signer, self._merchant)
            form = urlencode(gateway.notification(payment)).encode()
            return form, {"content-type": "application/x-www-form-urlencoded"}
        if payment.service == "wechat":
            shop = WechatShop(MCHID, APPID, self._apiv3, signer or self._own, "PUB_KEY_ID_0119000000012026", self._merchant)
            return WechatApi(self.bank, shop).notification(payment)
        return (self._acquirer if signer is None else AcquirerApi(self.bank, "guess")).notification(payment)

    def webhook(self, payment: Payment, at_s: int, secret: str = "") -> tuple[bytes, dict[str, str]]:
        """Return (body, headers) of Stripe's webhook, signed at a moment (epoch seconds); secret: another than the endpoint's."""
        return self._card.notification(payment, secret or self._webhook_secret, at_s)

    def _tell(self, payment: Payment) -> None:
        if payment.notify_url:
            for _ in range(self.notices):
                threading.Thread(target=self.post, args=(payment.notify_url, *self.notification(payment)), daemon=True).start()

    @staticmethod
    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post a notification and return the HTTP status, 0 when nobody answered."""
        request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - an address that HQ itself named
        try:
            with urllib.request.urlopen(request, timeout=NOTICE_S) as reply:  # noqa: S310
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError as error:
            log.info("the notification to %s was not taken: %s", url, error)
            return 0
