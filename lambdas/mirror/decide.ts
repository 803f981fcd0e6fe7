/** What a site answers before its file arrives. */
export interface SeenAnswer {
  readonly status: number;
  /** In bytes, as the site states it. */
  readonly size: number | undefined;
}

/** What becomes of an answer. */
export type DownloadDecision =
  | { readonly step: 'store'; readonly size: number }
  | { readonly step: 'retry' | 'refuse'; readonly reason: string };

/** The most bytes that S3 takes in one piece. Source: Amazon S3 User Guide, "Uploading objects". */
const mostBytes = 5 * 1_024 ** 3;

/**
 * Decides whether a file is read at all. A length other than the pinned one is refused before a byte of it is.
 *
 * @param pinned the length in the catalogue, if it has one
 */
export function decideDownload({ status, size }: SeenAnswer, pinned: number | undefined): DownloadDecision {
  if (status !== 200) {
    const isPassing = status >= 500 || status === 408 || status === 429;
    return { step: isPassing ? 'retry' : 'refuse', reason: `it answers ${status}` };
  }
  if (size === undefined) return { step: 'refuse', reason: 'it states no length' };
  if (pinned !== undefined && size !== pinned)
    return { step: 'refuse', reason: `the catalogue pins ${pinned} bytes, and it has ${size}` };
  if (size > mostBytes) return { step: 'refuse', reason: `it has ${size} bytes; accepted: ${mostBytes} at most` };
  return { step: 'store', size };
}
