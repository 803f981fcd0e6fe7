import type { Aws, AwsError, Place, Principal, Service } from './aws/service.ts';
import type { Clock } from './clock.ts';
import type { Iam } from './iam/iam.ts';
import type { Lambda } from './lambda/lambda.ts';
import type { Networks } from './network/networks.ts';
import type { Logs } from './services/logs.ts';
import type { ResourceType } from './template/resource.ts';

/** What every service of one local cloud shares. It is there before the first resource is made. */
export interface Core {
  readonly place: Place;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly networks: Networks;
}

/** One or more services with the resource types that make their resources. */
export interface Part {
  readonly services?: readonly Service[];
  readonly resourceTypes?: readonly ResourceType[];
  /** Ends what the part has running, pollers for instance. */
  stop?(): void | Promise<void>;
}

/** Makes a part for one cloud. */
export type PartMaker = (core: Core) => Part;

/** A fault that a test plants: an error that the service answers, or the death of the function that called. */
type Fault = AwsError | 'crash' | 'out-of-memory' | undefined;

/** One call as the journal and the faults see it. */
export interface ObservedCall {
  readonly principal: Principal;
  /** The signing name, for instance `ssm`. */
  readonly service: string;
  /** For instance `SendCommand`. */
  readonly operation: string;
  readonly input: unknown;
}

/** Where tests plant faults. */
export interface Faults {
  /** Asked after the schema and IAM let a call pass, before it takes effect. */
  beforeCall?(call: ObservedCall): Fault | Promise<Fault>;
  /** Asked after the call took effect, before the caller learns of it. */
  afterCall?(call: ObservedCall & { readonly output: unknown }): Fault | Promise<Fault>;
}

/** One entry of the journal: a call that reached the cloud, and the error that it got, if any. */
export interface JournalEntry extends ObservedCall {
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly at: number;
  /** The code of the error that the caller got. */
  readonly error?: string;
}
