#!/bin/sh
# Debian's runc, with a boot id in its containers that is not the kernel's: a container's /proc shows that of the kernel, so a hook lays
# another one over it. A node has a boot id of its own over its kernel's, and its containers have to see the same, as they would on a
# machine of their own. A stand-in for a guest of Kata, which is no virtual machine, has with a new one the one mark of a guest.
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
