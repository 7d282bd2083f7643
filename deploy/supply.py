"""The supply chain, offline: what Kiosk is made of, whether something of it is known to be broken, and under which licences it stands.

python deploy/supply.py sbom [LOCK] [--out FILE]     bill of materials (CycloneDX 1.5, JSON) of a lock file and of models/manifest.toml
python deploy/supply.py audit ADVISORIES [LOCK]      compare a lock with advisories in OSV's format (an object, a list, lines, or a zip)
python deploy/supply.py licences [LOCK]              list every licence and hold it against deploy/licences.toml

Exit code 1 where something is found. Nothing is asked of the network: advisories come as a file, e.g. OSV's all.zip for PyPI, on a stick.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "deploy" / "requirements" / "base.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package: normalised name (PEP 503), version, and the SHA-256 of every file that may be installed as it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str = ""

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_lock(path: Path) -> list[Pin]:
    """Return what a lock pins. Raises ValueError for a package without a hash: it could be anything."""
    pins: list[Pin] = []
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", path.read_text(encoding="utf-8")):
        found = _PIN.match(block.split("\n", 1)[0].strip())
        if not found:
            if block.strip() and not block.lstrip().startswith("#"):
                raise ValueError(f"{path.name}: {block.splitlines()[0]!r} is not pinned to a version")
            continue
        name, version, marker = found.groups()
        hashes = tuple(_HASH.findall(block))
        if not hashes:
            raise ValueError(f"{path.name}: {name} {version} has no hash: `make lock`")
        pins.append(Pin(re.sub(r"[-_.]+", "-", name).lower(), version, hashes, marker or ""))
    return pins


def licence(name: str) -> str:
    """Return what an installed package says about its licence, "" when it is not installed here or says nothing."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    classifiers = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    text = (told.get("License-Expression") or "").strip() or "; ".join(sorted(set(classifiers)))
    return text or ((told.get("License") or "").strip().splitlines() or [""])[0]


def sbom(pins: list[Pin]) -> dict[str, Any]:
    """Return a CycloneDX 1.5 bill of materials; the same input gives the same bytes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    models = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    components = [_component(pin) for pin in pins]
    components += [{"type": "machine-learning-model", "bom-ref": f"model:{name}", "name": name, "version": entry["sha256"][:12],
                    "hashes": [{"alg": "SHA-256", "content": entry["sha256"]}], "licenses": [{"license": {"name": entry["licence"]}}]}
                   for name, entry in sorted(models["models"].items())]
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {"type": "application", "bom-ref": own, "name": project["name"], "version": project["version"],
                                       "purl": own, "licenses": [{"license": {"id": project["license"]}}]}},
            "components": components, "dependencies": [{"ref": own, "dependsOn": [item["bom-ref"] for item in components]}]}


def _component(pin: Pin) -> dict[str, Any]:
    said = licence(pin.name)
    made: dict[str, Any] = {"type": "library", "bom-ref": pin.purl, "name": pin.name, "version": pin.version, "purl": pin.purl,
                            "hashes": [{"alg": "SHA-256", "content": content} for content in pin.hashes]}
    if said:
        made["licenses"] = [{"license": {"name": said}}]
    return made


def advisories(path: Path) -> Iterator[dict[str, Any]]:
    """Give the advisories of a file in OSV's format."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield json.loads(archive.read(name))
        return
    text = path.read_text(encoding="utf-8")
    try:
        read = json.loads(text)
    except json.JSONDecodeError:
        read = [json.loads(line) for line in text.splitlines() if line.strip()]
    yield from read if isinstance(read, list) else [read]


def affected(pin: Pin, advisory: dict[str, Any]) -> bool:
    """Whether an advisory speaks of this very version; one that was withdrawn speaks of none, one that cannot be read of all."""
    if advisory.get("withdrawn"):
        return False
    for item in advisory.get("affected", ()):
        package = item.get("package", {})
        if package.get("ecosystem") != "PyPI" or re.sub(r"[-_.]+", "-", package.get("name", "")).lower() != pin.name:
            continue
        if pin.version in item.get("versions", ()) or any(_in_range(pin.version, span) for span in item.get("ranges", ())):
            return True
    return False


def _in_range(version: str, span: dict[str, Any]) -> bool:
    if span.get("type") != "ECOSYSTEM":
        return False
    inside = False
    try:
        mine = Version(version)
        for event in span.get("events", ()):
            (kind, limit), = event.items()
            if kind == "introduced":
                inside = inside or limit == "0" or mine >= Version(limit)
            elif (kind == "fixed" and mine >= Version(limit)) or (kind == "last_affected" and mine > Version(limit)):
                inside = False
    except InvalidVersion:
        return True
    return inside


def refused_licences(pins: list[Pin], rules: dict[str, Any]) -> Iterator[tuple[Pin, str, str]]:
    """Give (package, licence, what is wrong) for each package; "" where nothing is."""
    allowed, told = {text.lower() for text in rules["allowed"]}, rules.get("packages", {})
    for pin in pins:
        said = told.get(pin.name) or licence(pin.name)
        ways = [[part.strip() for part in re.split(r"\bAND\b|;", way) if part.strip()] for way in re.split(r"\bOR\b", said)]
        good = any(way and all(part.lower() in allowed for part in way) for way in ways)
        yield pin, said, "" if good else "not allowed" if said else "not known here: name it in deploy/licences.toml"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("sbom", "audit", "licences"):
        command = commands.add_parser(name)
        if name == "audit":
            command.add_argument("advisories", type=Path)
        command.add_argument("lock", type=Path, nargs="?", default=LOCK)
        command.add_argument("--out", type=Path)
    args = parser.parse_args(arguments)
    pins = read_lock(args.lock)
    if args.command == "sbom":
        text = json.dumps(sbom(pins), indent=1) + "\n"
        args.out.write_text(text, encoding="utf-8") if args.out else sys.stdout.write(text)
        return 0
    if args.command == "audit":
        found = [(pin, item) for item in advisories(args.advisories) for pin in pins if affected(pin, item)]
        for pin, item in found:
            sys.stdout.write(f"{pin.name} {pin.version}: {item.get('id', '?')} {item.get('summary', '')}\n")
        sys.stdout.write(f"{len(pins)} packages looked at, {len(found)} finding(s)\n")
        return 1 if found else 0
    rows = list(refused_licences(pins, tomllib.loads((ROOT / "deploy" / "licences.toml").read_text(encoding="utf-8"))))
    for pin, said, wrong in rows:
        sys.stdout.write(f"{'!!' if wrong else 'ok'} {pin.name:28} {said}{'   <- ' + wrong if wrong else ''}\n")
    return 1 if any(wrong for _pin, _said, wrong in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
