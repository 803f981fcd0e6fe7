import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One mounted hierarchy of control groups. */
interface Hierarchy {
  /** Its path on the host. */
  readonly path: string;
  /** Its directory on the node, under /sys/fs/cgroup; empty if it is mounted there itself. */
  readonly name: string;
  readonly type: 'cgroup' | 'cgroup2';
  /** Options of mount. */
  readonly options: string;
}

/** This host's hierarchies: one of version 2, or those of version 1 and, on a hybrid host, one of version 2 besides. */
function hierarchies(): readonly Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const path = before.split(' ')[4] ?? '';
    const [type = '', , superOptions = ''] = after.split(' ');
    if (type === 'cgroup2') found.push({ path, name: hybridName(path), type, options: 'rw' });
    if (type !== 'cgroup') continue;
    const options = superOptions.split(',').filter((option) => !['rw', 'ro', 'xattr'].includes(option));
    const named = options.find((option) => option.startsWith('name='));
    const wanted = named === undefined ? options.join(',') : `none,${named}`;
    found.push({ path, name: basename(path), type, options: wanted });
  }
  return found;
}

function hybridName(path: string): string {
  return path === '/sys/fs/cgroup' ? '' : basename(path);
}

/** One node's control groups: a child in each hierarchy of the host, which the node sees as the root. */
export class NodeCgroups {
  readonly #name: string;
  readonly #hierarchies = hierarchies();

  /** @param id the name of the node and its control groups */
  constructor(id: string) {
    this.#name = `airlock-${id}`;
  }

  /** `v1` also if a version 2 hierarchy exists besides those of version 1. */
  get version(): 'v1' | 'v2' {
    return this.#hierarchies.some(({ type }) => type === 'cgroup') ? 'v1' : 'v2';
  }

  /** The node's mounts, as `name|type|options` lines. */
  get mounts(): string {
    return this.#hierarchies.map(({ name, type, options }) => `${name}|${type}|${options}`).join('\n');
  }

  /** The files to which a process writes its pid to enter the node's groups. */
  get entrances(): string {
    return this.#groups.map((group) => join(group, 'cgroup.procs')).join('\n');
  }

  /**
   * The files to which a process writes its pid to enter the groups of an SSM agent's service. A process outside of the
   * node's groups would see groups above the root of the hierarchy, and its children could not find their way back.
   */
  get agentEntrances(): readonly string[] {
    return this.#hierarchies.map((hierarchy) => join(this.#agentGroup(hierarchy), 'cgroup.procs'));
  }

  make(): void {
    for (const group of this.#groups) {
      mkdirSync(group, { recursive: true });
      for (const file of ['cpuset.cpus', 'cpuset.mems']) this.#inherit(group, file);
    }
    for (const hierarchy of this.#hierarchies) mkdirSync(this.#agentGroup(hierarchy), { recursive: true });
  }

  /** Removes the groups. Their processes have to be dead, and the kernel takes a moment to notice. */
  async remove(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        for (const group of this.#groups) removeTree(group);
        return;
      } catch (error) {
        if (attempt === 100) throw error;
        await sleep(20);
      }
    }
  }

  /** systemd gives a service a group in its own hierarchy, and none in those of the version 1 controllers. */
  #agentGroup({ path, type, options }: Hierarchy): string {
    const group = join(path, this.#name);
    const systemds = type === 'cgroup2' || options.includes('name=systemd');
    return systemds ? join(group, 'system.slice', 'amazon-ssm-agent.service') : group;
  }

  /** A child of a version 1 cpuset starts empty, and no process may enter an empty one. */
  #inherit(group: string, file: string): void {
    const own = join(group, file);
    if (!existsSync(own) || existsSync(join(group, 'cgroup.controllers'))) return;
    writeFileSync(own, readFileSync(join(group, '..', file), 'utf8'));
  }

  get #groups(): readonly string[] {
    return this.#hierarchies.map(({ path }) => join(path, this.#name));
  }
}

function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  rmdirSync(group);
}
