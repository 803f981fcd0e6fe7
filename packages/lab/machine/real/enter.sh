#!/bin/sh
# Boots a node: systemd as process 1 in its own namespaces, over an overlay of a root file system.
# NODE_* variables configure it: ROOT, DIRECTORY, ID, GROUPS (files to enter), MOUNTS (name|type|options). node.ts sets them.
set -eu

if [ "${1:-}" != inside ]; then
  # Enter the groups first: the root of a control group namespace is the group of its first process.
  echo "$NODE_GROUPS" | while read -r file; do echo $$ >"$file"; done
  exec unshare --fork --kill-child=SIGKILL --propagation private --mount --pid --uts --ipc --net --cgroup "$0" inside
fi

new=$NODE_DIRECTORY/root
mount -t overlay overlay -o "lowerdir=$NODE_ROOT,upperdir=$NODE_DIRECTORY/upper,workdir=$NODE_DIRECTORY/work" "$new"
cd "$new"
mount -t proc -o nosuid,nodev,noexec proc proc
# systemd and others would set these on the host's own kernel.
mount --bind proc/sys proc/sys
# Each boot needs its own id; the kernel's would stay the same.
cat proc/sys/kernel/random/uuid >"$NODE_DIRECTORY/boot-id"
mount --bind "$NODE_DIRECTORY/boot-id" proc/sys/kernel/random/boot_id
mount -o remount,bind,ro,nosuid,nodev,noexec proc/sys
# The node has its own answer about virtualization support.
mount --bind "$NODE_DIRECTORY/cpuinfo" proc/cpuinfo
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys

# A hybrid or v1 host has a directory per hierarchy; on a v2 host the only hierarchy is mounted here itself.
case $NODE_MOUNTS in
  '|'*) ;;
  *) mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup ;;
esac
echo "$NODE_MOUNTS" | while IFS='|' read -r name type options; do
  mkdir -p "sys/fs/cgroup/$name"
  mount -t "$type" -o "$options" cgroup "sys/fs/cgroup/$name"
done

mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty fuse; do
  if [ -c "/dev/$device" ]; then cp -a "/dev/$device" "dev/$device"; fi
done
if [ -e "$NODE_DIRECTORY/kvm" ]; then cp -a "$(cat "$NODE_DIRECTORY/kvm")" dev/kvm; fi
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0 1 2; do ln -s "/proc/self/fd/$number" "dev/$(echo stdin stdout stderr | cut -d ' ' -f $((number + 1)))"; done

# containerd's snapshots are overlays, and an overlay cannot be on an overlay.
mkdir -p var/lib/containerd srv/outside host
mount --bind "$NODE_DIRECTORY/containerd" var/lib/containerd
mount --bind "$NODE_DIRECTORY/outside" srv/outside

pivot_root . host
cd /
umount -l host
rmdir host
ip link set lo up
hostname "$NODE_ID"
# In a container systemd reads its own arguments as the kernel's. Since 256 it accepts cgroup v1 only with this word.
exec env -i container=airlock PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux \
  /sbin/init systemd.log_target=console systemd.show_status=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 </dev/null
