import { hostProgram, nodeZstd, write } from './tree.ts';

/** The state of a machine's apt. */
export type Apt =
  /** Installs what is in the archive. */
  | 'works'
  /** The image has no package lists. */
  | 'without-lists'
  /** The image has no package lists, and the archive is unreachable. */
  | 'offline'
  /** The lock is held for a moment. */
  | 'busy'
  /** The lock is held forever. */
  | 'held'
  /** Every installation also replaces containerd. */
  | 'moves-containerd'
  /** There is no apt. */
  | 'absent';

/** The archive's packages, each with the one program that the scripts look for. */
const archive: Readonly<Record<string, string>> = {
  jq: 'jq',
  rsync: 'rsync',
  fuse3: 'fusermount3',
  iptables: 'iptables',
  'lsb-release': 'lsb_release',
  zstd: 'zstd',
  bzip2: 'bzip2',
};

/** Prints a member of a Debian package, an ar archive: FILE MEMBER. */
const debReader = `#!/bin/bash
at=8
length=$(wc -c <"$1")
while ((at < length)); do
  IFS= read -r header < <(tail -c +$((at + 1)) "$1" | head -c 60)
  size=$((10#\${header:48:10}))
  name=\${header:0:16}
  if [ "\${name%%[ /]*}" = "$2" ]; then tail -c +$((at + 61)) "$1" | head -c "$size"; exit; fi
  at=$((at + 60 + size + size % 2))
done
`;

/** What apt, dpkg and userdel need to know about their machine. */
interface PackagesOptions {
  readonly tree: string;
  readonly apt: Apt;
  /** Sysbox's package fails in its own scripts. */
  readonly brokenPackage: boolean;
}

/** Puts the archive's packages into a tree for the stand-in for apt. */
export function furnishArchive({ tree, apt, brokenPackage }: PackagesOptions): void {
  const m = `${tree}/.machine`;
  for (const [name, program] of Object.entries(archive)) {
    write(`${m}/archive/${name}/${program}`, programOf(name), 0o755);
  }
  write(`${m}/deb`, debReader, 0o755);
  write(`${tree}/etc/passwd`, 'root:x:0:0:root:/root:/bin/bash\n');
  if (apt !== 'without-lists' && apt !== 'offline') write(`${m}/lists`, '');
  // How many attempts still find the lock held.
  if (apt === 'busy') write(`${m}/dpkg-lock`, '3\n');
  if (apt === 'held') write(`${m}/dpkg-lock`, 'for ever\n');
  if (brokenPackage) write(`${m}/broken-package`, '');
}

/** A package's program: the host's own if it unpacks artifacts, otherwise one that does nothing. */
function programOf(name: string): string {
  const path = name === 'zstd' || name === 'bzip2' ? hostProgram(name) : undefined;
  if (path !== undefined) return `#!/bin/sh\nexec "${path}" "$@"\n`;
  return name === 'zstd' ? nodeZstd : '#!/bin/sh\n';
}

/** The stand-ins for apt and related tools. */
export function packageTools({ tree, apt }: PackagesOptions): Record<string, string> {
  const m = `${tree}/.machine`;
  const tools: Record<string, string> = {
    'dpkg-deb': `
[ "$1" = --fsys-tarfile ] || { echo "dpkg-deb (stand-in): unknown: $*" >&2; exit 64; }
exec "${m}/deb" "$2" data.tar`,
    dpkg: `[ "$*" = '--configure -a' ] || { echo "dpkg (stand-in): unknown: $*" >&2; exit 64; }`,
    'dpkg-query': `
while [ "\${1#-}" != "$1" ]; do
  case $1 in -W) shift ;; -f) format=$2; shift 2 ;; *) echo "dpkg-query (stand-in): unknown: $1" >&2; exit 64 ;; esac
done
if [ ! -f "${m}/packages/$1" ]; then echo "dpkg-query: no packages found matching $1" >&2; exit 1; fi
case $format in
  '\${db:Status-Status}') printf installed ;;
  *) printf 'installed %s' "$(cat "${m}/packages/$1")" ;;
esac`,
    userdel: `sed -i "/^$1:/d" "${tree}/etc/passwd"`,
  };
  if (apt !== 'absent') tools['apt-get'] = aptGet(tree, apt);
  return tools;
}

function aptGet(tree: string, apt: Apt): string {
  const m = `${tree}/.machine`;
  return `
m="${m}"
simulate= verb= names= wait=0
while [ $# -gt 0 ]; do
  case $1 in
    -q | -y | --no-install-recommends) ;;
    -s) simulate=1 ;;
    -o) shift; case $1 in DPkg::Lock::Timeout=*) wait=\${1#*=} ;; Dpkg::Options::=*) ;; *) echo "apt-get (stand-in): unknown option $1" >&2; exit 64 ;; esac ;;
    install | update | purge) verb=$1 ;;
    -*) echo "apt-get (stand-in): unknown option $1" >&2; exit 64 ;;
    *) names="$names $1" ;;
  esac
  shift
done
if [ "$verb" = update ]; then
  if [ ${apt} = offline ]; then echo "E: Failed to fetch http://archive.ubuntu.com/ubuntu/dists/noble/InRelease  Temporary failure resolving 'archive.ubuntu.com'" >&2; exit 100; fi
  touch "$m/lists"
  exit 0
fi
missing=
for name in $names; do
  case $name in
    /*.deb)
      [ -f "$name" ] || { echo "E: Unsupported file $name given on commandline" >&2; exit 100; }
      for need in jq rsync fusermount3 iptables lsb_release; do
        command -v "$need" >/dev/null || { echo "E: Unable to correct problems, you have held broken packages: sysbox-ce depends on $need" >&2; exit 100; }
      done
      ;;
    *)
      if [ "$verb" = purge ]; then
        [ -f "$m/packages/$name" ] || { echo "E: Unable to locate package $name" >&2; exit 100; }
      elif [ ! -e "$m/lists" ] || [ ! -d "$m/archive/$name" ]; then
        echo "E: Unable to locate package $name" >&2; exit 100
      fi
      ;;
  esac
done
for name in $names; do
  short=\${name##*/}
  echo "Inst \${short%.deb} (1.0 Ubuntu:24.04/noble [amd64])"
  echo "Conf \${short%.deb} (1.0 Ubuntu:24.04/noble [amd64])"
done
if [ ${apt} = moves-containerd ]; then
  echo 'Inst containerd [2.2.1-0ubuntu1~24.04.4] (2.2.2-0ubuntu1~24.04.1 Ubuntu:24.04/noble-updates [amd64])'
fi
if [ -n "$simulate" ]; then exit 0; fi
polls=0
while [ -e "$m/dpkg-lock" ]; do
  left=$(cat "$m/dpkg-lock")
  if [ "$left" = 0 ]; then rm -f "$m/dpkg-lock"; break; fi
  if [ $((polls / 10)) -ge "$wait" ]; then
    echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 877 (unattended-upgr)' >&2
    echo 'E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?' >&2
    exit 100
  fi
  if [ "$left" != 'for ever' ]; then echo $((left - 1)) >"$m/dpkg-lock"; fi
  polls=$((polls + 1))
  sleep 0.1
done
# needrestart restarts daemons whose libraries changed, unless it is told not to.
if [ "$NEEDRESTART_MODE" != l ] || [ ${apt} = moves-containerd ]; then systemctl restart containerd.service; fi
mkdir -p "$m/packages"
for name in $names; do
  case "$verb $name" in
    install\\ /*)
      "$m/deb" "$name" control.tar | tar -x -O control >"$m/control"
      package=$(sed -n 's/^Package: //p' "$m/control")
      "$m/deb" "$name" data.tar >"$m/data.tar"
      tar -x -C "${tree}" -f "$m/data.tar"
      tar -t -f "$m/data.tar" >"$m/$package.files"
      sed -n 's/^Version: //p' "$m/control" >"$m/packages/$package"
      mkdir -p "${tree}/var/lib/sysboxfs"
      echo 'sysbox:x:231:231::/:/usr/sbin/nologin' >>"${tree}/etc/passwd"
      if [ -e "$m/broken-package" ]; then
        echo "dpkg: error processing package $package (--configure):" >&2
        echo 'E: Sub-process /usr/bin/dpkg returned an error code (1)' >&2
        exit 100
      fi
      ;;
    install\\ *) cp "$m/archive/$name"/* "${tree}/usr/bin/" ;;
    purge\\ *)
      while IFS= read -r file; do rm -f "${tree}/$file"; done <"$m/$name.files"
      rm -f "$m/packages/$name" "$m/$name.files"
      rm -rf "$m/units"
      ;;
  esac
done`;
}
