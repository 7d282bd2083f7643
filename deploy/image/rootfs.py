"""The root file system of a card, step by step: Debian, the product, its Python packages, its networks; and nothing secret."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.image.disk import EPOCH
from kiosk.vision.networks import ModelStore

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SUITE, PYTHON = "trixie", "3.13"
LOCK = ROOT / "deploy" / "requirements" / "pi.lock"
PARTS = ("kiosk", "models", "deploy", "systemd")
"""What of the checkout goes into /opt/kiosk."""
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/doc/*", "/usr/share/fonts/truetype/noto/*",
             "/usr/share/fonts/opentype/noto/NotoSerif*")
_KEPT = ("/usr/share/doc/*/copyright", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
         "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf")
_MASKED = ("getty@tty1.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
           "sshd-keygen.service",
           "e2scrub_reap.service", "wpa_supplicant.service", "systemd-firstboot.service", "systemd-growfs-root.service", "fstrim.timer",
           "systemd-machine-id-commit.service", "systemd-pstore.service", "serial-getty@ttyS1.service")
_ENABLED = ("systemd-networkd.service", "systemd-resolved.service", "systemd-timesyncd.service", "ssh.service",
            "kiosk-grow.service")
_EMULATED = {"QEMU_CPU": "cortex-a72", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": EPOCH}
"""qemu-user's default processor checks pointers in software: the same work takes ten times as long with it."""


def run(*arguments: str, cwd: Path | None = None, extra: dict[str, str] | None = None) -> None:
    """Run a program; what it prints goes to the build's log. Raises SystemExit with its name and code."""
    done = subprocess.run(arguments, cwd=cwd, env=os.environ | (extra or {}), stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}; its last lines stand above")


def packages() -> list[str]:
    """Return the Debian packages that packages.txt lists."""
    lines = (HERE / "packages.txt").read_text().splitlines()
    return [name for line in lines if not line.startswith("#") for name in line.split()]


def mirrors() -> list[str]:
    """Return the lines of sources: of the mirror that KIOSK_DEBIAN_MIRROR names, else of the one that this machine's apt goes to."""
    mirror = os.environ.get("KIOSK_DEBIAN_MIRROR", "").rstrip("/")
    security = os.environ.get("KIOSK_DEBIAN_SECURITY", "").rstrip("/") or (f"{mirror}-security" if mirror else "")
    if not mirror:
        listed = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=True).stdout
        sites = sorted({site.rstrip("/") for site in listed.split()})
        plain = [site for site in sites if site.endswith("/debian")]
        secure = [site for site in sites if site.endswith("/debian-security")]
        if not plain or not secure:
            raise SystemExit("no Debian mirror is known here: run `apt-get update`, or name one in KIOSK_DEBIAN_MIRROR")
        mirror, security = plain[0], secure[0]
    areas = "main non-free-firmware"
    return [f"deb {mirror} {SUITE} {areas}", f"deb {mirror} {SUITE}-updates {areas}", f"deb {security} {SUITE}-security {areas}"]


def debian(tar: Path) -> None:
    """Make the tar of a bare Debian for arm64; the initramfs is made once, with what `early` adds to it."""
    options = [f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT] + [f"--dpkgopt=path-include={path}" for path in _KEPT]
    run("mmdebstrap", "--mode=root", "--architectures=arm64", "--variant=minbase", f"--include={','.join(packages())}", *options,
        "--dpkgopt=force-confold", "--dpkgopt=force-unsafe-io", '--aptopt=Acquire::Languages "none"',
        '--aptopt=APT::Install-Recommends "false"', f"--essential-hook=sync-in {HERE / 'early'} /", SUITE, str(tar), *mirrors(),
        extra=_EMULATED)


def unpack(tar: Path, root: Path) -> None:
    """Unpack the tar of Debian."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    run("tar", "-C", str(root), "-xf", str(tar), "--numeric-owner", "--xattrs", "--exclude=./dev/*")


def product(root: Path) -> None:
    """Lay the product, its units, users and settings into the root file system."""
    listed = subprocess.run(["git", "ls-files", "-z", *PARTS, "pyproject.toml", "LICENSE", "README.md"], cwd=ROOT, capture_output=True,
                            text=True,
                            check=True).stdout
    for name in filter(None, listed.split("\0")):
        (root / "opt/kiosk" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / "opt/kiosk" / name)
    run("cp", "-a", "--no-preserve=ownership", f"{HERE / 'late'}/.", str(root))
    for name in ("usr/lib/sysusers.d/technician.conf", "etc/sudoers.d/technician", "etc/fstab"):
        os.chown(root / name, 0, 0)
    run("sh", str(ROOT / "deploy/install.sh"), "--root", str(root))
    run("systemd-sysusers", f"--root={root}", extra=_EMULATED)
    run("systemctl", f"--root={root}", "-q", "enable", *_ENABLED)
    run("systemctl", f"--root={root}", "-q", "mask", *_MASKED)


def python(root: Path, uv: str) -> None:
    """Install the locked packages for the Pi from this machine, without emulation; then compile them, with the Pi's own Python."""
    venv = root / "opt/kiosk/.venv"
    site = venv / f"lib/python{PYTHON}/site-packages"
    (venv / "bin").mkdir(parents=True, exist_ok=True)
    run(uv, "pip", "install", "-q", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-platform",
        "aarch64-manylinux_2_40",
        "--python-version", PYTHON, "--target", str(site), "--link-mode", "copy", "-r", str(LOCK))
    forget_commands(site)
    (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n")
    for name in ("python", "python3"):
        (venv / "bin" / name).unlink(missing_ok=True)
        (venv / "bin" / name).symlink_to(f"/usr/bin/python{PYTHON}" if name == "python" else "python")
    (site / "kiosk.pth").write_text("/opt/kiosk\n")
    command = venv / "bin/kiosk"
    command.write_text("#!/opt/kiosk/.venv/bin/python\nimport os\n\nos.environ.setdefault('KIOSK_CACHE', '/opt/kiosk/cache')\n"
                       "from kiosk.__main__ import main\n\nraise SystemExit(main())\n")
    command.chmod(0o755)
    shared = root / "dev/shm"
    shared.mkdir(parents=True, exist_ok=True)
    inside = 'mount -t tmpfs shared "$0/dev/shm" && exec chroot "$0" "$@"'
    run("unshare", "--mount", "sh", "-c", inside, str(root), "/opt/kiosk/.venv/bin/python", "-m", "compileall", "-q", "-j", "2",
        "--invalidation-mode", "unchecked-hash", "-x", r"/tests?/", "/opt/kiosk", extra=_EMULATED)


def forget_commands(site: Path) -> None:
    """Take away the commands that packages brought, which name this machine's Python, and the lines about them: builds would differ."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    for record in site.glob("*.dist-info/RECORD"):
        record.write_bytes(b"".join(line for line in record.read_bytes().splitlines(keepends=True) if not line.startswith(b"bin/")))


def models(root: Path, cache: Path = ROOT / "build" / "models") -> None:
    """Fetch and check the networks, and lay those of the manifest where the services look; a former one that is still here stays here."""
    store = ModelStore(cache=cache / "models")
    store.fetch(_log)
    there = root / "opt/kiosk/cache/models"
    there.mkdir(parents=True, exist_ok=True)
    for entry in store.entries():
        shutil.copy2(store.path(entry.name), there / entry.file)


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def settle(root: Path, data: Path) -> None:
    """Take away what must not be the same on two cards, or is of this build alone; make the folders of the data partition.

    `.updated` says that the system's own tables are in order: without it every start would make them anew, into memory.
    """
    (root / "etc/machine-id").write_text("uninitialized\n")
    for path in [*root.glob("etc/ssh/ssh_host_*"), *root.glob("etc/apt/sources.list*"), *root.glob("var/log/*"),
                 *root.glob("var/lib/apt/lists/*"),
                 *root.glob("var/cache/*"), *root.glob("root/.*"), *root.glob("run/*"), *root.glob("tmp/*"),
                 root / "var/lib/systemd/random-seed",
                 *root.glob("etc/*-"), *root.glob("var/lib/dpkg/*-old"), root / "etc/.pwd.lock"]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (root / "etc/hostname").write_text("kiosk\n")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    for name in ("data", "boot/firmware", "media/below", "var/lib/kiosk", "var/lib/kiosk-vault", "etc/kiosk", "var/lib/systemd/timesync",
                 "var/log"):
        (root / name).mkdir(parents=True, exist_ok=True)
    ids = {line.split(":")[0]: (int(line.split(":")[2]), int(line.split(":")[3]))
           for line in (root / "etc/passwd").read_text().splitlines()}
    shutil.rmtree(data, ignore_errors=True)
    for name, owner, mode in (("kiosk", ids["kiosk"], 0o2770), ("vault", ids["kiosk-pay"], 0o700), ("etc", (0, ids["kiosk"][1]), 0o2750),
                              ("system", (0, 0), 0o755), ("timesync", ids["systemd-timesync"], 0o755)):
        (data / name).mkdir(parents=True)
        os.chown(data / name, *owner)
        (data / name).chmod(mode)
    for name in ("etc", "var"):
        (root / name / ".updated").write_text(f"TIMESTAMP_NSEC={EPOCH}000000000\n")
