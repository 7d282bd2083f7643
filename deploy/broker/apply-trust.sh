#!/bin/sh
# Has the broker go by what HQ's certificate authority has written: copies it, then reloads, or restarts where a reload is not enough (other
# roots, or a name that counts again). Nothing is lost by a restart: devices keep every fact until HQ acknowledges it.
# usage: apply-trust.sh FROM TO RELOAD RESTART    the last two are commands
set -eu
from=$1 to=$2 reload=$3 restart=$4
before=$(cat "$to/restart" 2>/dev/null || true)
mkdir -p "$to"
for name in ca.pem acl server.pem crl.pem restart; do
  if [ -e "$from/$name" ]; then
    cp "$from/$name" "$to/.$name.new"
    case $name in server.pem) chmod 600 "$to/.$name.new";; *) chmod 644 "$to/.$name.new";; esac
    if [ "$(id -u)" = 0 ] && id mosquitto >/dev/null 2>&1; then chown mosquitto "$to/.$name.new"; fi
    mv "$to/.$name.new" "$to/$name"
  fi
done
if [ "$(cat "$to/restart" 2>/dev/null || true)" = "$before" ]; then sh -c "$reload"; else sh -c "$restart"; fi
