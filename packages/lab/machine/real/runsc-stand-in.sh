#!/bin/sh
# A stand-in for upstream's runsc. It starts gVisor itself, as packaged by Debian: gvisor-bin/gvisor_sentry
# is Debian's runsc. Like upstream's since August 2026 it works only with gvisor-bin beside its own real file.
release=@RELEASE@
here=$(dirname "$(readlink -f "$0")")
sentry=$here/gvisor-bin/gvisor_sentry
if [ "$*" = --version ]; then
  echo "runsc version release-$release (stand-in)"
  exit 0
fi
if [ ! -x "$sentry" ]; then
  echo "sidecar gvisor_sentry not usable: stat $sentry: no such file or directory" >&2
  exit 128
fi
# This old gVisor cannot read the network interfaces of kernels since about 6.14.
exec "$sentry" --network=none "$@"
