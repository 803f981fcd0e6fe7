import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Ended, Script } from '../../local-aws/agent.ts';
import type { Boot, RuntimeHandler } from '../../local-kubernetes/node-machine.ts';
import type { MachineFault } from './faults.ts';
import { type Machine, usualKernel } from './machine.ts';
import { answerInventory } from './modelled-inventory.ts';

/** What one script did on the simulated machine, without what differs between machines. */
const AnswerSchema = v.strictObject({
  verb: v.picklist(['install', 'prove']),
  exitCode: v.number(),
  /** The result line, with placeholders for version, checksum and boot id; empty if there was none. */
  stdout: v.string(),
  /** The log, without timestamps. */
  stderr: v.string(),
  /** How often the script restarted containerd. */
  restarts: v.number(),
  /** The handlers that containerd had loaded after the script. */
  handlers: v.array(v.string()),
  durationMs: v.number(),
});

const RecordingsSchema = v.strictObject({
  /** The scripts that ran on each machine, in this order. */
  script: v.array(v.picklist(['install', 'prove'])),
  /** The recorded machine's own description. */
  machine: v.string(),
  /**
   * By fault; `none` for a machine without one, `unpinned` for a version that the document does not pin, `switched` for
   * a machine that has another version, `switch-fails` for one that has another version if the new one fails its proof,
   * and the same for Kata.
   */
  answers: v.record(v.string(), v.array(AnswerSchema)),
});

/** One recorded run of one script. */
export type Answer = v.InferOutput<typeof AnswerSchema>;
/** Everything that was recorded. */
export type Recordings = v.InferOutput<typeof RecordingsSchema>;

/** The placeholders in a recorded result line. */
export const marks = { version: '<version>', sha256: '<sha256>', bootId: '<boot id>' } as const;

/** The recordings; `npm run record:machines` makes them again. */
export const recordingsFile = new URL('recordings.json', import.meta.url);

let read: Recordings | undefined;

/** The recordings in this repository. */
export function recordings(): Recordings {
  read ??= v.parse(RecordingsSchema, JSON.parse(readFileSync(recordingsFile, 'utf8')));
  return read;
}

/** The runtimes that were recorded, each with the prefix of its recordings. */
const prefixes: Readonly<Record<string, string>> = { gvisor: '', kata: 'kata-' };

/**
 * A machine that runs nothing: it answers Airlock's scripts as the simulated machine did when it was recorded. It costs
 * no processor time, so thousands of nodes fit into one process. It refuses anything that was not recorded.
 */
export class ModelledMachine implements Machine {
  readonly kind = 'modelled';
  readonly description = `modelled (answers recorded from: ${recordings().machine})`;
  readonly #fault: MachineFault | undefined;
  readonly #isBad: (version: string) => boolean;
  #bootId = randomUUID();
  #kernel = usualKernel;
  /** How often each recording answered an installation of a version. */
  readonly #installs = new Map<string, number>();
  #version: string | undefined;
  #restarts = 0;
  #handlers: readonly string[] = ['runc'];

  /**
   * @param isBad whether a version fails its proof on this machine
   * @throws Error if more than one fault is given: each was recorded by itself
   */
  constructor(faults: readonly MachineFault[] = [], isBad: (version: string) => boolean = () => false) {
    if (faults.length > 1)
      throw new Error(
        `a modelled machine has at most one fault, not ${faults.join(' and ')}: each was recorded by itself`,
      );
    [this.#fault] = faults;
    this.#isBad = isBad;
  }

  /** The version that the machine has; undefined if it has none. */
  get version(): string | undefined {
    return this.#version;
  }

  async run({ text, environment }: Script): Promise<Ended> {
    const inventory = answerInventory(text, this.#version);
    if (inventory !== undefined) return inventory;
    const [, verb, runtime = ''] = /^verb=(install|prove) runtime=(\w+) /m.exec(text) ?? [];
    const prefix = prefixes[runtime];
    if ((verb !== 'install' && verb !== 'prove') || prefix === undefined) {
      throw new Error(
        'a modelled machine answers only the documents install and prove of gVisor and Kata, and inventory; use a simulated machine',
      );
    }
    const version = environment['SSM_Version'] ?? '';
    const sha256 = pinned(text, version);
    if (this.#fault !== undefined && this.#isOther(version))
      throw new Error(`no change of version was recorded for a machine with the fault ${this.#fault}`);
    const answer = this.#answer(verb, prefix, sha256 !== undefined, version);
    const { stdout, stderr, exitCode } = answer;
    const durationMs = answer.durationMs + this.#waitedMs(verb, Number(environment['SSM_Seconds'] ?? 900));
    const line = stdout
      .replaceAll(marks.version, version)
      .replaceAll(marks.sha256, sha256 ?? '')
      .replaceAll(marks.bootId, this.#bootId)
      .replace(/"kernel":"[^"]*"/, `"kernel":"${this.#kernel}"`);
    return { exitCode, timedOut: false, stdout: line, stderr, durationMs };
  }

  async handlers(): Promise<readonly RuntimeHandler[]> {
    return this.#handlers.map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: name === 'runc', userNamespaces: name === 'runc' },
    }));
  }

  async boot(): Promise<Boot> {
    return { bootId: this.#bootId, kernel: this.#kernel };
  }

  async destroy(): Promise<void> {}

  /** Boots the machine again, with another kernel if one is named. */
  reboot(kernel = this.#kernel): void {
    this.#bootId = randomUUID();
    this.#kernel = kernel;
  }

  /**
   * Simulates a person who removes the runtime and restarts containerd: the machine answers as it did before any
   * installation.
   */
  loseRuntime(): void {
    this.#installs.clear();
    this.#version = undefined;
    this.#handlers = ['runc'];
  }

  /** How often containerd was restarted since the machine was made. */
  restarts(): number {
    return this.#restarts;
  }

  /** The wait for a kubelet that never starts: until 90 s are left, or half of the time. The recording omits it. */
  #waitedMs(verb: Answer['verb'], seconds: number): number {
    return this.#fault === 'kubelet-dead' && verb === 'install' ? Math.max(seconds - 90, seconds / 2) * 1_000 : 0;
  }

  /** Whether the machine has another version. */
  #isOther(version: string): boolean {
    return this.#version !== undefined && this.#version !== version;
  }

  #answer(verb: Answer['verb'], prefix: string, isPinned: boolean, version: string): Answer {
    const isSwitch = isPinned && this.#isOther(version);
    const name = this.#nameOf(prefix, isPinned, isSwitch, version);
    const answers = recordings().answers[name] ?? [];
    const installs = answers.filter((one) => one.verb === 'install');
    const proofs = answers.filter((one) => one.verb === 'prove');
    // Before the first installation, after it, and so on; the last recording repeats.
    const known = verb === 'install' ? installs : proofs;
    const key = `${name} ${version}`;
    const times = this.#installs.get(key) ?? 0;
    // A version that was installed is switched to like the first time; one that failed is found fetched.
    const again = isSwitch && !this.#isBad(version) ? 0 : times;
    const answer = known[Math.min(this.#version === version ? Math.max(1, times) : again, known.length - 1)];
    if (answer === undefined) throw new Error(`nothing was recorded for a machine with the fault ${name}`);
    if (verb === 'install') {
      this.#restarts += answer.restarts;
      this.#handlers = answer.handlers;
      if (answer.exitCode === 0) this.#version = version;
      this.#installs.set(key, times + 1);
    }
    return answer;
  }

  /** The recording that answers a request. */
  #nameOf(prefix: string, isPinned: boolean, isSwitch: boolean, version: string): string {
    if (!isPinned) return 'unpinned';
    if (isSwitch) return `${prefix}${this.#isBad(version) ? 'switch-fails' : 'switched'}`;
    if (prefix === '') return this.#fault ?? (this.#isBad(version) ? 'not-sandboxed' : 'none');
    return this.#isBad(version) ? `${prefix}fails` : 'kata';
  }
}

/** The checksum that a script pins for a version on the recording's architecture, or undefined. */
function pinned(text: string, version: string): string | undefined {
  const at = text.indexOf(`\n    ${version}/x86_64)\n`);
  return at < 0 ? undefined : /artifact_sha256=([0-9a-f]{64})/.exec(text.slice(at, at + 1_000))?.[1];
}
