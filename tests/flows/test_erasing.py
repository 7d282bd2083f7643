"""A device that leaves the shop: keys first, proof, and a report whose signature holds."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.cli import main
from kiosk.config import parse
from kiosk.domain.events import StaffActed
from kiosk.errors import StorageError, TrustError, VaultError
from kiosk.flows.erasing import erase, waiting
from kiosk.flows.opening import open_vault
from kiosk.flows.standing import open_identity
from kiosk.hq.trust.authority import Purpose, Subject, read_request
from kiosk.hq.trust.folder import Authority
from kiosk.runtime import ManualClock, SystemClock, new_id
from kiosk.storage.store import Store
from kiosk.storage.vault import Vault


@pytest.fixture
def device(tmp_path):
    config = tmp_path / "kiosk.toml"
    config.write_text('[device]\nid = "kiosk-1"\nstore = "s"\nroles = ["pay"]\n'
                      f'[storage]\nfolder = "{tmp_path / "state"}"\nreserve_mb = 1\n')
    settings = parse(config.read_text())
    with closing(Store.open(tmp_path / "state" / "kiosk.db", "kiosk-1", SystemClock(), new_id, 0)):
        open_vault(settings).close()
    identity, ca = open_identity(settings), Authority(tmp_path / "hq")
    ca.init(tmp_path / "root", datetime.now(UTC))
    _name, public = read_request(identity.request("kiosk-1"))
    (identity.folder / "roots.pem").write_text(ca.roots_text())
    (identity.folder / "roots.pem").chmod(0o600)
    identity.install("kiosk-1", ca.issue(Subject("kiosk-1", Purpose.DEVICE), public, datetime.now(UTC)).chain)
    system = tmp_path / "etc"
    system.mkdir()
    (system / "vault.key.cred").write_bytes(b"sealed")
    return config, settings, system


def test_nothing_can_be_opened_afterwards_and_the_report_is_signed(tmp_path, device):
    _config, settings, system = device
    state, identity = settings.storage.folder, open_identity(settings)
    stolen = tmp_path / "stolen"
    shutil.copytree(state / "vault", stolen)
    (stolen / "vault.key").unlink()  # who copied the file of templates, but not the key
    keys = [(state / name).read_bytes() for name in ("vault/vault.key", "journal.key", "identity/device.pem")]
    report = erase(settings, ManualClock(), system)
    told = json.loads(report.text)
    assert told["device"] == "kiosk-1" and any(path.endswith("vault.key") for path in told["destroyed"])
    assert not list(system.iterdir()) and not (state / "vault").exists() and not (state / "kiosk.db").exists()
    left = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert not any(key in left for key in keys)
    with pytest.raises(TrustError):
        identity.sign(b"anything")
    with pytest.raises(VaultError, match="is missing"):
        Vault.open(stolen / "vault.db", stolen / "vault.key")
    import base64
    certificate = x509.load_pem_x509_certificates(report.chain.encode())[0]
    certificate.public_key().verify(base64.b64decode(report.signature), report.text.encode(), ec.ECDSA(hashes.SHA256()))


def test_a_copy_of_a_key_that_stays_behind_is_found(device):
    _config, settings, system = device
    hidden = open_identity(settings).folder / "kept"
    hidden.write_bytes(b"x" + (settings.storage.folder / "journal.key").read_bytes())
    with pytest.raises(StorageError, match="still holds a key"):
        erase(settings, ManualClock(), system)


def test_it_asks_for_the_name_and_for_an_empty_queue(device, capsys):
    config, settings, _system = device
    assert main(["device", "erase", "--config", str(config), "--yes", "kiosk-2"]) == 1
    with closing(Store.open(settings.storage.folder / "kiosk.db", "kiosk-1", SystemClock(), new_id, 0)) as store, store.unit() as unit:
        unit.facts.record(StaffActed("opened", "lea", {}))
    assert waiting(settings, SystemClock()) == 1
    assert main(["device", "erase", "--config", str(config), "--yes", "kiosk-1"]) == 1
    assert "1 fact(s) wait" in capsys.readouterr().err and open_identity(settings).certificate() is not None
