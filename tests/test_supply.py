"""The supply chain: locks with hashes, a bill of materials, advisories from a file, licences on a list."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def supply():
    spec = importlib.util.spec_from_file_location("supply", ROOT / "deploy" / "supply.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", sorted((ROOT / "deploy" / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_hashes(supply, lock):
    pins = supply.read_lock(lock)
    assert pins and all(pin.version and pin.hashes for pin in pins)


@pytest.mark.parametrize("line", ["requests==2.0\n", "requests>=2 \\\n    --hash=sha256:" + "0" * 64 + "\n", "-e .\nrequests\n"])
def test_a_lock_that_leaves_something_open_is_refused(supply, tmp_path, line):
    (tmp_path / "x.lock").write_text(line)
    with pytest.raises(ValueError):
        supply.read_lock(tmp_path / "x.lock")


def test_the_bill_of_materials_names_every_package_and_every_network(supply, tmp_path):
    assert supply.main(["sbom", "--out", str(tmp_path / "sbom.json")]) == 0
    made = json.loads((tmp_path / "sbom.json").read_text())
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    pins = supply.read_lock(supply.LOCK)
    models = tomllib.loads((ROOT / "models" / "manifest.toml").read_text())["models"]
    assert {item["name"] for item in made["components"]} == {pin.name for pin in pins} | set(models)
    assert all(item["hashes"] and item.get("version") for item in made["components"])
    refs = [item["bom-ref"] for item in made["components"]]
    assert len(set(refs)) == len(refs) and made["dependencies"][0]["dependsOn"] == refs
    assert made == supply.sbom(pins), "the same lock gives the same bill"


ADVISORY = {"id": "TEST-1", "summary": "a hole", "affected": [{
    "package": {"ecosystem": "PyPI", "name": "PAHO_mqtt"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]}]}


def bent(**more):
    made = json.loads(json.dumps(ADVISORY))
    made["affected"][0] |= {key: value for key, value in more.items() if key in ("package", "ranges", "versions")}
    return made | {key: value for key, value in more.items() if key == "withdrawn"}


def spans(*events):
    return [{"type": "ECOSYSTEM", "events": [dict([event]) for event in events]}]


@pytest.mark.parametrize(("advisory", "found"), [
    (ADVISORY, True),
    (bent(ranges=spans(("introduced", "0"), ("fixed", "1.0"))), False),
    (bent(ranges=spans(("introduced", "90"))), False),
    (bent(ranges=spans(("introduced", "0"), ("last_affected", "98"))), True),
    (bent(ranges=spans(("introduced", "0"), ("last_affected", "1.0"))), False),
    (bent(ranges=spans(("introduced", "0"), ("fixed", "1.0"), ("introduced", "1.5"))), True),
    (bent(package={"ecosystem": "npm", "name": "paho-mqtt"}), False),
    (bent(package={"ecosystem": "PyPI", "name": "not-used-here"}), False),
    (bent(withdrawn="2026-01-01T00:00:00Z"), False)])
def test_the_audit_finds_what_is_planted_and_nothing_else_without_network(supply, tmp_path, capsys, advisory, found):
    (tmp_path / "one.json").write_text(json.dumps([advisory]))
    (tmp_path / "lines").write_text(json.dumps(advisory) + "\n" + json.dumps(bent(withdrawn="x")) + "\n")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("TEST-1.json", json.dumps(advisory))
    for name in ("one.json", "lines", "all.zip"):
        assert supply.main(["audit", str(tmp_path / name)]) == int(found)
        assert ("TEST-1 a hole" in capsys.readouterr().out) is found


def test_a_version_that_is_named_is_found(supply):
    (pin,) = (pin for pin in supply.read_lock(supply.LOCK) if pin.name == "paho-mqtt")
    assert supply.affected(pin, bent(ranges=[], versions=[pin.version])) and not supply.affected(pin, bent(ranges=[], versions=["0.1"]))


def test_every_part_stands_under_a_licence_of_the_list(supply, capsys):
    assert supply.main(["licences"]) == 0
    rules = {"allowed": ["MIT"], "packages": {}}
    refused = {pin.name for pin, _said, wrong in supply.refused_licences(supply.read_lock(supply.LOCK), rules) if wrong}
    assert {"pygame-ce", "numpy", "colorama"} <= refused and "fastapi" not in refused
    assert "!!" not in capsys.readouterr().out
