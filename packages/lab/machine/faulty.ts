import type { Ended, Script } from '../../local-aws/agent.ts';
import type { Boot } from '../../local-kubernetes/node-machine.ts';
import type { Machine } from './machine.ts';

/** A machine that can be booted again while it runs. */
type Rebootable = Machine & { reboot?(kernel?: string): unknown; loseRuntime?(): void };

/** A machine on whose answers faults can be planted. */
export class FaultyMachine implements Machine {
  readonly kind;
  readonly description;
  readonly boot?: () => Promise<Boot>;
  /** Changes what the agent receives of a run. */
  tamper: (ended: Ended) => Ended = (ended) => ended;
  /** How much longer than the machine needs each run takes, in milliseconds. */
  slowerMs = 0;
  /**
   * Called when a script begins; what it returns is called with what the machine answered and what the agent receives.
   */
  onRun: (script: Script) => (ended: Ended, shown: Ended) => void = () => () => {};
  readonly #machine: Rebootable;

  constructor(machine: Rebootable) {
    this.kind = machine.kind;
    this.description = machine.description;
    this.#machine = machine;
    if (machine.boot !== undefined) this.boot = machine.boot.bind(machine);
  }

  async run(script: Script): Promise<Ended> {
    const end = this.onRun(script);
    const ended = await this.#machine.run(script);
    const shown = this.tamper({ ...ended, durationMs: ended.durationMs + this.slowerMs });
    end(ended, shown);
    return shown;
  }

  handlers() {
    return this.#machine.handlers();
  }

  /** Boots the machine again, with another kernel if one is named. Throws if it cannot be booted. */
  reboot(kernel?: string): void {
    if (this.#machine.reboot === undefined)
      throw new Error(`a machine that is ${this.kind} cannot be booted again here`);
    this.#machine.reboot(kernel);
  }

  /** Takes the runtime away. Throws if the machine has no way to lose it. */
  loseRuntime(): void {
    if (this.#machine.loseRuntime === undefined)
      throw new Error(`a machine that is ${this.kind} loses no runtime here`);
    this.#machine.loseRuntime();
  }

  destroy(): Promise<void> {
    return this.#machine.destroy();
  }
}
