#!/bin/sh
# Debian's runc, whose containers have another boot id than the kernel's. A container's /proc shows the kernel's, so a hook mounts
# another one over it. A node has its own boot id over its kernel's, and its containers have to see the same one, as on a separate
# machine. A stand-in for a Kata guest is no virtual machine; a new boot id gives it the one mark of a guest.
if [ "${1:-}" = hook ]; then
  cat @SOURCE@ >"$2/boot-id"
  exec mount --bind "$2/boot-id" "$3/proc/sys/kernel/random/boot_id"
fi
bundle='' creating='' before=''
for word; do
  if [ "$before" = --bundle ]; then bundle=$word; fi
  if [ "$word" = create ]; then creating=1; fi
  before=$word
done
if [ -n "$creating" ]; then
  root=$(sed -n 's/.*"root":{"path":"\([^"]*\)".*/\1/p' "$bundle/config.json")
  case $root in /*) ;; *) root=$bundle/$root ;; esac
  hook="{\"path\":\"$0\",\"args\":[\"runc\",\"hook\",\"$bundle\",\"$root\"],\"env\":[\"PATH=$PATH\"]}"
  sed -i "1s#^{#{\"hooks\":{\"createContainer\":[$hook]},#" "$bundle/config.json"
fi
exec /usr/bin/runc "$@"
