"""What lies beside the image: the compressed card, its block map, checksums, the list of packages, the bill of materials."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from deploy import supply
from deploy.image.disk import tool
from deploy.image.rootfs import LOCK


def installed(root: Path) -> list[tuple[str, str, str]]:
    """Return (name, version, source) of every Debian package of a root file system, from dpkg's own status."""
    found = []
    for block in (root / "var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(" "))
        if fields.get("Status") == "install ok installed":
            found.append((fields["Package"], fields["Version"], fields.get("Source", fields["Package"]).split(" ")[0]))
    return sorted(found)


def materials(debian: list[tuple[str, str, str]], lock: Path) -> dict[str, Any]:
    """Return the CycloneDX bill of materials of an image: Debian's packages, the locked Python packages, the networks."""
    made = supply.sbom(supply.read_lock(lock))
    components = [{"type": "library", "bom-ref": f"pkg:deb/debian/{name}@{version}?arch=arm64", "name": name, "version": version,
                   "purl": f"pkg:deb/debian/{name}@{version}?arch=arm64"} for name, version, _source in debian]
    made["components"] += components
    made["dependencies"][0]["dependsOn"] += [component["bom-ref"] for component in components]
    return made


def manifests(root: Path, image: Path) -> None:
    """Write the list of packages and the bill of materials beside the image."""
    debian = installed(root)
    pins = supply.read_lock(LOCK)
    lines = [f"debian {name} {version}" for name, version, _source in debian] + [f"python {pin.name} {pin.version}" for pin in pins]
    image.with_suffix(".packages").write_text("\n".join(lines) + "\n")
    image.with_suffix(".cdx.json").write_text(json.dumps(materials(debian, LOCK), indent=1, sort_keys=True) + "\n")


def pack(image: Path) -> None:
    """Compress the image, write its block map, and the checksums of all of it."""
    tool("bmaptool", "create", "-o", str(image.with_suffix(".bmap")), str(image))
    tool("xz", "-T2", "-1", "-k", "-f", str(image))
    lines = []
    for path in sorted(image.parent.glob(f"{image.stem}.*")):
        if path.suffix != ".sha256":
            lines.append(f"{hashlib.file_digest(path.open('rb'), 'sha256').hexdigest()}  {path.name}")
    image.with_suffix(".sha256").write_text("\n".join(lines) + "\n")


def told(image: Path) -> str:
    """Return what was made, with its sizes."""
    rows = [f"{path.name:32} {path.stat().st_blocks * 512 / 1e6:8.1f} MB" for path in sorted(image.parent.glob(f"{image.stem}.*"))]
    return "\n".join([f"In {image.parent}:", *rows]) + "\n"
