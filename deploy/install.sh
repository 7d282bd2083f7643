#!/bin/sh
# Makes a kiosk of a machine. On Raspberry Pi OS or Debian, as root, from a checkout in /opt/kiosk: deploy/install.sh
# Into a root file system that is being built: deploy/install.sh --root DIR lays units, users and folders there and does nothing else.
set -eu
cd "$(dirname "$0")/.."
root=""
[ "${1:-}" = --root ] && root=$2

lay() {
    units=$root/usr/lib/systemd/system
    for file in systemd/*.service systemd/*.target systemd/*.timer systemd/*.path; do install -D -m 644 "$file" "$units/$(basename "$file")"; done
    for folder in systemd/*.d; do
        for file in "$folder"/*.conf; do install -D -m 644 "$file" "$units/$(basename "$folder")/$(basename "$file")"; done
    done
    install -D -m 644 systemd/kiosk.sysusers "$root/usr/lib/sysusers.d/kiosk.conf"
    install -D -m 644 systemd/kiosk.tmpfiles "$root/usr/lib/tmpfiles.d/kiosk.conf"
    install -D -m 644 systemd/kiosk.udev "$root/usr/lib/udev/rules.d/70-kiosk.rules"
    # The command as a technician types it, with the networks that the services use.
    mkdir -p "$root/usr/local/bin"
    printf '#!/bin/sh\nexport KIOSK_CACHE="${KIOSK_CACHE:-/opt/kiosk/cache}"\nexec /opt/kiosk/.venv/bin/kiosk "$@"\n' >"$root/usr/local/bin/kiosk"
    chmod 755 "$root/usr/local/bin/kiosk"
    systemctl --root="$root/" enable -q kiosk.target kiosk-provision.service kiosk-keys.service kiosk-setup.service
}

if [ -n "$root" ]; then
    lay
    exit 0
fi

[ "$(id -u)" = 0 ] || { echo "kiosk: run this as root: sudo deploy/install.sh"; exit 1; }
[ "$PWD" = /opt/kiosk ] || { echo "kiosk: this checkout is in $PWD; the services expect it in /opt/kiosk: move it there"; exit 1; }
pi=no
grep -qs 'Raspberry Pi' /etc/rpi-issue && pi=yes
running=no
[ -d /run/systemd/system ] && [ "$(cat /proc/1/comm)" = systemd ] && running=yes
manager=none
[ -L /etc/systemd/system/multi-user.target.wants/systemd-networkd.service ] && manager=systemd-networkd
[ -L /etc/systemd/system/multi-user.target.wants/NetworkManager.service ] && manager=NetworkManager
packages="fonts-noto-core fonts-noto-cjk python3-venv libgbm1 libegl1 libgles2 libgl1-mesa-dri espeak-ng openssh-server sudo"
[ $pi = yes ] && packages="$packages python3-picamera2"
[ $manager = NetworkManager ] && packages="$packages iw rfkill"
began=$(date +%s)
step() { echo "[$1/5] $2 (after $(($(date +%s) - began)) s)"; }

step 1 "Debian packages"
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null

step 2 "Python: /opt/kiosk/.venv, from the lock"
# picamera2 and libcamera come with the system, built against the system's numpy; everything else is the lock's.
[ -x .venv/bin/python ] || python3 -m venv .venv
[ $pi = no ] || sed -i 's/^\(include-system-site-packages = \).*/\1true/' .venv/pyvenv.cfg
lock=deploy/requirements/pi.lock
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r deploy/requirements/uv.lock
VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --no-deps --require-hashes -r $lock
if [ $pi = yes ]; then VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip uninstall -q numpy; fi
VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --no-deps -e .

step 3 "Models"
KIOSK_CACHE=/opt/kiosk/cache .venv/bin/kiosk models fetch

step 4 "Users, folders and services"
lay
# As on the image: the journal in memory, the watchdog of the board, and the card's ssh key for the user `technician`.
late=deploy/image/late
for file in etc/systemd/journald.conf.d/kiosk.conf etc/systemd/system.conf.d/kiosk.conf usr/lib/sysusers.d/technician.conf \
    usr/lib/tmpfiles.d/technician.conf; do install -D -m 644 $late/$file /$file; done
install -D -m 440 $late/etc/sudoers.d/technician /etc/sudoers.d/technician
mkdir -p /etc/ssh/sshd_config.d
printf 'Match User technician\n    AuthorizedKeysFile /run/kiosk/authorized_keys\n    PasswordAuthentication no\n' >/etc/ssh/sshd_config.d/kiosk.conf
systemd-sysusers
systemd-tmpfiles --create kiosk.conf technician.conf
[ $running = no ] || systemctl daemon-reload
if [ -e /etc/systemd/system/display-manager.service ]; then
    systemctl -q --root=/ set-default multi-user.target
    echo "A desktop is installed: from the next start on it stays off, for the screen is the kiosk's own"
fi
case $manager in
    NetworkManager) echo "NetworkManager runs the network: it gets the card's address and Wi-Fi" ;;
    systemd-networkd) echo "systemd-networkd runs the network: it gets the card's address; a Wi-Fi of the card needs wpa_supplicant@wlan0.service" ;;
    none) echo "Neither NetworkManager nor systemd-networkd is enabled: the card's address and Wi-Fi have no effect on this machine" ;;
esac

step 5 "What this machine must be able to do"
ORT_DISABLE_TELEMETRY=1 PYGAME_HIDE_SUPPORT_PROMPT=1 .venv/bin/python -c 'import cv2, numpy, pygame, onnxruntime, ai_edge_litert' ||
    { echo "kiosk: a library does not load, see above"; exit 1; }
if [ $pi = yes ]; then
    .venv/bin/python -c 'import picamera2' || { echo "kiosk: picamera2 does not load: a CSI camera will not work; a USB camera will"; exit 1; }
else
    echo "This is no Raspberry Pi OS: python3-picamera2 was not installed, a CSI camera will not work; a USB camera will"
fi
[ $running = yes ] || echo "systemd does not run here (a chroot?): services are enabled and were not started; screen, camera and network were not tried"
mountpoint -q /boot/firmware || echo "/boot/firmware is no partition here: it is where the card's files are looked for"
echo "Done after $(($(date +%s) - began)) s. Lay kiosk.toml (and claim.pem, wifi.toml) onto the first partition of the card and restart;"
echo "kiosk-provision.log beside it says what came of it, and \`sudo kiosk doctor\` how the kiosk is."
