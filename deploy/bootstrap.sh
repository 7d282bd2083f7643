#!/bin/sh
# Brings a fresh Debian or Raspberry Pi OS to where `make demo` and `make test` run: Debian packages, virtual environment, models.
# Usage: deploy/bootstrap.sh demo|dev. Says each step; what is there already is left alone, so a second run takes a moment.
set -eu
cd "$(dirname "$0")/.."
what=${1:-demo}
packages="mosquitto fonts-noto-core fonts-noto-cjk"
lock=deploy/requirements/base.lock
if [ "$what" = dev ]; then
    packages="$packages chromium chromium-driver"
    lock=deploy/requirements/dev.lock
fi
# A lock that holds more than asked for is kept: a developer's `make demo` must not take the test tools away.
[ "$what" = demo ] && [ -e .venv/.kiosk-dev ] && lock=deploy/requirements/dev.lock

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kiosk: Python 3.11 or newer is needed; $python is older"; exit 1; }
"$python" -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"

missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "[1/3] Debian packages: installing$missing"
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    had_broker=$(dpkg-query -W -f '${Status}' mosquitto 2>/dev/null || true)
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    # Debian starts a broker of its own on installation; the store in a box brings its own, on a free port.
    case "$had_broker" in *"ok installed"*) ;; *) [ -d /run/systemd/system ] && $sudo systemctl disable -q --now mosquitto || true ;; esac
else
    echo "[1/3] Debian packages: all there"
fi

stamp=.venv/.kiosk-$(sha256sum "$lock" pyproject.toml | sha256sum | cut -c1-16)
if [ -e "$stamp" ]; then
    echo "[2/3] Virtual environment .venv: up to date"
else
    echo "[2/3] Virtual environment .venv: installing $(grep -c '^[a-z]' "$lock") locked packages"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r deploy/requirements/uv.lock
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --no-deps --require-hashes -r "$lock"
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --no-deps -e .
    rm -f .venv/.kiosk-*
    [ "$what" = dev ] && touch .venv/.kiosk-dev
    touch "$stamp"
fi

echo "[3/3] Models: fetching what is missing"
.venv/bin/kiosk models fetch
