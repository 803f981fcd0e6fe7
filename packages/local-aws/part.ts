import type { Service } from './gateway/service.ts';
import type { ResourceType } from './template/resource.ts';

/** One or more services with the resource types that make their resources. */
export interface Part {
  readonly services?: readonly Service[];
  readonly resourceTypes?: readonly ResourceType[];
  /** Ends what the part has running, pollers for instance. */
  stop?(): void | Promise<void>;
}
