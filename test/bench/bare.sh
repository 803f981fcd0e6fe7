#!/bin/bash
# The bare install that people write: download, checksum, unpack, append, one restart, and wait until the CRI is ok. No guard at all.
set -euo pipefail
now() { echo "${1:-}${EPOCHREALTIME/[.,]/}"; }
now 'begin '
curl -fsSL -o /tmp/release "$SSM_URL"
now 'download '
echo "$SSM_SHA256  /tmp/release" | sha256sum -c --quiet
now 'checksum '
mkdir -p /opt/bare
case $SSM_URL in
  *.bz2) decompress=bzip2 ;;
  *) decompress=zstd ;;
esac
"$decompress" -dcq </tmp/release | tar -x --no-same-owner -C /opt/bare
ln -s ../../../opt/bare/runsc ../../../opt/bare/containerd-shim-runsc-v1 ../../../opt/bare/gvisor-bin /usr/local/bin/
now 'unpack '
cat >>/etc/containerd/config.toml <<'END'
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]
  runtime_type = "io.containerd.runsc.v1"
END
now 'append '
systemctl restart containerd
now 'restart '
until ctr plugins ls | grep -qE 'io.containerd.grpc.v1 +cri .* ok'; do :; done
now 'cri '
