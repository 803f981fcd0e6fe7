import type { MachineFault } from './faults.ts';
import { type Apt, packageTools } from './packages.ts';
import { modprobe, type Virtualization } from './virtualization.ts';

/** What the stand-ins need to know about their machine. */
export interface MachineFacts {
  readonly tree: string;
  readonly containerd: string;
  readonly arch: string;
  /** The `-c` argument of `containerd.service`; absent if it has none. */
  readonly configFlag: string | undefined;
  readonly kubelet: 'snap' | 'service' | 'none';
  readonly faults: ReadonlySet<MachineFault>;
  readonly apt: Apt;
  readonly virtualization: Virtualization;
  readonly sysbox: SysboxTrait;
  /** Active units that systemd restarts together with containerd, and those that it only stops. */
  readonly bound: readonly string[];
  readonly stopped: readonly string[];
  /** The kubelet's reported version. */
  readonly kubeletVersion: string;
}

/** The state of Sysbox on a machine. */
export type SysboxTrait = 'works' | 'without-userns' | 'daemon-dies' | 'broken-package';

/**
 * The programs that the scripts call on a node and that this host must not answer for: small shell scripts. Each
 * refuses unknown arguments.
 */
export function standIns(facts: MachineFacts): Record<string, string> {
  const { tree, containerd, faults } = facts;
  const has = (fault: MachineFault) => faults.has(fault);
  const main = `"${tree}/.machine/containerd"`;
  const module = containerd.startsWith('1.') ? 'containerd' : 'containerd/v2';
  const broken = has('containerd-does-not-return') ? 'daemon' : has('cri-does-not-return') ? 'cri' : 'none';
  return {
    containerd: sh(`
if [ "$*" = --version ]; then echo "containerd github.com/containerd/${module} ${containerd} 0123456789abcdef"; exit 0; fi
exec ${main} "$@"`),
    // A second containerd would run in its own namespaces.
    unshare: sh(`
while [ "$1" != rehearsal ]; do shift; done
exec ${main} rehearse "$3" "$4"`),
    systemctl: sh(systemctl(facts, main, broken)),
    journalctl: sh(journalctl(tree)),
    ctr: sh(ctr(tree, containerd, has('not-sandboxed'))),
    'cloud-init': sh(`
[ "$*" = 'status --wait' ] || { echo "cloud-init (stand-in): unknown $*" >&2; exit 64; }
echo; echo 'status: ${has('cloud-init-failed') ? 'error' : 'done'}'
exit ${has('cloud-init-failed') ? 1 : has('cloud-init-degraded') ? 2 : 0}`),
    ...Object.fromEntries(
      Object.entries(packageTools({ tree, apt: facts.apt, brokenPackage: facts.sysbox === 'broken-package' })).map(
        ([name, body]) => [name, sh(body)],
      ),
    ),
    modprobe: sh(modprobe(tree, facts.virtualization)),
    ...(facts.kubelet === 'service'
      ? { kubelet: sh(`[ "$*" = --version ] && echo 'Kubernetes v${facts.kubeletVersion}'`) }
      : {}),
    // A container's root has no other program to read with.
    uname: sh(`
read -r kernel <${tree}/proc/sys/kernel/osrelease
case $1 in -m) echo ${facts.arch} ;; -r) echo "$kernel" ;; *) echo Linux ;; esac`),
    dmesg: sh(`
read -r kernel <${tree}/proc/sys/kernel/osrelease
echo "[    0.000000] Linux version $kernel (buildd@lcy02)"`),
    // The programs copied into a container's root find their libraries in the host's own folders.
    ldd: sh(`echo '	not a dynamic executable'; exit 1`),
    df: sh(`
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
echo '/dev/root 20134592 4193280 ${has('disk-full') ? 10240 : 15924928} 21% /'`),
    ...(has('disk-full-while-unpacking')
      ? { tar: sh(`cat >/dev/null; echo 'tar: runsc: Cannot write: No space left on device' >&2; exit 2`) }
      : {}),
  };
}

function sh(body: string): string {
  return `#!/bin/sh\n${body.trim()}\n`;
}

function systemctl(
  { tree, configFlag, kubelet, faults, sysbox, bound, stopped }: MachineFacts,
  main: string,
  broken: string,
): string {
  const m = `${tree}/.machine`;
  const units = { snap: 'snap.kubelet-eks.daemon.service', service: 'kubelet.service', none: 'no-such.service' };
  const argv = `/usr/bin/containerd${configFlag === undefined ? '' : ' $CONTAINERD_OPTS'}`;
  const failing = faults.has('containerd-never-returns')
    ? 'false'
    : `${main} start "${configFlag ?? '/etc/containerd/config.toml'}" ${broken}`;
  return `
case "$1 $2" in
  'show containerd.service')
    echo "LoadState=loaded"
    echo "ActiveState=$(cat "${m}/active")"
    echo "KillMode=${faults.has('kill-mode') ? 'control-group' : 'process'}"
    echo "NRestarts=0"
    echo "MainPID=$(cat "${m}/pid")"
    echo "Id=containerd.service"
    echo "RequiredBy=${bound.join(' ')}"
    echo "PropagatesStopTo=${stopped.join(' ')}"
    echo "FragmentPath=/usr/lib/systemd/system/containerd.service"
    echo "EnvironmentFiles=/etc/default/containerd (ignore_errors=yes)"
    echo 'ExecStart={ path=/usr/bin/containerd ; argv[]=${argv} ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; status=0/0 }'
    ;;
  'show ${units[kubelet]}')
    echo "LoadState=loaded"
    echo "ActiveState=${faults.has('kubelet-dead') ? 'inactive' : 'active'}"
    ;;
  'start '*) for unit in ${bound.join(' ')}; do echo active >"${m}/units/$unit"; done ;;
  'show '*)
    echo "Id=$2"
    if [ -f "${tree}/usr/lib/systemd/system/$2" ]; then
      echo "LoadState=loaded"
      echo "ActiveState=$(cat "${m}/units/$2" 2>/dev/null || echo inactive)"
    else
      echo "LoadState=not-found"
      echo "ActiveState=inactive"
    fi
    ;;
  'enable --now')
    if [ "$3" != sysbox.service ] || [ ! -f "${tree}/usr/lib/systemd/system/$3" ]; then
      echo "Failed to enable unit: Unit file $3 does not exist." >&2
      exit 1
    fi
    mkdir -p "${m}/units"
    for unit in sysbox sysbox-mgr sysbox-fs; do echo active >"${m}/units/$unit.service"; done
    ${sysbox === 'daemon-dies' ? `echo failed >"${m}/units/sysbox-fs.service"` : ':'}
    ;;
  'reset-failed containerd.service') ;;
  'restart containerd.service')
    echo failed >"${m}/active"
    echo restart >>"${m}/restarts"
    pid=$(($(cat "${m}/pid") + 1))
    echo "$pid" >"${m}/pid"
    if ${failing} >>"${m}/containerd.log" 2>&1; then
      echo active >"${m}/active"
    else
      echo "Job for containerd.service failed because the control process exited with error code." >&2
      echo 'See "systemctl status containerd.service" and "journalctl -xeu containerd.service" for details.' >&2
      exit 1
    fi
    ;;
  *) echo "systemctl (stand-in): unknown: $*" >&2; exit 64 ;;
esac`;
}

/** Keeps only containerd's log; a cursor is a count of lines. */
function journalctl(tree: string): string {
  const log = `${tree}/.machine/containerd.log`;
  return `
touch "${log}"
case "$*" in
  --sync) ;;
  '-q -n 0 --show-cursor') echo "-- cursor: $(($(wc -l <"${log}")))" ;;
  '-q -o cat -n 500 '*'-u '*' _TRANSPORT=stdout')
    from=0
    case $6 in --after-cursor=*) from=\${6#*=} ;; esac
    case "$*" in *'-u containerd.service '*) tail -n +$((from + 1)) "${log}" | tail -n 500 ;; esac
    ;;
  *) echo "journalctl (stand-in): unknown: $*" >&2; exit 64 ;;
esac`;
}

function ctr(tree: string, containerd: string, fooled: boolean): string {
  const m = `${tree}/.machine`;
  return `
socket=\${CONTAINERD_ADDRESS:-${tree}/run/containerd/containerd.sock}
if [ "$(cat "${m}/active")" != active ] || [ "$socket" != "${tree}$(cat "${m}/socket")" ]; then
  echo "ctr: failed to dial \\"\${socket#${tree}}\\": connect: connection refused" >&2
  exit 1
fi
if [ "$1" = -n ]; then shift 2; fi
case "$1 $2" in
  'version ') echo "Server: Version: ${containerd}" ;;
  'plugins ls') cat "${m}/plugins" ;;
  'task ls') cat "${m}/tasks" ;;
  'task kill' | 'container rm') ;;
  'run --rm')
    shift 2
    config=
    runc=
    while :; do
      case $1 in
        --runtime) runtime=$2; shift 2 ;;
        --runtime-config-path) config=$2; shift 2 ;;
        --runc-binary) runc=$2; shift 2 ;;
        --rootfs) rootfs=$2; shift 2; break ;;
        *) echo "ctr (stand-in): unknown option $1" >&2; exit 64 ;;
      esac
    done
    shift
    if ${fooled ? 'true' : '[ "$runtime$runc" = io.containerd.runc.v2 ]'}; then
      # There are no namespaces: what the command reads of /proc is the machine's.
      said=$(printf '%s' "$3" | sed 's#</proc/#<${tree}/proc/#g')
      PATH=$rootfs/bin exec "$rootfs$1" "$2" "$said"
    fi
    if [ "$runtime" = io.containerd.runc.v2 ]; then
      if [ ! -x "$runc" ]; then echo "ctr: failed to create shim task: exec: \\"$runc\\": no such file or directory" >&2; exit 1; fi
      exec "$runc" run "$rootfs" "$@"
    fi
    case $runtime in
      /*) shim=$runtime ;;
      *) shim=containerd-shim-$(echo "\${runtime#io.containerd.}" | tr . -) ;;
    esac
    if ! command -v "$shim" >/dev/null; then
      echo "ctr: failed to start shim: failed to resolve runtime path: runtime \\"$runtime\\" binary not installed \\"$shim\\": file does not exist" >&2
      exit 1
    fi
    exec "$shim" "$config" "$rootfs" "$@"
    ;;
  *) echo "ctr (stand-in): unknown: $*" >&2; exit 64 ;;
esac`;
}
