/** What a fault can be told to meet. */
export interface RequestInfo {
  readonly user: string;
  /** Whether an AWS role asks (or someone whose token is not taken), and no kubelet or autoscaler. */
  readonly aws: boolean;
  readonly verb: string;
  /** With the subresource, for instance `nodes/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string | undefined;
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly now: number;
}

/** What can go wrong with one request. */
export type Fault =
  /** The server answers with its own error and does nothing. */
  | { readonly kind: 'status'; readonly code: 401 | 403 | 410 | 429 | 500 | 503; readonly retryAfterSeconds?: number }
  /**
   * The connection ends: before the request is carried out, after it without an answer, or in the middle of the answer. A watch is answered until
   * its first event, which does not arrive, or half of it does.
   */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' | 'mid-answer' }
  /** The answer takes this long in real time: the caller's own connection holds the virtual clock. */
  | { readonly kind: 'delay'; readonly realMs: number }
  /** The server takes the request and never answers: the caller has to end it. */
  | { readonly kind: 'silence' }
  /** A watch is told after some time that its version is too old, or the server ends it. */
  | { readonly kind: 'watch-ends'; readonly afterMs: number; readonly how: 'expired' | 'closed' }
  /** Something else happens in the cluster just before the request is carried out. */
  | { readonly kind: 'meanwhile'; readonly run: () => void | Promise<void> };

interface Planted {
  readonly meets: (request: RequestInfo) => boolean;
  readonly fault: Fault;
  left: number;
}

/** The faults that are planted in an API server. */
export class Faults {
  readonly #planted: Planted[] = [];

  /**
   * @param meets which requests the fault hits
   * @param times how many of them; endless by default
   */
  plant(meets: (request: RequestInfo) => boolean, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#planted.push({ meets, fault, left: times });
  }

  /** Heals everything. */
  clear(): void {
    this.#planted.length = 0;
  }

  /** The faults that hit this request, in the order in which they were planted; each is used up by one. */
  take(request: RequestInfo): readonly Fault[] {
    const hit = this.#planted.filter((planted) => planted.left > 0 && planted.meets(request));
    for (const planted of hit) planted.left--;
    return hit.map((planted) => planted.fault);
  }
}
