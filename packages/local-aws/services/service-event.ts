/** An AWS service's event for the default bus, before the bus adds an id, an account and a region. */
export interface ServiceEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Puts a service's event on the default bus. */
export type Emit = (event: ServiceEvent) => void;
