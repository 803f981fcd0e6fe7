import type { Service } from './gateway/service.ts';
import type { ResourceType } from './template/resource.ts';

/** One or more services, with the resource types that create their resources. */
export interface Part {
  readonly services?: readonly Service[];
  readonly resourceTypes?: readonly ResourceType[];
  /** Ends what is running in the part, for instance pollers. */
  stop?(): void | Promise<void>;
}
