/** What executions share, and what an interpreter works on. */

import type { Clock } from '../../clock.ts';
import type { Aws, Principal } from '../../gateway/service.ts';
import type { Definition } from './definition.ts';
import type { History } from './history.ts';
import type { Jsonata } from './jsonata.ts';
import type { TaskTokens } from './tokens.ts';

/** A deployed state machine. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
  readonly createdAt: Date;
  readonly definitionText: string;
}

/** What executions share. */
export interface Engine {
  readonly clock: Clock;
  readonly aws: Aws;
  readonly jsonata: Jsonata;
  readonly tokens: TaskTokens;
  /** The session of the machine's role with which an execution acts. */
  readonly session: (machine: Machine, executionName: string) => Principal;
  /** Resolves when the account may make another transition. */
  readonly transition: () => Promise<void>;
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number;
}

/** Ends everything that an execution has in progress. */
export class Ended {
  readonly status: 'TIMED_OUT' | 'ABORTED';
  readonly error: string | undefined;
  readonly cause: string | undefined;

  constructor(status: 'TIMED_OUT' | 'ABORTED', error?: string, cause?: string) {
    this.status = status;
    this.error = error;
    this.cause = cause;
  }
}

/** The execution as its interpreter uses it. */
export interface Walked {
  readonly arn: string;
  readonly name: string;
  readonly input: unknown;
  readonly machine: Machine;
  readonly startDate: Date;
  readonly history: History;
  /** States entered and retries: what AWS bills. */
  transitions: number;
  /** The names of the entered states, in order. */
  readonly path: string[];
}
