import * as v from 'valibot';

/** The longest text that Airlock takes over from a node, a cluster or a tag, in characters. */
export const claimLimit = 1_000;

/**
 * Text that a node, a cluster or a tag wrote, fit to stand in a text of ours: printable ASCII, and cut to a length. Line breaks and tabs become
 * spaces; every other character, such as one that controls a terminal or turns the direction of writing, becomes `?`. The result is for people, and
 * is never parsed. A text that is fit already stays as it is.
 *
 * @param limit the most characters of the result
 */
export function claimText(text: string, limit = claimLimit): string {
  const head = text.length > limit ? `${text.slice(0, Math.max(0, limit - 3))}...`.slice(0, limit) : text;
  return head.replaceAll(/[\t\n\r]/g, ' ').replaceAll(/[^ -~]/g, '?');
}

/** A field whose text is a claim: see {@link claimText}. */
export function claim(limit = claimLimit) {
  return v.pipe(
    v.string(),
    v.transform((text) => claimText(text, limit)),
  );
}
