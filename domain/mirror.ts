import type { Architecture } from './architectures.ts';

/** The prefix of every key, which rights name. */
export const mirrorPrefix = 'sha256/';

/** The key of a file: its checksum, so that another content has another key. */
export function mirrorKey(sha256: string): string {
  return `${mirrorPrefix}${sha256}`;
}

/** S3's form of a checksum: base64, where catalogues have hexadecimal digits. */
export function toBase64(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('base64');
}

/** A catalogue's form of a checksum that S3 states. */
export function toHex(sha256: string): string {
  return Buffer.from(sha256, 'base64').toString('hex');
}

/** How long a session of the role that signs addresses lasts, in seconds. A role that assumes a role gets no more. */
export const readerSessionSeconds = 3_600;

/**
 * What is left of a session when it is used for the last time, in seconds: a call and the clocks of two machines take
 * some of it.
 */
const sessionReserve = 300;

/**
 * How long a signed address holds, in seconds: until the node's time is up, delivery included. S3 looks at the start of
 * a request only. A node with more than 55 minutes left has to begin its download within them.
 *
 * @param seconds what the document gets as the time left
 * @param deliverySeconds how long SSM may take to deliver the command
 */
export function sourceLifeSeconds(seconds: number, deliverySeconds: number): number {
  return Math.min(seconds + deliverySeconds, readerSessionSeconds - sessionReserve);
}

/**
 * The document's parameter with the address for each architecture. Names of parameters have letters and digits only.
 */
export const sourceParameters = { x86_64: 'SourceX8664', aarch64: 'SourceAarch64' } as const satisfies Readonly<
  Record<Architecture, string>
>;

/**
 * The most that the values of these parameters take, in bytes. A session's token has no documented limit; AWS's are
 * about 1,000 bytes long.
 */
export const sourceBytes = 2 * 4_096;

/**
 * What an address looks like: a file of the mirror, with S3's signature in the query. The agent compiles it with Go's
 * package regexp, which repeats at most 1,000 times: https://github.com/google/re2/wiki/Syntax
 */
export const sourceForm = '^(https://[a-z0-9.-]{3,200}/sha256/[0-9a-f]{64}\\?[A-Za-z0-9%&=._~-]+)?$';
