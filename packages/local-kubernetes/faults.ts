/** The properties of a request that a fault can select by. */
export interface RequestInfo {
  readonly user: string;
  /** Whether the caller is an AWS role (or has a token that is not accepted), and not a kubelet or an autoscaler. */
  readonly aws: boolean;
  readonly verb: string;
  /** Includes the subresource, for instance `nodes/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string | undefined;
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly now: number;
}

/** The faults of a single request. */
export type Fault =
  /** The server answers with an error and does nothing. */
  | { readonly kind: 'status'; readonly code: 401 | 403 | 410 | 429 | 500 | 503; readonly retryAfterSeconds?: number }
  /**
   * The connection ends: before the request is carried out, after it without an answer, or in the middle of the answer.
   * A watch is answered until its first event, of which nothing or only half arrives.
   */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' | 'mid-answer' }
  /** The answer takes this long in real time: the caller's own connection holds the virtual clock. */
  | { readonly kind: 'delay'; readonly realMs: number }
  /** The server accepts the request and never answers: the caller has to end it. */
  | { readonly kind: 'silence' }
  /** After some time a watch receives an error that its version is too old, or the server ends it. */
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
   * @param meets selects the requests that the fault affects
   * @param times how many of them; by default all
   */
  plant(meets: (request: RequestInfo) => boolean, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#planted.push({ meets, fault, left: times });
  }

  /** Removes all faults. */
  clear(): void {
    this.#planted.length = 0;
  }

  /** Takes the faults that affect this request, in the order in which they were planted. Each use counts. */
  take(request: RequestInfo): readonly Fault[] {
    const hit = this.#planted.filter((planted) => planted.left > 0 && planted.meets(request));
    for (const planted of hit) planted.left--;
    return hit.map((planted) => planted.fault);
  }
}
