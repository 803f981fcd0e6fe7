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
umask 022
cd "$ROOT/"

state=$ROOT/var/lib/airlock
work=$ROOT/run/airlock
journal=$state/journal
log_file=$ROOT/var/log/airlock.log
# A disk that is full here must still end with a result line.
mkdir -p "$state" "$work" "${log_file%/*}" || :

exec 3>&1 4>&2
# tee must not hold the result's descriptor, or the agent would wait for it.
exec > >(exec tee -a "$log_file" >&4 3>&-) 2>&1
log_pid=$!
