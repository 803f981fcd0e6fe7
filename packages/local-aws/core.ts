import type { Clock } from './clock.ts';
import type { Aws, Environment } from './gateway/service.ts';
import type { Identities } from './iam/identities.ts';
import type { Functions } from './lambda/functions.ts';
import type { Vpcs } from './network/vpcs.ts';
import type { Part } from './part.ts';

/** What all services of one local cloud share. It exists before the first resource is created. */
export interface Core {
  readonly env: Environment;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly iam: Identities;
  readonly lambda: Functions;
  readonly networks: Vpcs;
}

/** Creates a part for one cloud. */
export type PartMaker = (core: Core) => Part;
