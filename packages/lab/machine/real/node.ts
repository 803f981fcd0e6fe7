import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../../../local-aws/agent.ts';
import { type ExecutionOptions, execute } from '../process.ts';
import { NodeCgroups } from './cgroups.ts';

const enter = fileURLToPath(new URL('enter.sh', import.meta.url));

/** How long systemd may take to boot; it takes about a second. */
const bootMs = 30_000;

/** How long systemd may take to stop everything. */
const stopMs = 20_000;

/** The environment of an SSM agent's service: no HOME, and the system's PATH. */
const environment = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'];

/** A node did not boot, or is not running. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
}

/**
 * systemd as process 1 in its own namespaces, over a root file system that does not change. The node has only a
 * loopback interface. Its processes die with the process that created it.
 */
export class RealNode {
  /**
   * The folder of its files: `upper` (what it changed), `containerd`, `outside` (a directory that it shares with the
   * host).
   */
  readonly directory: string;
  readonly #id: string;
  readonly #root: string;
  readonly #cgroups: NodeCgroups;
  #launcher: ChildProcess | undefined;
  #init = 0;

  /**
   * @param id the node's name: letters, digits and dashes
   * @param root the root file system
   * @param directory a folder that is created
   */
  constructor(id: string, root: string, directory: string) {
    this.#id = id;
    this.#root = root;
    this.directory = directory;
    this.#cgroups = new NodeCgroups(id);
    for (const folder of ['upper', 'work', 'root', 'containerd', 'outside']) {
      mkdirSync(join(directory, folder), { recursive: true });
    }
  }

  /** The control group version that the node sees. */
  get cgroup(): 'v1' | 'v2' {
    return this.#cgroups.version;
  }

  /** The host's pid of the node's systemd; 0 if the node is off. */
  get init(): number {
    return this.#init;
  }

  /**
   * Switches the node on, and returns once systemd has started everything.
   *
   * @throws NodeError with the end of the console if it does not boot
   */
  async boot(): Promise<void> {
    if (this.#launcher !== undefined) throw new NodeError(`node ${this.#id} is already running`);
    this.#cgroups.make();
    const console = openSync(join(this.directory, 'console.log'), 'a');
    // The launcher dies with this process, and the node with the launcher: nothing outlives a crash.
    const launcher = spawn('setpriv', ['--pdeathsig', 'SIGKILL', '--', enter], {
      stdio: ['ignore', console, console],
      detached: true,
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        NODE_ROOT: this.#root,
        NODE_DIRECTORY: this.directory,
        NODE_ID: this.#id,
        NODE_GROUPS: this.#cgroups.entrances,
        NODE_MOUNTS: this.#cgroups.mounts,
      },
    });
    closeSync(console);
    this.#launcher = launcher;
    const deadline = Date.now() + bootMs;
    while (!(await this.#booted(launcher))) {
      if (launcher.exitCode === null && launcher.signalCode === null && Date.now() < deadline) {
        await sleep(20);
        continue;
      }
      const said = readFileSync(join(this.directory, 'console.log'), 'utf8').slice(-2_000);
      await this.kill();
      throw new NodeError(`node ${this.#id} did not boot; its console shows:\n${said}`);
    }
  }

  async #booted(launcher: ChildProcess): Promise<boolean> {
    if (launcher.pid === undefined) return false;
    const [child] = read(`/proc/${launcher.pid}/task/${launcher.pid}/children`).split(' ');
    // Before systemd runs, the namespaces still show the host's own files.
    if (child === undefined || child === '' || read(`/proc/${child}/comm`).trim() !== 'systemd') return false;
    this.#init = Number(child);
    const { stdout } = await this.execute(['systemctl', 'is-system-running', '--wait']);
    return /^(running|degraded)$/m.test(stdout);
  }

  /**
   * Runs a command in the node as root, in the same environment as the SSM agent.
   *
   * @throws NodeError if the node is off
   */
  async execute(
    argv: readonly string[],
    options: ExecutionOptions & { readonly environment?: Readonly<Record<string, string>> } = {},
  ): Promise<Ended> {
    if (this.#init === 0) throw new NodeError(`node ${this.#id} is off`);
    const own = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd'];
    const way = ['nsenter', '--target', String(this.#init), ...namespaces, '--', 'env', '-i', ...environment];
    const join = this.#cgroups.agentEntrances.map((file) => `echo $$ >'${file}'`).join(' && ');
    return execute(['sh', '-c', `${join} && exec "$@"`, 'sh', ...way, ...own, ...argv], options);
  }

  /** Switches the node off cleanly: systemd stops every service. */
  async stop(): Promise<void> {
    const launcher = this.#launcher;
    if (launcher === undefined) return;
    // systemd's own signal for "halt now", 34 + 4.
    if (this.#init !== 0) signal(this.#init, 38);
    const deadline = Date.now() + stopMs;
    while (launcher.exitCode === null && launcher.signalCode === null && Date.now() < deadline) await sleep(10);
    await this.kill();
  }

  /** Cuts the power: every process of the node is gone at once. What it wrote stays. */
  async kill(): Promise<void> {
    const launcher = this.#launcher;
    if (launcher === undefined) return;
    if (launcher.exitCode === null && launcher.signalCode === null) {
      const gone = new Promise((resolve) => launcher.once('exit', resolve));
      if (this.#init !== 0) signal(this.#init, 'SIGKILL');
      launcher.kill('SIGKILL');
      await gone;
    }
    this.#launcher = undefined;
    this.#init = 0;
    await this.#cgroups.remove();
  }

  /** Switches the node off and deletes its files. */
  async destroy(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function signal(pid: number, name: NodeJS.Signals | number): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It is gone already, as intended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
