"""Number and PIN where a face has not come yet: HQ judges what it cannot read, and everybody who is refused gets one answer."""

import pytest

from kiosk.domain.events import MemberEnrolled, MemberLocked, PaymentRequested, TemplateHeld
from kiosk.domain.online_pin import KEYS_MAX, PinShown, packed, unpacked
from kiosk.hq import members
from kiosk.hq.ledger import members as rows
from kiosk.storage.vault import Vault
from tests.hq.test_members import Group

NUMBER, PIN = "41570321", "7294"
REFUSED = ("declined", "pin_refused", "")


class Shop(Group):
    """Kiosks that share a key for PINs, of which pay-1 has the faces and pay-2 does not."""

    def __init__(self, ledger, ingest, stamp, folder):
        super().__init__(ledger, ingest, stamp)
        self.vaults = {name: Vault.open(folder / name / "vault.db", folder / name / "vault.key") for name in ("pay-1", "pay-2", "strange")}
        self.asked = 0

    def enrol(self, member_id, number=NUMBER, pin=PIN):
        lodged = self.vaults["pay-1"].pin_keys.lodged(member_id, number, pin)
        self.vaults["pay-2"].pin_keys.learn(self.vaults["pay-1"].pin_keys.known())
        self.say("pay-1", MemberEnrolled(member_id, "2026-11", "fr", 3), lodged)
        return lodged

    def pay(self, pin, number=NUMBER, at="pay-2", keys="pay-2", code=None, again=""):
        """HQ's answer to a shopper who typed this: outcome, reason and member."""
        self.asked += not again
        intent = again or f"intent-{self.asked}"
        code = code or self.vaults[keys].pin_keys.shown(number, pin, intent)
        self.say(at, PaymentRequested(intent, 100, "EUR", "wallet_pin", "somebody-else", code))
        (answer,) = [data for kind, data in self.told(at) if kind == "payment"]
        return answer["outcome"], answer["reason"], answer["member_id"]


@pytest.fixture
def shop(ledger, ingest, stamp, tmp_path):
    made = Shop(ledger, ingest, stamp, tmp_path)
    yield made
    for vault in made.vaults.values():
        vault.close()


def test_number_and_pin_pay_where_the_face_is_not_and_only_there(shop):
    shop.enrol("anna")
    assert shop.pay(PIN) == ("authorised", "", "anna")
    assert shop.pay(PIN, at="pay-1") == REFUSED, "where the face is, the face is asked for"
    shop.say("pay-2", TemplateHeld("anna"))
    assert shop.pay(PIN) == REFUSED


def test_whoever_is_refused_gets_one_answer(shop):
    shop.enrol("anna")
    assert shop.pay("0000") == shop.pay(PIN, number="99999999") == shop.pay(PIN, code="gibberish . ..") == REFUSED
    assert shop.vaults["strange"].pin_keys.shown(NUMBER, PIN, "i") == "", "a kiosk that met nobody has no key"
    shop.vaults["strange"].pin_keys.lodged("bert", NUMBER, PIN)
    assert shop.pay(PIN, keys="strange") == REFUSED, "without the kiosks' key number and PIN are worth nothing"


def test_what_went_over_the_wire_once_pays_nothing_else_and_the_same_payment_is_judged_once(shop):
    shop.enrol("anna")
    code = shop.vaults["pay-2"].pin_keys.shown(NUMBER, PIN, "intent-1")
    assert shop.pay(PIN, code=code) == ("authorised", "", "anna")
    assert shop.pay(PIN, code=code) == REFUSED
    assert shop.pay(PIN, code=" ", again="intent-1") == ("authorised", "", "anna"), "a restart asks again without the PIN"
    for _ in range(6):
        assert shop.pay("0000", again="intent-2") == REFUSED
    assert shop.pay(PIN) == ("authorised", "", "anna"), "one payment counts as one try"


def test_five_wrong_ones_lock_the_member_everywhere_until_somebody_unlocks(shop):
    shop.enrol("anna")
    shop.say("mirror-1", TemplateHeld("anna"))
    for _ in range(2):
        assert [shop.pay("0000") for _ in range(4)] == [REFUSED] * 4
        assert shop.pay(PIN)[0] == "authorised", "a right one begins the count anew"
    for name in ("pay-1", "mirror-1"):
        shop.told(name)
    for _ in range(5):
        assert shop.pay("0000") == REFUSED
    for name in ("pay-1", "mirror-1"):
        assert shop.told(name) == [("member-lock", {"member_id": "anna", "locked": True})]
    assert shop.pay(PIN) == REFUSED
    with shop.ledger.read() as db:
        assert [row["locked"] for row in rows.overview(db)] == [1]
    shop.do(members.unlock, "anna", "theo", shop.stamp)
    assert shop.pay(PIN)[0] == "authorised"
    shop.say("pay-1", MemberLocked("anna", True))
    assert shop.pay(PIN) == REFUSED, "who was locked by a face's PIN is locked here too"


def test_two_members_of_one_number_do_not_use_up_each_others_tries(shop):
    shop.enrol("anna")
    shop.enrol("bert", pin="8305")
    for _ in range(6):
        assert shop.pay("8305") == ("authorised", "", "bert")
    assert shop.pay(PIN) == ("authorised", "", "anna")


def test_hq_keeps_no_number_no_pin_and_of_an_erased_member_nothing(shop):
    lodged = shop.enrol("anna")
    shop.pay(PIN)
    with shop.ledger.read() as db:
        kept = b"\n".join(bytes(row[0]) for row in db.execute("SELECT body FROM facts"))
    assert b"anna" in kept
    assert not any(word.encode() in kept for word in (lodged.mark, lodged.proof, NUMBER, PIN))
    assert not any(NUMBER in word or word.startswith(PIN) for word in (lodged.mark, lodged.proof, lodged.key_id))
    other = shop.vaults["strange"].pin_keys.lodged("anna", NUMBER, PIN)
    assert {lodged.mark, lodged.proof}.isdisjoint({other.mark, other.proof}), "both hang on a key that HQ does not have"
    shop.do(members.erase, "anna", "theo", shop.stamp)
    shop.say("pay-1", lodged)
    with shop.ledger.read() as db:
        assert db.execute("SELECT count(*) FROM member_pins").fetchone()[0] == 0, "nor of one whose PIN comes late"
    assert shop.pay(PIN) == REFUSED


def test_a_payment_word_says_a_few_keys_and_rubbish_is_nothing():
    shown = [PinShown(f"k{n}", "mark", "ab") for n in range(KEYS_MAX + 3)]
    assert unpacked(packed(shown)) == shown[:KEYS_MAX]
    assert unpacked("") == unpacked("a.b") == unpacked("a.b.c.d") == []
