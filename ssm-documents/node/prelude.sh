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
# What a run writes is for root alone, unless it says otherwise: copies of containerd's configuration can hold passwords.
umask 077
cd "$ROOT/"

state=$ROOT/var/lib/airlock
# Root's folder: no one else can hold the lock in it. The work folder is that of the run which holds the lock, and ends with it.
runs=$ROOT/run/airlock
work=$runs/work
journal=$state/journal
log_file=$ROOT/var/log/airlock.log
# A disk that is full here must still end with a result line.
mkdir -p "$state" "$runs" "${log_file%/*}" || :
# The root file system of the proof is below, and a container of Sysbox has another user than root.
chmod 711 "$state" || :
chmod 700 "$runs" || :

exec 3>&1 4>&2
# On some systems others than root may write into /var/log, and a shell would follow a symbolic link that they plant: dd does not. Neither
# program may hold the result's descriptor, or the agent would wait for it.
exec > >(
  exec 3>&-
  { tee -p /dev/fd/5 5>&1 >&4; } | dd of="$log_file" bs=64K oflag=append,nofollow conv=notrunc status=none 2>&4
) 2>&1
log_pid=$!
