import type { Clock } from './clock.ts';
import type { Aws, Environment } from './gateway/service.ts';
import type { Iam } from './iam/iam.ts';
import type { Lambda } from './lambda/lambda.ts';
import type { Networks } from './network/networks.ts';
import type { Part } from './part.ts';
import type { Logs } from './services/logs.ts';

/** What every service of one local cloud shares. It is there before the first resource is made. */
export interface Core {
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly iam: Iam;
  readonly lambda: Lambda;
  readonly logs: Logs;
  readonly networks: Networks;
}

/** Makes a part for one cloud. */
export type PartMaker = (core: Core) => Part;
