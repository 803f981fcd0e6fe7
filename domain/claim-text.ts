import * as v from 'valibot';
import { redact } from './redact.ts';

/** The maximum length of a text that Airlock copies from a node, a cluster or a tag, in characters. */
export const claimLimit = 1_000;

/** How much of a text is read at all, in characters. */
const readLimit = 20_000;

/**
 * Makes text from a node, a cluster or a tag safe to show: printable ASCII of a limited length. Line breaks and tabs
 * become spaces. Every other character becomes `?`, for example one that controls a terminal or changes the direction
 * of writing. What has the form of a secret is masked. The result is for people and is never parsed. Text that is safe
 * already stays as it is.
 *
 * @param limit the maximum length of the result
 */
export function claimText(text: string, limit = claimLimit): string {
  const head = text
    .slice(0, readLimit)
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/[^ -~]/g, '?');
  // A secret that is cut has no form any more.
  const safe = redact(head);
  return safe.length > limit ? `${safe.slice(0, Math.max(0, limit - 3))}...`.slice(0, limit) : safe;
}

/** A field whose text is a claim: see {@link claimText}. */
export function claim(limit = claimLimit) {
  return v.pipe(
    v.string(),
    v.transform((text) => claimText(text, limit)),
  );
}
