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

/** What Lambda needs of the cloud around it. */
export interface LambdaHost {
  readonly clock: Clock;
  readonly env: Environment;
  readonly iam: Pick<Identities, 'deny' | 'hasRole' | 'issue' | 'roleSession'>;
  readonly logs: LogWriter;
  readonly aws: Aws;
  readonly networks: Pick<Vpcs, 'reaches'>;
  /** Answers a request to an AWS host. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** A new request id. */
  ids(): string;
}

/** What code inside an execution environment may ask of it. */
export interface Host {
  readonly clock: Clock;
  readonly alive: boolean;
  /** Resolves when the environment is not frozen: between invocations nothing in it goes on. Never resolves once it is dead. */
  thawed(): Promise<void>;
  /** Holds the clock until released, or until the environment dies. */
  hold(): () => void;
  /** Calls `end` when the environment dies; returns how to forget it. */
  onDeath(end: () => void): () => void;
  /** Whether a connection to this port of a host comes through from where the function stands. */
  reaches(host: string, port: number): boolean;
  /** Answers a request to an AWS host; never resolves if the caller dies of it. */
  handle(request: WireRequest): Promise<WireResponse>;
  /** An error that nothing caught: the runtime's process ends. */
  uncaught(error: unknown): void;
  exit(code: number): void;
  /** One line, or one message of several lines, for the function's log. */
  log(message: string): void;
}
