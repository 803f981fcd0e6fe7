import { type Machine, ModelledMachine } from '../../packages/lab/machines.ts';
import type { Ended, Script } from '../../packages/local-aws/agent.ts';

/** Called before a script changes a machine's version. */
export type BeforeSwitch = (from: string | undefined, to: string) => void;

/** A modelled machine that knows what was proven on it. */
export class MonthMachine implements Machine {
  readonly kind = 'modelled';
  readonly description: string;
  /** The version with which a sandbox was last proven there. */
  proven: string | undefined;
  beforeSwitch: BeforeSwitch = () => {};
  readonly #machine: ModelledMachine;
  readonly #slowerMs: () => number;

  /**
   * @param bad the versions whose proof fails
   * @param slowerMs how much longer than the recording a script takes, in milliseconds
   */
  constructor(bad: readonly string[], slowerMs: () => number) {
    this.#machine = new ModelledMachine([], (version) => bad.includes(version));
    this.description = this.#machine.description;
    this.#slowerMs = slowerMs;
  }

  /** The version on its disk; absent before the first installation. */
  get version(): string | undefined {
    return this.#machine.version;
  }

  async run(script: Script): Promise<Ended> {
    const asked = script.environment['SSM_Version'] ?? '';
    if (/^verb=install /m.test(script.text) && asked !== this.version) this.beforeSwitch(this.version, asked);
    const ended = await this.#machine.run(script);
    if (ended.exitCode === 0) this.proven = asked;
    return { ...ended, durationMs: ended.durationMs + this.#slowerMs() };
  }

  handlers() {
    return this.#machine.handlers();
  }

  boot() {
    return this.#machine.boot();
  }

  async destroy(): Promise<void> {}
}
