"""The vault: what is on the disk shows neither faces nor digits, and what is erased is gone from every file."""

from __future__ import annotations

import base64
import multiprocessing
import os
from dataclasses import replace

import numpy as np
import pytest

from kiosk.domain.online_pin import KEYS_MAX, fits, unpacked
from kiosk.errors import VaultError
from kiosk.storage.vault import CARD_PREFIX, Consent, Courier, Extras, Peer, Vault, members
from kiosk.storage.vault import courier as couriers
from kiosk.storage.vault.pins import hashed, objection

CONSENT = Consent("2026-01", "fr", "2026-01-01T09:00:00+00:00")
STROKES = (((10, 20), (30, 40)), ((500, 500),))


def template(seed):
    return np.random.default_rng(seed).normal(size=384).astype(np.float32)


@pytest.fixture
def open_vault(tmp_path):
    opened = []

    def open_one(path=tmp_path / "vault.db", key=tmp_path / "key" / "device.key"):
        opened.append(Vault.open(path, key))
        return opened[-1]
    yield open_one
    for vault in opened:
        vault.close()


def on_disk(folder):
    return b"".join(part.read_bytes() for part in sorted(folder.glob("vault.db*")))


def test_members_are_found_by_four_six_and_eight_digits(open_vault):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    vault.enrol("m2", "99995678", template(2), CONSENT)
    vault.enrol("m3", "12340000", template(3), CONSENT)
    assert [c.member_id for c in vault.bucket("5678")] == ["m1", "m2"]
    assert [c.member_id for c in vault.bucket("345678")] == ["m1"]
    assert np.array_equal(vault.bucket("12345678")[0].template, template(1))
    assert (vault.size("5678"), vault.size("0000"), vault.size("1111")) == (2, 1, 0)
    assert vault.members() == ["m1", "m2", "m3"] and vault.consent("m1") == CONSENT
    again = open_vault()
    assert np.array_equal(again.bucket("0000")[0].template, template(3))


def test_neither_templates_nor_digits_nor_signatures_are_on_the_disk(open_vault, tmp_path):
    vault = open_vault()
    for n in range(50):
        vault.enrol(f"m{n}", f"{81234000 + n}", template(n), replace(CONSENT, strokes=STROKES), Extras(pin=hashed("7294")))
    found = on_disk(tmp_path)
    assert b"m49" in found and b"argon2" not in found and b"[[10,20]" not in found
    for n in range(50):
        raw = template(n).tobytes()
        assert not any(raw[i:i + 8] in found for i in range(0, len(raw), 8))
        assert str(81234000 + n).encode() not in found and str(81234000 + n)[-6:].encode() not in found
    assert (tmp_path / "vault.db").stat().st_mode & 0o077 == 0
    assert vault.consent("m7").strokes == STROKES


def test_an_erased_member_is_gone_from_every_file(open_vault, tmp_path):
    vault = open_vault()
    vault.enrol("mallory-1", "12345678", template(1), CONSENT)
    sealed, key = vault._db.execute("SELECT sealed, data_key FROM members").fetchone()
    assert sealed[20:60] in on_disk(tmp_path) and key in on_disk(tmp_path)
    assert vault.erase("mallory-1")
    assert sealed[20:60] not in on_disk(tmp_path) and key not in on_disk(tmp_path) and b"mallory-1" not in on_disk(tmp_path)
    assert vault.bucket("5678") == [] and vault.members() == [] and vault.is_erased("mallory-1")
    assert not vault.erase("mallory-1")


def test_enrolling_again_replaces(open_vault):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    vault.enrol("m1", "87654321", template(2), CONSENT)
    assert vault.bucket("5678") == []
    assert np.array_equal(vault.bucket("4321")[0].template, template(2))


@pytest.mark.parametrize("digits", ["1234567", "123456789", "1234567a", "", "１２３４５６７８"])
def test_other_than_eight_digits_is_refused(open_vault, digits):
    with pytest.raises(VaultError, match="digits"):
        open_vault().enrol("m1", digits, template(1), CONSENT)


@pytest.mark.parametrize("bad", [np.zeros(128, np.float32), np.zeros(384), np.full(384, np.nan, np.float32)])
def test_what_is_no_template_is_refused(open_vault, bad):
    with pytest.raises(VaultError, match="template"):
        open_vault().enrol("m1", "12345678", bad, CONSENT)


def test_a_template_of_another_version_is_near_nobody_and_its_member_is_to_enrol_anew(open_vault, caplog):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    (wrapped,) = vault._db.execute("SELECT data_key FROM members").fetchone()
    former = members._sealed(vault._data_key("m1", wrapped), template(1)[:128].tobytes(), b"m1")
    vault._db.execute("UPDATE members SET sealed = ?", (former,))
    vault.enrol("m2", "12345678", template(2), CONSENT)
    assert [candidate.member_id for candidate in vault.bucket("5678")] == ["m2"]
    assert vault.near(template(1), 9e9)[0] == ["m2"]
    (told,) = caplog.records
    assert told.args[1] == "m1" and "enrol anew" in told.getMessage()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    assert {candidate.member_id for candidate in vault.bucket("5678")} == {"m1", "m2"}


def test_a_row_moved_to_another_member_does_not_open_and_shuts_nobody_out(open_vault, caplog):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    vault.enrol("m2", "12345678", template(2), CONSENT)
    vault._db.execute("UPDATE members SET (data_key, sealed) ="
                      " (SELECT data_key, sealed FROM members WHERE member_id = 'm1') WHERE member_id = 'm2'")
    for _ in range(3):
        assert [c.member_id for c in vault.bucket("5678")] == ["m1"]
    assert [record.args[1] for record in caplog.records] == ["m2"], "it is told once"


def test_the_key_is_made_once_for_its_owner_alone_and_guarded(open_vault, tmp_path):
    key = tmp_path / "key" / "device.key"
    open_vault().enrol("m1", "12345678", template(1), CONSENT)
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
    key.chmod(0o644)
    with pytest.raises(VaultError, match="chmod"):
        open_vault()
    key.chmod(0o600)
    key.write_bytes(bytes(32))
    assert open_vault().bucket("5678") == [], "digits of another key are other digits"
    key.write_bytes(b"short")
    with pytest.raises(VaultError, match="5 bytes"):
        open_vault()
    key.unlink()
    with pytest.raises(VaultError, match="missing"):
        open_vault()


def test_the_key_that_systemd_hands_over_comes_first(open_vault, tmp_path, monkeypatch):
    handed = tmp_path / "credentials"
    handed.mkdir()
    (handed / "vault.key").write_bytes(bytes(range(32)))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    open_vault().enrol("m1", "12345678", template(1), CONSENT)
    assert not (tmp_path / "key" / "device.key").exists()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(VaultError, match="missing"):
        open_vault()


def test_a_folder_that_others_can_look_into_is_refused(open_vault, tmp_path):
    folder = tmp_path / "vault"
    open_vault(folder / "vault.db").close()
    assert folder.stat().st_mode & 0o777 == 0o700
    for mode in (0o750, 0o701, 0o777):
        folder.chmod(mode)
        with pytest.raises(VaultError, match="chmod 700"):
            open_vault(folder / "vault.db")


def _as_another_user(folder, told):
    """Become somebody else and try to read the vault; what happened goes into `told`."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    try:
        told.put(f"read {len((folder / 'vault.db').read_bytes())} bytes")
    except PermissionError:
        told.put("file refused")
    try:
        Vault.open(folder / "vault.db", folder / "vault.key")
        told.put("opened")
    except VaultError as error:
        told.put(str(error))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_cannot_read_it(tmp_path, tmp_path_factory):
    folder = tmp_path / "shared" / "vault"
    for part in (*tmp_path.parents, tmp_path):
        if part.is_relative_to(tmp_path_factory.getbasetemp().parent):
            part.chmod(0o755)
    (tmp_path / "shared").mkdir(mode=0o777)
    Vault.open(folder / "vault.db", folder / "vault.key").close()
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    process = context.Process(target=_as_another_user, args=(folder, told))
    process.start()
    assert told.get(timeout=30) == "file refused"
    assert "belongs to user" in told.get(timeout=30)
    process.join(30)


# --- PIN ------------------------------------------------------------------------------------------------------------------------


def test_five_wrong_pins_lock_the_member_and_nobody_else(open_vault):
    vault = open_vault()
    for name in ("m1", "m2"):
        vault.enrol(name, "12345678", template(1), CONSENT, Extras(pin=hashed("7294")))
    assert [vault.check_pin("m1", "0000") for _ in range(5)] == ["wrong"] * 4 + ["locked"]
    assert vault.check_pin("m1", "7294") == "locked" and vault.standing("m1").locked
    assert vault.check_pin("m2", "7294") == "right" and not vault.standing("m2").locked
    again = open_vault()
    assert again.check_pin("m1", "7294") == "locked", "a restart gives no new tries"
    again.lock("m1", locked=False)
    assert again.check_pin("m1", "0000") == "wrong" and again.check_pin("m1", "7294") == "right"
    assert [again.check_pin("m1", "0000") for _ in range(4)] == ["wrong"] * 4, "a right one gives five tries again"


def test_nobody_and_somebody_without_a_pin_are_wrong_like_anybody(open_vault):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), CONSENT)
    assert (vault.check_pin("nobody", "7294"), vault.check_pin("m1", "7294")) == ("wrong", "wrong")
    assert not vault.standing("nobody").has_pin and not vault.standing("m1").has_pin


@pytest.mark.parametrize(("pin", "why"), [("1111", "same"), ("1234", "row"), ("8765", "row"), ("8123", "phone"), ("123", "length"),
                                          ("12a4", "length"), ("7294", "")])
def test_a_pin_that_is_too_easy_is_objected_to(pin, why):
    assert objection(pin, "81235678") == why


# --- member card ----------------------------------------------------------------------------------------------------------------


def test_with_the_card_the_store_alone_identifies_nobody(open_vault):
    vault, secret = open_vault(), bytes(range(24))
    vault.enrol("m1", "12345678", template(1), CONSENT, Extras(pin=hashed("7294"), card=secret))
    assert vault.bucket("5678") == [] and vault.near(template(1), 9.0) == ([], 0)
    assert vault.check_pin("m1", "7294") == "wrong", "the PIN's hash opens with the card too"
    code = f"{CARD_PREFIX}m1." + base64.urlsafe_b64encode(secret).decode()
    for wrong in (code[:-4] + "AAAA", code.replace("m1", "m2"), "KF1.m1", "KF1.", "", "KF1.m1.\x00é"):
        assert vault.by_card(wrong) == []
    (found,) = vault.by_card(code)
    assert np.array_equal(found.template, template(1)) and vault.standing("m1").has_pin
    assert vault.check_pin("m1", "7294") == "right"
    vault.by_card("KF1.other.AAAA")
    assert not vault.standing("m1").has_pin, "the next card shuts the last one"


# --- twins, retention, export -----------------------------------------------------------------------------------------------------


def test_somebody_too_near_is_found_among_all(open_vault):
    vault = open_vault()
    for n in range(25):
        vault.enrol(f"m{n:02d}", f"{11110000 + n}", template(n), CONSENT)
    near, place, found = [], 0, []
    while True:
        near, place = vault.near(template(7) + np.float32(0.01), 0.3, place, 10)
        found += near
        if not place:
            break
    assert found == ["m07"]


def test_who_did_not_come_for_long_is_named(open_vault):
    vault = open_vault()
    for n, day in enumerate(("2025-01-01", "2025-06-01", "2026-01-01")):
        vault.enrol(f"m{n}", "12345678", template(n), replace(CONSENT, at=f"{day}T10:00:00+00:00"))
    vault.used("m0", "2025-09-01")
    vault.used("m0", "2025-08-01")
    assert vault.unused_since("2025-07-01") == ["m1"]
    assert vault.unused_since("2025-09-02") == ["m0", "m1"]


def test_an_export_tells_everything_but_the_numbers(open_vault):
    vault = open_vault()
    vault.enrol("m1", "12345678", template(1), replace(CONSENT, strokes=STROKES), Extras(pin=hashed("7294")))
    told = vault.export("m1")
    assert (told["phone_digits"], told["pin_set"], told["consent"]["strokes"]) == ("12345678", True, STROKES)
    assert "no picture" in told["template"] and "argon2" not in str(told)
    assert np.allclose(vault.export("m1", numbers=True)["template"], template(1))
    assert vault.export("nobody") is None


# --- travel -----------------------------------------------------------------------------------------------------------------------


class Kiosks:
    """Two kiosks' vaults and couriers."""

    def __init__(self, tmp_path):
        self.vaults, self.couriers = {}, {}
        for name in ("here", "there"):
            folder = tmp_path / name
            self.vaults[name] = Vault.open(folder / "vault.db", folder / "vault.key")
            self.couriers[name] = Courier(self.vaults[name], name, f"epoch-{name}")

    def peer(self, name, device=None, epoch=None):
        return Peer(device or name, epoch or f"epoch-{name}", base64.b64decode(self.couriers[name].public_key))


@pytest.fixture
def kiosks(tmp_path):
    made = Kiosks(tmp_path)
    yield made
    for vault in made.vaults.values():
        vault.close()


def test_a_member_travels_sealed_and_is_found_with_pin_and_signature(kiosks):
    here, there = kiosks.vaults["here"], kiosks.vaults["there"]
    consent = kiosks.couriers["here"].witness("m1", replace(CONSENT, strokes=STROKES))
    here.enrol("m1", "12345678", template(1), consent, Extras(pin=hashed("7294"), pin_always=True))
    sealed, known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))
    assert known and template(1).tobytes()[:8] not in base64.b64decode(sealed) and b"12345678" not in base64.b64decode(sealed)
    assert kiosks.couriers["there"].receive("m1", sealed)
    (found,) = there.bucket("5678")
    assert np.array_equal(found.template, template(1)) and there.check_pin("m1", "7294") == "right"
    assert there.standing("m1").pin_always and there.consent("m1") == consent
    assert couriers.holds(there.consent("m1"), "m1") and not couriers.holds(there.consent("m1"), "m2")
    assert not couriers.holds(replace(consent, version="2031-01"), "m1")


def test_kiosks_come_to_share_a_key_for_pins_as_soon_as_one_template_travelled(kiosks):
    here, there = (kiosks.vaults[name].pin_keys for name in ("here", "there"))
    lodged = here.lodged("m1", "12345678", "7294")
    assert (there.known(), there.shown("12345678", "7294", "intent-1")) == ((), "")
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT, Extras(pin=hashed("7294")))
    sealed, _known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))
    assert base64.b64decode(here.known()[0]) not in base64.b64decode(sealed)
    assert kiosks.couriers["there"].receive("m1", sealed) and there.known() == here.known()
    (shown,) = unpacked(there.shown("12345678", "7294", "intent-1"))
    assert (shown.key_id, shown.mark) == (lodged.key_id, lodged.mark) and fits(lodged.proof, "intent-1", shown)
    assert there.lodged("m2", "87654321", "7294").key_id == lodged.key_id, "a kiosk that met others makes no key of its own"
    (other,) = unpacked(there.shown("12345678", "7295", "intent-1"))
    assert other.mark == lodged.mark and not fits(lodged.proof, "intent-1", other)


def test_what_is_no_key_is_not_learnt_and_no_more_than_a_few(kiosks):
    keys = kiosks.vaults["there"].pin_keys
    keys.learn(["", "???", base64.b64encode(b"short").decode()])
    assert keys.known() == ()
    many = [base64.b64encode(bytes([n]) * 32).decode() for n in range(KEYS_MAX + 2)]
    keys.learn(many)
    keys.learn(many)
    assert keys.known() == tuple(many[:KEYS_MAX])


@pytest.mark.parametrize("other", [{"device": "elsewhere"}, {"epoch": "an-older-card"}])
def test_a_parcel_for_another_device_card_or_member_does_not_open(kiosks, other):
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT)
    sealed, _known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there", **other))
    for member_id in ("m1", "m2"):
        with pytest.raises(VaultError, match="not sealed for this device"):
            kiosks.couriers["there"].receive(member_id, sealed)
    mine, _known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))
    with pytest.raises(VaultError, match="not sealed"):
        kiosks.couriers["there"].receive("m2", mine)
    with pytest.raises(VaultError, match="not sealed"):
        kiosks.couriers["here"].receive("m1", mine)
    assert kiosks.vaults["there"].members() == []


def test_a_changed_bit_or_rubbish_does_not_open(kiosks):
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT)
    sealed = base64.b64decode(kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))[0])
    for at in (0, 33, 50, len(sealed) - 1):
        spoilt = bytearray(sealed)
        spoilt[at] ^= 1
        with pytest.raises(VaultError):
            kiosks.couriers["there"].receive("m1", base64.b64encode(spoilt).decode())
    for rubbish in ("", "AAAA", "é", "x" * 999):
        with pytest.raises(VaultError):
            kiosks.couriers["there"].receive("m1", rubbish)


def test_a_key_that_changes_is_noticed_and_one_that_cannot_be_is_refused(kiosks):
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT)
    courier = kiosks.couriers["here"]
    assert courier.sealed_for("m1", kiosks.peer("there"))[1]
    assert not courier.sealed_for("m1", kiosks.peer("here", device="there"))[1]
    with pytest.raises(VaultError, match="no X25519 key"):
        courier.sealed_for("m1", Peer("there", "e", bytes(31)))
    with pytest.raises(VaultError, match="no X25519 key"):
        courier.sealed_for("m1", Peer("there", "e", bytes(32)))
    assert courier.sealed_for("nobody", kiosks.peer("there")) == ("", True)


def test_what_comes_for_somebody_who_was_erased_is_not_kept(kiosks):
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT)
    sealed, _known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))
    kiosks.vaults["there"].erase("m1")
    assert not kiosks.couriers["there"].receive("m1", sealed)
    assert kiosks.vaults["there"].members() == []


def test_a_card_member_travels_though_nobody_on_the_way_can_open_it(kiosks):
    secret = bytes(range(24))
    kiosks.vaults["here"].enrol("m1", "12345678", template(1), CONSENT, Extras(card=secret))
    sealed, _known = kiosks.couriers["here"].sealed_for("m1", kiosks.peer("there"))
    assert kiosks.couriers["there"].receive("m1", sealed)
    code = f"{CARD_PREFIX}m1." + base64.urlsafe_b64encode(secret).decode()
    assert kiosks.vaults["there"].bucket("5678") == []
    assert np.array_equal(kiosks.vaults["there"].by_card(code)[0].template, template(1))
