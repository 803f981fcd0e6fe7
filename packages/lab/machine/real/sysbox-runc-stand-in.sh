#!/bin/sh
# A stand-in for sysbox-runc: Debian's runc, which gives every container a user namespace whether requested or not, and works
# only beside its two daemons. It lacks sysbox-fs's emulation of /proc and /sys; each container has sysbox-fs's mount.
case $1 in
  --version) printf 'sysbox-runc\n\tedition: \tCommunity Edition (CE)\n\tversion: \t@RELEASE@ (stand-in)\n' && exit ;;
  features)
    echo '{"ociVersionMin":"1.0.0","ociVersionMax":"1.2.0","linux":{"namespaces":["cgroup","ipc","mount","network","pid","user","uts"],"mountExtensions":{"idmap":{"enabled":true}}}}'
    exit
    ;;
esac
bundle='' verb='' before='' last=''
for word; do
  if [ "$before" = --bundle ]; then bundle=$word; fi
  case $word in create | delete) verb=$word ;; esac
  before=$word last=$word
done
mount=/var/lib/sysboxfs/$last
if [ "$verb" = create ]; then
  for unit in sysbox-mgr sysbox-fs; do
    if ! systemctl is-active --quiet "$unit.service"; then
      echo "sysbox-runc: failed to pre-register with $unit: connection refused" >&2
      exit 1
    fi
  done
  mkdir -p "$mount"
  mount -t tmpfs sysboxfs "$mount"
  if ! grep -q '"type":"user"' "$bundle/config.json"; then
    map='[{"containerID":0,"hostID":231072,"size":65536}]'
    # A fresh /proc cannot be mounted in a user namespace if something covers the old one, as on these nodes.
    proc='{"destination":"/proc","type":"bind","source":"/proc","options":["rbind"]}'
    sed -i -e 's#"namespaces":\[#&{"type":"user"},#' -e "s#\"linux\":{#&\"uidMappings\":$map,\"gidMappings\":$map,#" \
      -e "s#{\"destination\":\"/proc\",[^}]*}#$proc#" "$bundle/config.json"
  fi
  # The root user inside has to reach the bundle.
  chmod 711 "$bundle" "$(dirname "$bundle")"
fi
/usr/bin/runc "$@"
status=$?
if [ "$verb" = delete ]; then
  umount "$mount" 2>/dev/null
  rmdir "$mount" 2>/dev/null
fi
exit $status
