"""What lies beside an image, and the splash."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from deploy.image import outputs, rootfs
from kiosk.vision.networks import ModelStore

SPLASH = Path(rootfs.__file__).parent / "late/usr/lib/kiosk/splash.py"
STATUS = ("Package: bash\nStatus: install ok installed\nVersion: 5.2\nDescription: shell\n more: text\n\n"
          "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
          "Package: libc6\nStatus: install ok installed\nSource: glibc (2.41)\nVersion: 2.41-12\n")


def test_the_bill_of_materials_names_debian_python_and_networks(tmp_path):
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    debian = outputs.installed(tmp_path)
    assert debian == [("bash", "5.2", "bash"), ("libc6", "2.41-12", "glibc")]
    made = outputs.materials(debian, rootfs.LOCK)
    refs = {component["bom-ref"] for component in made["components"]}
    assert {"pkg:deb/debian/bash@5.2?arch=arm64", "model:face_mesh"} <= refs
    assert any(ref.startswith("pkg:pypi/gpiozero@") for ref in refs)
    assert set(made["dependencies"][0]["dependsOn"]) == refs


def test_the_mirror_is_an_option(monkeypatch):
    monkeypatch.setenv("KIOSK_DEBIAN_MIRROR", "http://mirror.example/debian/")
    assert rootfs.mirrors()[0] == "deb http://mirror.example/debian trixie main non-free-firmware"
    assert rootfs.mirrors()[2] == "deb http://mirror.example/debian-security trixie-security main non-free-firmware"


def test_the_list_of_packages_has_what_a_card_needs():
    assert {"linux-image-arm64", "raspi-firmware", "libgbm1", "python3", "openssh-server"} <= set(rootfs.packages())


def test_what_names_the_building_machine_is_taken_away(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/qr").write_text("#!/builder/.venv/bin/python")
    (tmp_path / "qrcode.dist-info").mkdir()
    (tmp_path / "qrcode.dist-info/RECORD").write_bytes(b"bin/qr,sha256=v9,321\r\nqrcode/bin/a.py,,\r\n")
    rootfs.forget_commands(tmp_path)
    assert not (tmp_path / "bin").exists()
    assert (tmp_path / "qrcode.dist-info/RECORD").read_bytes() == b"qrcode/bin/a.py,,\r\n"


@pytest.fixture
def splash():
    spec = importlib.util.spec_from_file_location("splash", SPLASH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_splash_fills_the_frame_buffer(splash, tmp_path):
    for name, text in (("virtual_size", "800,480"), ("bits_per_pixel", "32"), ("stride", "3264")):
        (tmp_path / name).write_text(text + "\n")
    assert splash.main(tmp_path, tmp_path / "fb0") == 0
    raw = (tmp_path / "fb0").read_bytes()
    assert len(raw) == 3264 * 480
    assert raw[:4] == bytes(splash.GROUND) and bytes(splash.MARK) in raw


def test_a_machine_without_a_screen_starts_all_the_same(splash, tmp_path):
    assert splash.main(tmp_path / "none", tmp_path / "fb0") == 0
    assert not (tmp_path / "fb0").exists()


def test_a_former_network_is_not_laid_onto_the_card(tmp_path):
    here, cache = ModelStore(), tmp_path / "cache"
    shutil.copytree(here.cache, cache / "models")
    (cache / "models" / "former.onnx").write_bytes(b"x")
    rootfs.models(tmp_path / "root", cache)
    laid = tmp_path / "root/opt/kiosk/cache/models"
    assert {path.name for path in laid.iterdir()} == {entry.file for entry in here.entries()}
    assert ModelStore(cache=laid).verify() == []
