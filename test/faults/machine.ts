import { FaultyMachine, type ModelledMachine } from '../../packages/lab/machines.ts';
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
  /** The version that the command asked for. */
  readonly version: string;
  /** The versions that the machine had before and after. */
  readonly had: string | undefined;
  readonly has: string | undefined;
  /** Whether the Node took pods when the command began. */
  readonly wasOpen: boolean;
}

/** A machine on whose answers faults can be planted, and that records what ran on it. */
export class WatchedMachine extends FaultyMachine {
  readonly runs: MachineRun[] = [];
  /** Whether the Node of the machine takes pods. */
  isOpen = () => false;
  readonly #modelled: ModelledMachine;

  constructor(machine: ModelledMachine, clock: Clock) {
    super(machine);
    this.#modelled = machine;
    this.onRun = ({ text, environment }) => {
      const from = clock.now();
      const [had, wasOpen] = [machine.version, this.isOpen()];
      return (ended, shown) =>
        this.runs.push({
          verb: /^verb=(\w+) /m.exec(text)?.[1] ?? '',
          commandId: environment['SSM_COMMAND_ID'] ?? '',
          from,
          to: from + shown.durationMs,
          ...{ version: environment['SSM_Version'] ?? '', had, has: machine.version, wasOpen },
          proven: ended.exitCode === 0 && /"outcome":"(installed|already-installed|proven)"/.test(ended.stdout),
        });
    };
  }

  /** The version that the machine has; undefined if it has none. */
  get version(): string | undefined {
    return this.#modelled.version;
  }
}
