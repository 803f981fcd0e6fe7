import { FaultyMachine, type Machine } from '../../packages/lab/machines.ts';
import type { Clock } from '../../packages/local-aws/clock.ts';

/** One script that ran on a machine, as the machine saw it. */
export interface MachineRun {
  readonly verb: string;
  readonly commandId: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Whether a sandbox was started there and proven to be one. */
  readonly proven: boolean;
}

/** A machine on whose answers faults can be planted, and that records what ran on it. */
export class WatchedMachine extends FaultyMachine {
  readonly runs: MachineRun[] = [];

  constructor(machine: Machine, clock: Clock) {
    super(machine);
    this.onRun = ({ text, environment }) => {
      const from = clock.now();
      return (ended, shown) =>
        this.runs.push({
          verb: /^verb=(\w+) /m.exec(text)?.[1] ?? '',
          commandId: environment['SSM_COMMAND_ID'] ?? '',
          from,
          to: from + shown.durationMs,
          proven: ended.exitCode === 0 && /"outcome":"(installed|already-installed|proven)"/.test(ended.stdout),
        });
    };
  }
}
