"""The search for faces that were left behind finds what is planted, and is silent where nothing is."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.storage.vault import Consent, Vault
from tests.e2e.leaks import found_in, leaks

EMBEDDING = (np.random.default_rng(3).normal(size=384) * 0.1).astype(np.float32)
EMBEDDING[128:] = np.maximum(EMBEDDING[128:], 0)  # as the maps are


def picture(ending: str) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    return cv2.imencode(ending, pixels)[1].tobytes()


@pytest.mark.parametrize(("planted", "what"), [
    (picture(".jpg"), "picture"), (picture(".png"), "picture"), (picture(".webp"), "picture"),
    (EMBEDDING.tobytes(), "numbers"), (b"x" + EMBEDDING.tobytes() + b"y", "numbers"), (EMBEDDING.astype(">f4").tobytes(), "numbers"),
    (base64.b64encode(EMBEDDING.tobytes()), "numbers in base64"), (base64.urlsafe_b64encode(EMBEDDING.tobytes()), "numbers in base64"),
    (json.dumps({"face": [float(v) for v in EMBEDDING]}).encode(), "numbers as text"),
    (str(EMBEDDING.tolist()).encode(), "numbers as text"),
])
def test_what_is_planted_is_found(planted: bytes, what: str) -> None:
    noise = secrets.token_bytes(3001)
    assert what in found_in(noise + planted + noise)


def test_planted_in_a_database_a_log_or_a_payload_it_is_found_and_assets_are_let_be(tmp_path: Path) -> None:
    asset = tmp_path / "assets" / "tea.png"
    asset.parent.mkdir()
    asset.write_bytes(picture(".png"))
    state = tmp_path / "state"
    state.mkdir()
    (state / "tea.png").write_bytes(asset.read_bytes())
    db = sqlite3.connect(state / "kiosk.db")
    db.execute("CREATE TABLE settings (key TEXT, value BLOB)")
    db.commit()
    assert leaks(state, [asset]) == {}
    assert leaks(state, []) == {"tea.png": ["picture"]}
    db.execute("INSERT INTO settings VALUES ('last_face', ?)", (EMBEDDING.tobytes(),))
    db.commit()
    db.close()
    (state / "pay.log").write_text(f"10:00 seen {EMBEDDING.tolist()}")
    assert leaks(state, [asset]) == {"kiosk.db": ["numbers"], "pay.log": ["numbers as text"]}


def test_a_vault_and_megabytes_of_ciphertext_are_silent(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path / "vault" / "vault.db", tmp_path / "vault" / "vault.key")
    for n in range(40):
        vault.enrol(f"m{n}", f"{81230000 + n}", EMBEDDING, Consent("v", "en", "2026-01-01T00:00:00+00:00"))
    assert leaks(tmp_path, []) == {}
    vault.close()
    assert found_in(secrets.token_bytes(4_000_000)) == []
