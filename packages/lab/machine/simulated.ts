import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import type { Runtime } from '../../../domain/runtimes.ts';
import type { Ended, Script } from '../../local-aws/agent.ts';
import type { Boot, RuntimeHandler } from '../../local-kubernetes/node-machine.ts';
import { type ConfigurationName, companions, configurations } from './configurations.ts';
import { effective } from './containerd/configuration.ts';
import { defaults, seriesOf } from './containerd/defaults.ts';
import { filesIn, type Running, start } from './containerd/main.ts';
import { print } from './containerd/print.ts';
import { containerdProgram } from './containerd/service.ts';
import { cloudInitResult, type MachineFault } from './faults.ts';
import { type Machine, usualKernel } from './machine.ts';
import { faultHeader, type Mirror, type MirrorFault } from './mirror.ts';
import { type Apt, furnishArchive } from './packages.ts';
import { execute } from './process.ts';
import { type SysboxTrait, standIns } from './standins.ts';
import { linkPrograms, write } from './tree.ts';
import { furnishProcessor, type Virtualization } from './virtualization.ts';

/** The options of a simulated machine; every field has a default. */
export interface SimulatedOptions {
  /** `2.2.1` by default: the version in Ubuntu's updates. */
  readonly containerd?: '1.7.24' | '1.7.34' | '2.0.0' | '2.0.4' | '2.0.5' | '2.0.11' | '2.2.1' | '2.3.4';
  /** `eks-v2` by default. */
  readonly configuration?: ConfigurationName;
  readonly os?: 'ubuntu 22.04' | 'ubuntu 24.04' | 'debian 13';
  readonly kernel?: string;
  readonly arch?: 'x86_64' | 'aarch64';
  readonly cgroup?: 'v1' | 'v2';
  readonly kubelet?: 'snap' | 'service' | 'none';
  readonly faults?: readonly MachineFault[];
  /** Programs that the node lacks, for instance `curl`. */
  readonly without?: readonly string[];
  /** `works` by default. */
  readonly apt?: Apt;
  /** By default usable, on an Intel type. */
  readonly virtualization?: Partial<Virtualization>;
  /** `works` by default. */
  readonly sysbox?: SysboxTrait;
  /** Active units that systemd restarts together with containerd, and those that it only stops. */
  readonly bound?: readonly string[];
  readonly stopped?: readonly string[];
  /** `1.35.2` by default. */
  readonly kubeletVersion?: string;
  /** What another installer left on the node. */
  readonly foreign?: keyof typeof foreigners;
}

/** Traces of other installers, as files by path. */
const foreigners = {
  'kata-deploy': { '/etc/containerd/conf.d/kata-deploy.toml': 'version = 2\n' },
  'kata by hand': { '/opt/kata/VERSION': '3.9.0\n' },
  'sysbox-deploy-k8s': { '/var/lib/sysbox-deploy-k8s/state': 'installed\n' },
  'CRI-O': { '/usr/lib/systemd/system/crio.service': '[Service]\nExecStart=/usr/bin/crio\n' },
  'package sysbox-ce': { '/.machine/packages/sysbox-ce': '0.7.0.linux\n' },
  'package kata-containers': { '/.machine/packages/kata-containers': '3.2.0-1\n' },
} as const;

/** How a machine's fault reaches the mirror. */
export const downloadFaults: Partial<Record<MachineFault, { readonly fault: MirrorFault; readonly once: boolean }>> = {
  'checksum-mismatch': { fault: 'corrupt', once: false },
  'download-404': { fault: 'not-found', once: false },
  'download-500': { fault: 'server-error', once: true },
  'download-cut': { fault: 'cut', once: true },
};

const sandboxPid = 2201;
const kubeletVersion = '1.35.2';

const bins = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin', 'snap/bin'];

/**
 * A node in a directory tree: the real scripts run there verbatim, with stand-ins for systemd, containerd and the
 * runtime. It needs no privileges, and writes nowhere else.
 */
export class SimulatedMachine implements Machine {
  readonly kind = 'simulated';
  readonly description: string;
  /** The root of the tree. */
  readonly tree: string;
  readonly #containerd: string;
  #runs = 0;

  private constructor(tree: string, description: string, containerd: string) {
    this.tree = tree;
    this.description = description;
    this.#containerd = containerd;
  }

  /**
   * Creates a machine with a running containerd and two running Kubernetes containers.
   *
   * @param options the machine's properties
   * @param mirror the mirror for its downloads; without one they all fail
   */
  static async create(options: SimulatedOptions, mirror?: Mirror): Promise<SimulatedMachine> {
    const tree = realpathSync(mkdtempSync(`${tmpdir()}/airlock-node-`));
    const containerd = options.containerd ?? '2.2.1';
    const os = options.os ?? 'ubuntu 24.04';
    const configuration = options.configuration ?? 'eks-v2';
    const machine = new SimulatedMachine(
      tree,
      `simulated (containerd ${containerd}, ${os}, in a directory tree; runtime and containerd are stand-ins)`,
      containerd,
    );
    write(`${tree}/.machine/containerd`, await containerdProgram(tree, containerd), 0o755);
    machine.#furnish(options, containerd, os);
    machine.#configure(configuration, containerd);
    machine.#aim(options, mirror);
    return machine;
  }

  async run(script: Script): Promise<Ended> {
    const folder = `${this.tree}/var/lib/amazon/ssm/orchestration/${++this.#runs}`;
    const path = `${folder}/_script.sh`;
    write(
      path,
      script.text.replace(/^ROOT=''$/m, () => `ROOT='${this.tree}'`),
      0o700,
    );
    const env = {
      HOME: `${this.tree}/root`,
      PATH: bins.map((bin) => `${this.tree}/${bin}`).join(':'),
      ...script.environment,
    };
    return execute(['/bin/sh', '-c', path], { cwd: folder, env, timeoutSeconds: script.timeoutSeconds });
  }

  async handlers(): Promise<readonly RuntimeHandler[] | undefined> {
    // 1.7 does not report handlers, so a missing handler proves nothing there.
    if (seriesOf(this.#containerd) === '1.7') return undefined;
    const features = (name: string) => ({
      recursiveReadOnlyMounts: name === 'runc',
      userNamespaces: name === 'runc' || name === 'sysbox-runc',
    });
    return this.running().handlers.map((name) => ({ name, features: features(name) }));
  }

  async boot(): Promise<Boot> {
    const said = (name: string) => readFileSync(`${this.tree}/proc/sys/kernel/${name}`, 'utf8').trim();
    return { bootId: said('random/boot_id'), kernel: said('osrelease') };
  }

  async destroy(): Promise<void> {
    rmSync(this.tree, { recursive: true, force: true });
  }

  /** What the running daemon has loaded; empty if it does not run. */
  running(): Running {
    const path = `${this.tree}/.machine/running.json`;
    if (!existsSync(path)) return { handlers: [], cri: 'skip' };
    return JSON.parse(readFileSync(path, 'utf8')) as Running;
  }

  /** How often containerd was restarted since the machine was created. */
  restarts(): number {
    const path = `${this.tree}/.machine/restarts`;
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
  }

  /** The daemon's configuration file, as a path on the node. */
  get config(): string {
    return readFileSync(`${this.tree}/.machine/config`, 'utf8');
  }

  /** containerd's effective configuration, without the list of imports. */
  effective(): Record<string, unknown> {
    const loaded = effective(seriesOf(this.#containerd), this.config, filesIn(this.tree), 'dump');
    return { ...loaded, imports: undefined };
  }

  /** Restarts the node, with another kernel if one is given: it runs what its files configure, with a new boot id. */
  reboot(kernel?: string): void {
    if (kernel !== undefined) write(`${this.tree}/proc/sys/kernel/osrelease`, `${kernel}\n`);
    write(`${this.tree}/proc/sys/kernel/random/boot_id`, `${randomUUID()}\n`);
    rmSync(`${this.tree}/run/airlock`, { recursive: true, force: true });
    start(this.tree, this.#containerd, this.config, 'none');
  }

  /** Starts a container of a runtime, visible through its processes and mounts. */
  startSandbox(runtime: Runtime, namespace = 'k8s.io'): void {
    const { tree } = this;
    if (runtime === 'sysbox') {
      appendFileSync(`${tree}/proc/mounts`, 'sysboxfs /var/lib/sysboxfs/4c1d9e fuse rw,nosuid 0 0\n');
      return;
    }
    const shim =
      runtime === 'kata'
        ? '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2'
        : '/usr/local/bin/containerd-shim-runsc-v1';
    const process = `${tree}/proc/${sandboxPid}`;
    write(`${process}/cmdline`, `${tree}${shim}\0-namespace\0${namespace}\0`);
    symlinkSync(realpathSync(tree + shim), `${process}/exe`);
  }

  /** Ends what {@link startSandbox} started. */
  endSandboxes(): void {
    rmSync(`${this.tree}/proc/${sandboxPid}`, { recursive: true, force: true });
    write(`${this.tree}/proc/mounts`, '/dev/root / ext4 rw 0 0\n');
  }

  #furnish(options: SimulatedOptions, containerd: string, os: string): void {
    const { tree } = this;
    const faults = new Set(options.faults);
    const [id = '', version = ''] = os.split(' ');
    const apt = options.apt ?? 'works';
    const sysbox = options.sysbox ?? 'works';
    const virtualization: Virtualization = {
      kvm: 'usable',
      instanceType: 'm8i.large',
      processor: options.arch === 'aarch64' ? 'graviton' : 'intel',
      withoutModules: [],
      ...options.virtualization,
    };
    const configFlag = options.configuration === 'elsewhere' ? '/etc/kubernetes/containerd.toml' : undefined;
    const programs = standIns({
      tree,
      containerd,
      arch: options.arch ?? 'x86_64',
      configFlag,
      kubelet: options.kubelet ?? 'snap',
      faults,
      apt,
      virtualization,
      sysbox,
      bound: options.bound ?? [],
      stopped: options.stopped ?? [],
      kubeletVersion: options.kubeletVersion ?? kubeletVersion,
    });
    const none = new Set([...(options.without ?? []), ...(faults.has('tool-missing') ? ['curl', 'wget'] : [])]);
    for (const [name, text] of Object.entries(programs)) {
      if (!none.has(name)) write(`${tree}/usr/bin/${name}`, text, 0o755);
    }
    linkPrograms(tree, new Set(Object.keys(programs)), none);
    write(`${tree}/etc/os-release`, `PRETTY_NAME="${os}"\nID=${id}\nVERSION_ID="${version}"\n`);
    write(`${tree}/proc/sys/kernel/osrelease`, `${options.kernel ?? usualKernel}\n`);
    write(`${tree}/proc/sys/kernel/random/boot_id`, `${randomUUID()}\n`);
    if (options.cgroup !== 'v1') write(`${tree}/sys/fs/cgroup/cgroup.controllers`, 'cpu io memory pids\n');
    // The snap's binary is not in PATH.
    if (options.kubelet === undefined || options.kubelet === 'snap') {
      const version = options.kubeletVersion ?? kubeletVersion;
      write(`${tree}/snap/kubelet-eks/current/kubelet`, `#!/bin/sh\necho 'Kubernetes v${version}'\n`, 0o755);
    }
    furnishProcessor(tree, virtualization);
    furnishArchive({ tree, apt, brokenPackage: sysbox === 'broken-package' });
    write(`${tree}/proc/mounts`, '/dev/root / ext4 rw 0 0\n');
    symlinkSync('/proc/uptime', `${tree}/proc/uptime`);
    write(`${tree}/proc/self/uid_map`, '         0          0 4294967295\n');
    write(`${tree}/proc/sys/user/max_user_namespaces`, '63432\n');
    if (sysbox === 'without-userns') write(`${tree}/.machine/sysbox-without-userns`, '');
    if (faults.has('cloud-init-failed')) write(`${tree}/run/cloud-init/result.json`, cloudInitResult);
    if (faults.has('foreign-package')) write(`${tree}/.machine/packages/runsc`, '20260907.0\n');
    for (const [path, text] of Object.entries(options.foreign === undefined ? {} : foreigners[options.foreign]))
      write(tree + path, text);
    for (const pid of [1101, 1102]) mkdirSync(`${tree}/proc/${pid}`, { recursive: true });
    const tasks = 'TASK PID STATUS\n7ab5c0ffee01 1101 RUNNING\n7ab5c0ffee02 1102 RUNNING\n';
    write(`${tree}/.machine/tasks`, tasks);
    write(`${tree}/.machine/config`, configFlag ?? '/etc/containerd/config.toml');
    write(`${tree}/.machine/pid`, '812\n');
    if (configFlag !== undefined) write(`${tree}/etc/default/containerd`, `CONTAINERD_OPTS=--config ${configFlag}\n`);
    for (const unit of [...(options.bound ?? []), ...(options.stopped ?? [])]) {
      write(`${tree}/usr/lib/systemd/system/${unit}`, '[Unit]\n');
      write(`${tree}/.machine/units/${unit}`, 'active\n');
    }
    write(`${tree}/.machine/active`, faults.has('containerd-dead') ? 'failed\n' : 'active\n');
    if (faults.has('foreign-binary')) write(`${tree}/usr/local/bin/runsc`, '#!/bin/sh\n', 0o755);
    for (const folder of ['usr/local/bin', 'etc/modules-load.d', 'root', 'opt', 'var/lib', 'var/log'])
      mkdirSync(`${tree}/${folder}`, { recursive: true });
  }

  #configure(name: ConfigurationName, containerd: string): void {
    const series = seriesOf(containerd);
    const path = this.tree + this.config;
    for (const [file, text] of Object.entries(companions[name] ?? {})) write(this.tree + file, text);
    if (name === 'default') write(path, print(series, defaults(series)));
    else if (name === 'elsewhere') write(path, configurations['eks-v2']);
    else if (name !== 'none') write(path, configurations[name]);
    if (name === 'broken') {
      // The daemon started before the file was broken.
      rmSync(path);
      start(this.tree, containerd, this.config, 'none');
      write(path, configurations[name]);
      return;
    }
    start(this.tree, containerd, this.config, 'none');
    if (name === 'missing-import') rmSync(`${this.tree}/etc/containerd/fleet.toml`);
  }

  /** Directs all downloads of this machine to the mirror, whatever their address. */
  #aim(options: SimulatedOptions, mirror: Mirror | undefined): void {
    const { tree } = this;
    const lines = [`connect-to = "::127.0.0.1:${mirror?.port ?? 1}"`, `cacert = "${tree}/etc/ssl/mirror.pem"`];
    for (const fault of options.faults ?? []) {
      const planted = downloadFaults[fault];
      if (planted === undefined) continue;
      lines.push(`header = "${faultHeader}: ${planted.fault}${planted.once ? ` once ${tree}` : ''}"`);
    }
    write(`${tree}/etc/ssl/mirror.pem`, mirror?.authority ?? '');
    write(`${tree}/root/.curlrc`, `${lines.join('\n')}\n`);
    const wget = [
      `https_proxy = http://127.0.0.1:${mirror?.proxyPort ?? 1}/`,
      `ca_certificate = ${tree}/etc/ssl/mirror.pem`,
    ];
    write(`${tree}/root/.wgetrc`, `${wget.join('\n')}\n`);
  }
}
