import type { Clock } from '../clock.ts';
import type { Authorization, Aws, Environment, Principal } from '../gateway/service.ts';
import type { WireRequest, WireResponse } from '../gateway/wire.ts';
import type { Identities } from '../iam/identities.ts';
import type { Vpcs } from '../network/vpcs.ts';

/** Where Lambda writes what a function logs. */
export interface LogWriter {
  /** Writes a line past IAM; the group and the stream come into being. */
  append(group: string, stream: string, message: string): void;
  /** The right to an action on a stream of a group, for instance `PutLogEvents`. */
  authorization(action: string, group: string, stream: string, principal: Principal): Authorization;
}

/** What Lambda needs from the cloud around it. */
export interface LambdaHost {
  readonly clock: Clock;
  readonly env: Environment;
  readonly iam: Pick<Identities, 'deny' | 'hasRole' | 'issue' | 'roleSession'>;
  readonly logs: LogWriter;
  readonly aws: Aws;
  readonly networks: Pick<Vpcs, 'reaches'>;
  /** Whether the cloud answers requests to a host that is not AWS's. */
  serves(host: string): boolean;
  /** Answers a request to an AWS host, or to one that it serves. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** A new request id. */
  ids(): string;
}

/** What code in an execution environment may use. */
export interface Host {
  readonly clock: Clock;
  readonly alive: boolean;
  /**
   * Resolves when the environment is not frozen: between invocations nothing in it runs. Never resolves once it is
   * dead.
   */
  thawed(): Promise<void>;
  /** Holds the clock until released, or until the environment dies. */
  hold(): () => void;
  /** Calls `end` when the environment dies; returns a function that cancels this. */
  onDeath(end: () => void): () => void;
  /** Whether a connection to a host's port gets through from the function's network. */
  reaches(host: string, port: number): boolean;
  /** Whether the cloud answers requests to a host that is not AWS's. */
  serves(host: string): boolean;
  /** Answers a request to an AWS host, or to one that the cloud serves; never resolves if it kills the caller. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** Called for an uncaught error: the runtime's process ends. */
  uncaught(error: unknown): void;
  exit(code: number): void;
  /** Writes one message, of one or more lines, to the function's log. */
  log(message: string): void;
}
