#!/bin/bash
# Airlock: one verb for one runtime on one node. The only line on stdout is the result; the rest goes to stderr and the log.
# shellcheck disable=SC2317 # shellcheck 0.9 does not see that a trap calls what runs at the end
# shellcheck disable=SC2034 # the parts are shared, and no verb reads all that they find out
set -Eeuo pipefail
# Empty on a node, and no parameter can set it: everything below works in this directory tree.
ROOT=''
# Messages of tools are matched, and the result line must be ASCII: both need the C locale.
export LC_ALL=C TZ=UTC
export PATH="$ROOT/usr/local/sbin:$ROOT/usr/local/bin:$ROOT/usr/sbin:$ROOT/usr/bin:$ROOT/sbin:$ROOT/bin:$ROOT/snap/bin"
# By default only root can read what a run writes: copies of containerd's configuration can contain passwords.
umask 077
cd "$ROOT/"

state=$ROOT/var/lib/airlock
# Root's folder, so that no one else can hold the lock in it. The work folder belongs to the run that holds the lock,
# and is deleted with it.
runs=$ROOT/run/airlock
work=$runs/work
journal=$state/journal
log_file=$ROOT/var/log/airlock.log
# A full disk must still lead to a result line.
mkdir -p "$state" "$runs" "${log_file%/*}" || :
# The proof's root file system is below this folder, and a Sysbox container runs as a user other than root.
chmod 711 "$state" || :
chmod 700 "$runs" || :

exec 3>&1 4>&2
# On some systems users other than root may write to /var/log, and a shell would follow a symbolic link that they plant,
# but dd does not. Neither program may keep the result's descriptor, or the agent would wait for it.
exec > >(
  exec 3>&-
  { tee -p /dev/fd/5 5>&1 >&4; } | dd of="$log_file" bs=64K oflag=append,nofollow conv=notrunc status=none 2>&4
) 2>&1
log_pid=$!
