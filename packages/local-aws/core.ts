import type { Clock } from './clock.ts';
import type { Aws, Environment } from './gateway/service.ts';
import type { Identities } from './iam/identities.ts';
import type { Functions } from './lambda/functions.ts';
import type { Vpcs } from './network/vpcs.ts';
import type { Part } from './part.ts';

/** What every service of one local cloud shares. It is there before the first resource is made. */
export interface Core {
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly iam: Identities;
  readonly lambda: Functions;
  readonly networks: Vpcs;
}

/** Makes a part for one cloud. */
export type PartMaker = (core: Core) => Part;
