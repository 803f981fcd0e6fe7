import type { Machine, ModelledMachine } from '../../packages/lab/machines.ts';
import type { Ended, Script } from '../../packages/local-aws/agent.ts';
import type { Clock } from '../../packages/local-aws/clock.ts';

/** One script that ran on a machine, as the machine saw it. */
export interface MachineRun {
  readonly verb: string;
  readonly commandId: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Whether a sandbox was started there and proved to be one. */
  readonly proven: boolean;
}

/** A machine that remembers what ran on it, and on whose answers faults can be planted. */
export class WatchedMachine implements Machine {
  readonly kind = 'modelled';
  readonly description;
  readonly runs: MachineRun[] = [];
  /** Changes what the agent gets to see of a run. */
  tamper: (ended: Ended) => Ended = (ended) => ended;
  /** How much longer than recorded each run takes, in milliseconds. */
  slowerMs = 0;
  readonly #machine: ModelledMachine;
  readonly #clock: Clock;

  constructor(machine: ModelledMachine, clock: Clock) {
    this.description = machine.description;
    this.#machine = machine;
    this.#clock = clock;
  }

  async run(script: Script): Promise<Ended> {
    const from = this.#clock.now();
    const ended = await this.#machine.run(script);
    const shown = this.tamper({ ...ended, durationMs: ended.durationMs + this.slowerMs });
    this.runs.push({
      verb: /^verb=(\w+) /m.exec(script.text)?.[1] ?? '',
      commandId: script.environment['SSM_COMMAND_ID'] ?? '',
      from,
      to: from + shown.durationMs,
      proven: ended.exitCode === 0 && /"outcome":"(installed|already-installed|proven)"/.test(ended.stdout),
    });
    return shown;
  }

  handlers() {
    return this.#machine.handlers();
  }

  boot() {
    return this.#machine.boot();
  }

  /** Boots the machine again, with another kernel if one is named. */
  reboot(kernel?: string): void {
    this.#machine.reboot(kernel);
  }

  /** Someone takes the runtime away. */
  loseRuntime(): void {
    this.#machine.loseRuntime();
  }

  destroy(): Promise<void> {
    return this.#machine.destroy();
  }
}
