"""The vault: what is on the disk shows neither faces nor digits, and what is erased is gone from every file."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.errors import VaultError
from kiosk.storage.vault import Consent, Vault

CONSENT = Consent("2026-01", "fr", "2026-01-01T09:00:00+00:00")


def template(seed):
    return np.random.default_rng(seed).normal(size=128).astype(np.float32)


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


def test_neither_templates_nor_digits_are_on_the_disk(open_vault, tmp_path):
    vault = open_vault()
    for n in range(50):
        vault.enrol(f"m{n}", f"{81234000 + n}", template(n), CONSENT)
    found = on_disk(tmp_path)
    assert b"m49" in found
    for n in range(50):
        raw = template(n).tobytes()
        assert not any(raw[i:i + 8] in found for i in range(0, len(raw), 8))
        assert str(81234000 + n).encode() not in found and str(81234000 + n)[-6:].encode() not in found
    assert (tmp_path / "vault.db").stat().st_mode & 0o077 == 0


def test_an_erased_member_is_gone_from_every_file(open_vault, tmp_path):
    vault = open_vault()
    vault.enrol("mallory-1", "12345678", template(1), CONSENT)
    sealed, key = vault._db.execute("SELECT sealed, data_key FROM members").fetchone()
    assert sealed[20:60] in on_disk(tmp_path) and key in on_disk(tmp_path)
    assert vault.erase("mallory-1")
    assert sealed[20:60] not in on_disk(tmp_path) and key not in on_disk(tmp_path) and b"mallory-1" not in on_disk(tmp_path)
    assert vault.bucket("5678") == [] and vault.members() == []
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


@pytest.mark.parametrize("bad", [np.zeros(127, np.float32), np.zeros(128), np.full(128, np.nan, np.float32)])
def test_what_is_no_template_is_refused(open_vault, bad):
    with pytest.raises(VaultError, match="template"):
        open_vault().enrol("m1", "12345678", bad, CONSENT)


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
