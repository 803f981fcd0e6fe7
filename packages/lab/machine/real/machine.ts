import { hash, randomBytes } from 'node:crypto';
import { copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended, Script } from '../../../local-aws/agent.ts';
import type { RuntimeHandler } from '../../../local-kubernetes/node-machine.ts';
import { companions, configurations } from '../configurations.ts';
import type { Machine } from '../machine.ts';
import { faultHeader } from '../mirror.ts';
import type { ExecutionOptions } from '../process.ts';
import { runcWithBootId } from './artifact.ts';
import { readHandlers } from './cri.ts';
import { requireRealHost } from './host.ts';
import { NodeError, RealNode } from './node.ts';
import type { RealOptions } from './options.ts';
import { hide, place } from './place.ts';
import { openDoor } from './relay.ts';
import { type Root, rootOf } from './roots.ts';
import { claimDirectory, sweepStale } from './stale.ts';
import { furnishVirtualization } from './virtualization.ts';

/** What systemd reports about containerd.service. Two equal states mean that it was not restarted in between. */
export interface DaemonState {
  readonly active: string;
  readonly mainPid: string;
  /** Changes with each start of the service. */
  readonly invocation: string;
  /** How often systemd has restarted it by itself. */
  readonly restartsBySystemd: number;
}

const configPath = '/etc/containerd/config.toml';

function isNamed(name: string): name is keyof typeof configurations {
  return name in configurations;
}

/** A node with its own systemd and containerd, in namespaces of this host. It needs root. */
export class RealMachine implements Machine {
  readonly kind = 'real';
  readonly description: string;
  readonly #node: RealNode;
  readonly #id: string;
  #closeDoor: () => Promise<void> = async () => {};
  #runs = 0;
  readonly #hashes = new Map<string, string>();

  private constructor(id: string, root: Root, node: RealNode, otherContainerd: string | undefined) {
    this.#id = id;
    this.#node = node;
    const containerd = otherContainerd === undefined ? root.versions['containerd'] : `of ${otherContainerd}`;
    this.description = `real (containerd ${containerd}, systemd ${root.versions['systemd']}, cgroup ${node.cgroup}, in namespaces of this host)`;
  }

  /**
   * Creates a node and boots it.
   *
   * @throws HostError if this host cannot run real nodes
   * @throws NodeError if the node does not boot
   */
  static async create(options: RealOptions = {}): Promise<RealMachine> {
    requireRealHost();
    await sweepStale();
    const root = await rootOf(options.debian ?? 'trixie', options.progress ?? (() => {}));
    const id = `node-${randomBytes(4).toString('hex')}`;
    const node = new RealNode(id, root.path, claimDirectory(id));
    const machine = new RealMachine(id, root, node, options.containerdDirectory);
    try {
      await machine.#furnish(options);
      await node.boot();
      await machine.#breakConfiguration(options.configuration ?? 'eks-v2');
    } catch (error) {
      await machine.destroy();
      throw error;
    }
    return machine;
  }

  /** A directory of the host that the node sees as /srv/outside. */
  get outside(): string {
    return join(this.#node.directory, 'outside');
  }

  /**
   * @param watch receives each piece of stderr as it arrives, and a function that kills the script with its process
   * group
   */
  async run(script: Script, watch?: ExecutionOptions['watch']): Promise<Ended> {
    const path = `/var/lib/amazon/ssm/orchestration/${++this.#runs}/_script.sh`;
    await this.write(path, script.text, 0o700);
    return this.#node.execute(['/bin/sh', '-c', path], {
      environment: script.environment,
      timeoutSeconds: script.timeoutSeconds,
      ...(watch === undefined ? {} : { watch }),
    });
  }

  /** Runs a command on the node as root and returns its result, whatever the exit status. */
  exec(argv: readonly string[], input = ''): Promise<Ended> {
    return this.#node.execute(argv, { input });
  }

  /** A command's output. @throws NodeError if it does not exit with 0 */
  async read(...argv: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.exec(argv);
    if (exitCode !== 0) throw new NodeError(`${argv.join(' ')} exited with ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** Writes a file on the node and creates its folders. */
  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const command = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
    const { exitCode, stderr } = await this.exec(['sh', '-c', command, 'sh', path, mode.toString(8)], text);
    if (exitCode !== 0) throw new NodeError(`${path} could not be written: ${stderr}`);
  }

  async handlers(): Promise<readonly RuntimeHandler[] | undefined> {
    return readHandlers(`/proc/${this.#node.init}/root/run/containerd/containerd.sock`);
  }

  /** containerd's effective configuration. @throws NodeError if it cannot read it */
  effectiveConfiguration(): Promise<string> {
    return this.read('containerd', 'config', 'dump');
  }

  /** The configuration file as it is; `undefined` if there is none. */
  async configuration(): Promise<string | undefined> {
    const { exitCode, stdout } = await this.exec(['cat', configPath]);
    return exitCode === 0 ? stdout : undefined;
  }

  /** What systemd reports about containerd. */
  async daemon(): Promise<DaemonState> {
    const names = ['ActiveState', 'MainPID', 'InvocationID', 'NRestarts'];
    const said = await this.read('systemctl', 'show', 'containerd.service', ...names.flatMap((name) => ['-p', name]));
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(said)?.[1] ?? '';
    return {
      active: value('ActiveState'),
      mainPid: value('MainPID'),
      invocation: value('InvocationID'),
      restartsBySystemd: Number(value('NRestarts')),
    };
  }

  /** Starts a container under plain runc in the Kubernetes namespace. It runs until something ends it. */
  async startContainer(name: string): Promise<void> {
    const rootfs = `/opt/containers/${name}`;
    await this.read('sh', '-c', `mkdir -p ${rootfs}/bin ${rootfs}/proc && cp /bin/busybox ${rootfs}/bin/`);
    const command = ['/bin/busybox', 'sleep', '1000000'];
    await this.read('ctr', '-n', 'k8s.io', 'run', '-d', '--rootfs', rootfs, name, ...command);
  }

  /** The running Kubernetes containers, with pids that containerd reports and that are alive. */
  async containers(): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    const living =
      'ctr -n k8s.io task ls | while read -r line; do set -- $line; [ ! -d "/proc/$2" ] || echo "$line"; done';
    for (const line of (await this.read('sh', '-c', living)).split('\n')) {
      const [name = '', pid = '', status] = line.trim().split(/\s+/);
      if (status === 'RUNNING') found[name] = pid;
    }
    return found;
  }

  /**
   * Every file that the node has beyond its root file system, by path, with a hash of its content. Links show their
   * targets.
   *
   * @param ignored paths to leave out, with everything below them
   */
  changedFiles(ignored: RegExp): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const upper = join(this.#node.directory, 'upper');
    const walk = (folder: string) => {
      for (const entry of readdirSync(join(upper, folder), { withFileTypes: true })) {
        const path = `${folder}/${entry.name}`;
        if (ignored.test(path)) continue;
        if (entry.isDirectory()) walk(path);
        else if (entry.isSymbolicLink()) found.set(path, `-> ${readlinkSync(join(upper, path))}`);
        else found.set(path, entry.isFile() ? this.#hashOf(join(upper, path)) : 'deleted');
      }
    };
    walk('');
    return found;
  }

  /** Does not read a file again that has not changed since. */
  #hashOf(path: string): string {
    const { ino, size, ctimeNs } = lstatSync(path, { bigint: true });
    const version = `${ino} ${size} ${ctimeNs}`;
    const known = this.#hashes.get(version) ?? hash('sha1', readFileSync(path));
    this.#hashes.set(version, known);
    return known;
  }

  /** Shuts the node down cleanly and boots it again. */
  async reboot(): Promise<void> {
    await this.#node.stop();
    await this.#node.boot();
  }

  /** Cuts the power. What the node wrote stays, even if it was not synced: the host's page cache holds it. */
  powerOff(): Promise<void> {
    return this.#node.kill();
  }

  /** Switches the node on again. */
  powerOn(): Promise<void> {
    return this.#node.boot();
  }

  async destroy(): Promise<void> {
    await this.#closeDoor();
    await this.#node.destroy();
  }

  /** Files that exist before the node boots are in the overlay's upper folder. */
  async #furnish({
    configuration = 'eks-v2',
    containerdDirectory,
    mirror,
    download,
    files,
    without = [],
    virtualization = 'usable',
  }: RealOptions): Promise<void> {
    const upper = join(this.#node.directory, 'upper');
    furnishVirtualization(this.#node.directory, upper, virtualization);
    place(upper, '/etc/hostname', `${this.#id}\n`);
    place(upper, '/usr/local/sbin/runc', runcWithBootId('boot_id'));
    // Otherwise, on a stop, systemd waits a minute and a half for containers whose first process ignores SIGTERM.
    place(upper, '/etc/systemd/system.conf.d/stop.conf', '[Manager]\nDefaultTimeoutStopSec=2s\n');
    if (typeof configuration === 'object') {
      place(upper, configPath, configuration.text);
      for (const [path, text] of Object.entries(configuration.files ?? {})) place(upper, path, text);
    } else if (configuration === 'none' || configuration === 'broken') {
      hide(upper, configPath);
    } else if (isNamed(configuration)) {
      place(upper, configPath, configurations[configuration]);
      for (const [path, text] of Object.entries(companions[configuration] ?? {})) place(upper, path, text);
    }
    for (const [path, text] of Object.entries(files ?? {})) place(upper, path, text);
    for (const path of without) hide(upper, path);
    for (const name of containerdDirectory === undefined ? [] : readdirSync(containerdDirectory)) {
      mkdirSync(join(upper, 'usr/bin'), { recursive: true });
      copyFileSync(join(containerdDirectory ?? '', name), join(upper, 'usr/bin', name));
    }
    if (mirror === undefined) return;
    const { outside } = this;
    this.#closeDoor = await openDoor(join(outside, 'mirror.sock'), mirror.port);
    writeFileSync(join(outside, 'mirror.pem'), mirror.authority);
    const lines = ['unix-socket = "/srv/outside/mirror.sock"', 'cacert = "/srv/outside/mirror.pem"'];
    if (download !== undefined) {
      lines.push(`header = "${faultHeader}: ${download.fault}${download.once ? ` once ${this.#id}` : ''}"`);
    }
    place(upper, '/root/.curlrc', `${lines.join('\n')}\n`);
  }

  /** A configuration that keeps the daemon from starting is written while it runs, as happens in practice. */
  async #breakConfiguration(name: RealOptions['configuration']): Promise<void> {
    if (name === 'default') {
      await this.write(configPath, await this.read('containerd', 'config', 'default'));
      await this.read('systemctl', 'restart', 'containerd');
    } else if (name === 'broken') await this.write(configPath, configurations[name]);
    else if (name === 'missing-import') await this.read('rm', ...Object.keys(companions[name] ?? {}));
  }
}
