"""The certificate authority by itself: what it issues, refuses, revokes and rotates, as OpenSSL sees it."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from kiosk.errors import HqError, TrustError
from kiosk.hq import certificates, claims
from kiosk.hq.ledger import facts, trust
from kiosk.hq.stamp import Stamp
from kiosk.hq.trust.authority import Purpose, Subject
from kiosk.hq.trust.folder import Authority
from kiosk.sync.trust.identity import Identity
from kiosk.wire import claims as wire_claims
from kiosk.wire import encode_value

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def at(moment=NOW):
    from kiosk.runtime import new_id

    return Stamp(round(moment.timestamp() * 1000), new_id)


@pytest.fixture
def ca(tmp_path, ledger):
    authority = Authority(tmp_path / "hq")
    with ledger.write() as db:
        certificates.init(db, authority, (tmp_path / "stick", "open sesame"), at(), "anna")
    return authority


def verifies(tmp_path, roots, chain, purpose="sslclient", crl=None, moment=None):
    (tmp_path / "roots").write_text(roots)
    leaf, *rest = chain.split("-----END CERTIFICATE-----\n")
    (tmp_path / "leaf").write_text(leaf + "-----END CERTIFICATE-----\n")
    (tmp_path / "rest").write_text("-----END CERTIFICATE-----\n".join(rest))
    when = ["-attime", str(int(moment.timestamp()))] if moment else []
    lists = ["-crl_check", "-CRLfile", str(crl)] if crl else []
    done = subprocess.run(["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", tmp_path / "roots", "-untrusted", tmp_path / "rest",
                           "-purpose", purpose, *when, *lists, tmp_path / "leaf"], capture_output=True, text=True, check=False)
    return done.returncode == 0


def request(tmp_path, device, name="identity"):
    identity = Identity(tmp_path / name)
    return identity, identity.request(device)


def test_what_is_issued_holds_for_its_purpose_its_time_and_its_name_alone(tmp_path, ledger, ca):
    with ledger.write() as db:
        made, _key = certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
        server, _key = certificates.issue(db, ca, Subject("broker", Purpose.SERVER, ("10.0.0.1", "hq.example")), at(), "anna")
    roots = ca.roots_text()
    assert verifies(tmp_path, roots, made.chain) and not verifies(tmp_path, roots, made.chain, "sslserver")
    assert verifies(tmp_path, roots, server.chain, "sslserver") and not verifies(tmp_path, roots, server.chain)
    assert verifies(tmp_path, roots, made.chain, moment=NOW + 89 * DAY) and not verifies(tmp_path, roots, made.chain, moment=NOW + 91 * DAY)
    leaf = x509.load_pem_x509_certificate(made.chain.encode())
    assert leaf.subject.rfc4514_string() == "CN=kiosk-1"
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(("name", "purpose"), [
    ("hq", Purpose.DEVICE), ("fleet", Purpose.DEVICE), ("claim", Purpose.DEVICE), ("claim-1", Purpose.DEVICE), ("kiosk-1", Purpose.CLAIM),
    ("+", Purpose.DEVICE), ("kiosk/1", Purpose.DEVICE), ("#", Purpose.DEVICE), ("", Purpose.DEVICE), ("kiosk-1", Purpose.HQ),
    ("Kiosk", Purpose.DEVICE), ("broker", Purpose.SERVER)])
def test_names_that_the_brokers_rules_would_misread_are_never_issued(ledger, ca, name, purpose):
    with ledger.write() as db, pytest.raises(TrustError):
        certificates.issue(db, ca, Subject(name, purpose), at(), "anna")


def test_keys_are_their_owners_alone_and_the_root_is_locked_and_apart(tmp_path, ca):
    keys = [*ca.folder.glob("*.key"), tmp_path / "stick" / "root.key"]
    assert len(keys) == 2 and all(path.stat().st_mode & 0o077 == 0 for path in keys)
    assert "ENCRYPTED" in (tmp_path / "stick" / "root.key").read_text() and not list(ca.folder.rglob("root.key"))
    with pytest.raises(TrustError, match="passphrase"):
        ca.rotate_issuing(tmp_path / "stick", NOW, "wrong")
    keys[0].chmod(0o644)
    with pytest.raises(TrustError, match="chmod 600"):
        ca.issuers()


def test_a_second_init_is_refused(tmp_path, ledger, ca):
    before = ca.roots_text()
    with ledger.write() as db, pytest.raises(TrustError, match="already"):
        certificates.init(db, ca, (tmp_path / "other", ""), at(), "anna")
    assert ca.roots_text() == before


def test_revocation_reaches_the_brokers_folder_and_the_audit(tmp_path, ledger, ca):
    with ledger.write() as db:
        made, _key = certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
        other, _key = certificates.issue(db, ca, Subject("kiosk-2", Purpose.DEVICE), at(), "anna")
        assert certificates.revoke(db, ca, "kiosk-1", at(), "anna") == 1
        with pytest.raises(HqError, match="no certificate that counts"):
            certificates.revoke(db, ca, "kiosk-1", at(), "anna")
        audit = [(row["who"], row["act"], row["subject"]) for row in db.execute("SELECT * FROM audit ORDER BY id")]
    crl = ca.broker / "crl.pem"
    assert not verifies(tmp_path, ca.roots_text(), made.chain, crl=crl) and verifies(tmp_path, ca.roots_text(), other.chain, crl=crl)
    assert "user kiosk-1\ntopic deny #" in (ca.broker / "acl").read_text() and "user kiosk-2" not in (ca.broker / "acl").read_text()
    assert ("anna", "ca_revoke", "kiosk-1") in audit and ("anna", "ca_issue", "kiosk-2") in audit


def test_a_restart_is_asked_for_where_a_reload_is_not_enough_alone(ledger, ca):
    def mark():
        path = ca.broker / "restart"
        return path.read_text() if path.exists() else ""

    first = mark()
    with ledger.write() as db:
        certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
        certificates.revoke(db, ca, "kiosk-1", at(), "anna")
        assert mark() == first, "a new name and a revocation are read again"
        certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(NOW + DAY), "anna")
        assert mark() != first, "a name that counts again has to be let in anew: its old session must not come back to life"


def test_the_list_of_revoked_is_made_anew_each_week_so_that_it_never_ends(ledger, ca):
    with ledger.write() as db:
        given = int(trust.setting(db, "given_ms"))
        assert not certificates.refresh_due(db, given + 6 * 86_400_000) and certificates.refresh_due(db, given + 7 * 86_400_000)
        certificates.give_broker(db, ca, at(NOW + 80 * DAY))
    crl = x509.load_pem_x509_crl((ca.broker / "crl.pem").read_bytes())
    assert crl.next_update_utc > NOW + 160 * DAY


def test_both_keys_are_changed_and_nothing_of_before_stops_counting(tmp_path, ledger, ca):
    """Old and new certificates, seen by who knows the old root alone, both, or the new one alone."""
    old_root = ca.roots_text()
    with ledger.write() as db:
        first, _key = certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
        certificates.rotate_issuing(db, ca, (tmp_path / "stick", "open sesame"), at(), "anna")
        second, _key = certificates.issue(db, ca, Subject("kiosk-2", Purpose.DEVICE), at(), "anna")
        assert second.issuer != first.issuer
        certificates.rotate_root(db, ca, (tmp_path / "stick", tmp_path / "stick-2", "open sesame"), at(), "anna")
        third, _key = certificates.issue(db, ca, Subject("kiosk-3", Purpose.DEVICE), at(), "anna")
        both = ca.roots_text()
        crl = ca.broker / "crl.pem"
        assert all(verifies(tmp_path, both, made.chain, crl=crl) for made in (first, second, third))
        assert all(verifies(tmp_path, old_root, made.chain) for made in (first, second, third)), "the new root is signed by the old one"
        with pytest.raises(TrustError, match="still in use"):
            certificates.finish_rotation(db, ca, at(), "anna")
        certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(NOW + DAY), "anna")
        certificates.revoke(db, ca, "kiosk-2", at(), "anna")
        assert certificates.finish_rotation(db, ca, at(NOW + DAY), "anna")
        fourth, _key = certificates.issue(db, ca, Subject("kiosk-4", Purpose.DEVICE), at(), "anna")
    new = ca.roots_text()
    assert new.count("BEGIN") == 1 and len(ca.issuers()) == 1
    assert verifies(tmp_path, new, third.chain) and verifies(tmp_path, new, fourth.chain) and not verifies(tmp_path, new, first.chain)
    assert not verifies(tmp_path, old_root, fourth.chain), "nothing leads back to the former root"


def ask(ledger, desk, code, identity, device, stamp=None):
    payload = encode_value(wire_claims.ClaimRequest(device, identity.request(device)))
    with ledger.write() as db:
        answered = desk.take(db, (wire_claims.request_topic(wire_claims.digest(code)), payload), stamp or at())
    return wire_claims.decode_answer(answered[1]) if answered else None


def alarms(ledger):
    with ledger.read() as db:
        return {(row["kind"], row["device"]) for row in facts.alarms(db)}


def test_a_code_belongs_to_the_first_key_that_uses_it_and_others_are_refused_and_alarmed(tmp_path, ledger, ca, record_property):
    desk = claims.Desk(ca, "a2V5")
    with ledger.write() as db:
        (code,) = claims.make_codes(db, "Paris 11", 1, at(), "anna", automatic=False)
        assert code.replace("-", "") not in str([tuple(row) for row in db.execute("SELECT * FROM claim_codes")]), "only its digest is kept"
    mine, thief = Identity(tmp_path / "mine"), Identity(tmp_path / "thief")
    assert ask(ledger, desk, code.lower().replace("-", " "), mine, "kiosk-1").status == "waiting"
    refused = ask(ledger, desk, code, thief, "kiosk-1")
    record_property("refusal", f"{refused.status}: {refused.reason}")
    assert refused.status == "refused" and refused.key == thief.waiting_key() and not refused.chain
    assert ask(ledger, desk, code, thief, "kiosk-2").status == "refused"
    assert {("claim_refused", "kiosk-1"), ("claim_refused", "kiosk-2")} <= alarms(ledger)
    with ledger.write() as db:
        claims.approve(db, ca, "kiosk-1", at(), "anna")
        assert ("anna", "claim_approve") in {(row["who"], row["act"]) for row in db.execute("SELECT * FROM audit")}
    answer = ask(ledger, desk, code, mine, "kiosk-1")
    assert answer.status == "issued"
    again = ask(ledger, desk, code, mine, "kiosk-1")
    assert again.chain == answer.chain, "asked again, the same certificate comes again"
    assert ask(ledger, desk, code, thief, "kiosk-1").status == "refused"


def test_codes_that_are_unknown_or_old_and_names_that_are_taken_are_refused(tmp_path, ledger, ca):
    desk = claims.Desk(ca, "a2V5")
    with ledger.write() as db:
        codes = claims.make_codes(db, "Paris 11", 3, at(), "anna", automatic=True)
    assert ask(ledger, desk, "0000-0000-0000-0000", Identity(tmp_path / "a"), "kiosk-1").status == "refused"
    assert ask(ledger, desk, codes[0], Identity(tmp_path / "b"), "kiosk-1", at(NOW + 31 * DAY)).reason.endswith("ask for another one")
    assert ask(ledger, desk, codes[0], Identity(tmp_path / "b"), "kiosk-1").status == "issued", "a printed list needs nobody"
    taken = ask(ledger, desk, codes[1], Identity(tmp_path / "c"), "kiosk-1")
    assert taken.status == "refused" and "revoke it first" in taken.reason
    assert ask(ledger, desk, codes[2], Identity(tmp_path / "d"), "fleet") is None
    with ledger.write() as db:
        assert desk.take(db, ("v1/claim/short/request", b"{}"), at()) is None
        assert desk.take(db, (wire_claims.request_topic("0" * 64), b"\xff"), at()) is None
    assert ("claim_unreadable", "") in alarms(ledger)


def test_a_device_believes_an_answer_that_its_own_root_vouches_for_alone(tmp_path, ledger, ca):
    desk = claims.Desk(ca, "a" * 43 + "=")
    with ledger.write() as db:
        (code,) = claims.make_codes(db, "Paris 11", 1, at(), "anna", automatic=True)
    identity = Identity(tmp_path / "identity")
    answer = ask(ledger, desk, code, identity, "kiosk-1")
    stranger = Authority(tmp_path / "stranger")
    stranger.init(tmp_path / "stranger-root", NOW)
    roots = ca.roots_text()
    bent = [
        wire_claims.ClaimAnswer(answer.key, "issued", "", answer.chain, answer.roots, "b" * 43 + "=", answer.voucher),
        wire_claims.ClaimAnswer(answer.key, "issued", "", answer.chain, stranger.roots_text(), answer.hq_key, answer.voucher),
        wire_claims.ClaimAnswer(answer.key, "issued", "", answer.chain, answer.roots, answer.hq_key, ""),
        wire_claims.ClaimAnswer(answer.key, "issued", "", "", answer.roots, answer.hq_key, answer.voucher)]
    for lie in bent:
        with pytest.raises(TrustError):
            identity.accept("kiosk-1", lie, roots)
    with pytest.raises(TrustError, match="no root that this device believes"):
        identity.accept("kiosk-1", answer, stranger.roots_text())
    with pytest.raises(TrustError):
        identity.accept("kiosk-2", answer, roots)
    assert identity.certificate() is None
    with ledger.write() as db:
        stolen, _key = certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
    identity.accept("kiosk-1", answer, roots)
    identity.request("kiosk-1")
    with pytest.raises(TrustError, match="another key"):
        identity.install("kiosk-1", stolen.chain)
    (identity.folder / "next.key").unlink()
    held = identity.certificate()
    assert held.name == "kiosk-1" and identity.hq_key == "a" * 43 + "=" and not identity.waiting_key()
    assert all(path.stat().st_mode & 0o077 == 0 for path in [identity.folder, *identity.folder.iterdir()])
    assert not identity.due(held.begins + 59 * DAY) and identity.due(held.begins + 61 * DAY)


def test_a_key_can_lie_sealed_under_systemds_credential(tmp_path, ledger, ca):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "identity.key").write_bytes(bytes(range(32)))
    sealed = Identity(tmp_path / "identity", str(credentials))
    request = sealed.request("kiosk-1")
    assert b"ENCRYPTED" in (tmp_path / "identity" / "next.key").read_bytes()
    with ledger.write() as db:
        made = certificates.sign_request(db, ca, "kiosk-1", request, at())
    (tmp_path / "identity" / "roots.pem").write_text(ca.roots_text())
    (tmp_path / "identity" / "roots.pem").chmod(0o600)
    sealed.install("kiosk-1", made.chain)
    assert b"ENCRYPTED" in sealed.file.read_bytes()
    with pytest.raises(TrustError, match="credential"):
        Identity(tmp_path / "identity").request("kiosk-1") and Identity(tmp_path / "identity")._load(sealed.file)


def test_requests_that_lie_are_refused(tmp_path, ledger, ca):
    _identity, asked = request(tmp_path, "kiosk-1")
    with ledger.write() as db:
        with pytest.raises(HqError, match="'kiosk-1'"):
            certificates.sign_request(db, ca, "kiosk-2", asked, at())
        for text in ("", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"):
            with pytest.raises(TrustError):
                certificates.sign_request(db, ca, "kiosk-1", text, at())
        weak = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kiosk-1")]))
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding
        other = weak.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        with pytest.raises(TrustError, match="P-256"):
            certificates.sign_request(db, ca, "kiosk-1", other, at())


def test_a_renewal_is_answered_and_that_of_a_revoked_device_is_alarmed(tmp_path, ledger, ca):
    from kiosk.hq.ledger import fleet
    from kiosk.wire import DeviceState

    _identity, asked = request(tmp_path, "kiosk-1")
    with ledger.write() as db:
        fleet.add_device(db, "kiosk-1", 1)
        fleet.set_state(db, "kiosk-1", DeviceState(True, "s", "1", "epoch-1"), 1)
        certificates.issue(db, ca, Subject("kiosk-1", Purpose.DEVICE), at(), "anna")
        trust.ask(db, "kiosk-1", "epoch-1", asked)
        certificates.answer_requests(db, ca, at())
        (order,) = fleet.pending(db)
        assert order["kind"] == "certificate" and not trust.asked(db)
        certificates.revoke(db, ca, "kiosk-1", at(), "anna")
        trust.ask(db, "kiosk-1", "epoch-1", asked)
        certificates.answer_requests(db, ca, at())
        assert len(fleet.pending(db)) == 1
    assert ("renewal_refused", "kiosk-1") in alarms(ledger)
