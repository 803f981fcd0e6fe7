import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { Readable } from 'node:stream';

/** How often an address may lead to another. GitHub's releases do once. */
const mostRedirects = 5;

/** How long a whole download may take, in milliseconds. A gigabyte takes half a minute. */
const downloadMs = 270_000;

/** An answer of a download site. */
export interface Download {
  readonly status: number;
  /** What the site states, in bytes. */
  readonly size: number | undefined;
  readonly body: Readable;
}

/**
 * Asks for a file and follows redirects, by https only.
 *
 * @throws Error if the site does not answer
 */
export async function openDownload(url: string): Promise<Download> {
  const signal = AbortSignal.timeout(downloadMs);
  let at = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await ask(at, signal);
    const { statusCode: status = 0, headers } = answer;
    if (status < 300 || status >= 400 || headers.location === undefined) {
      const stated = headers['content-length'];
      return { status, size: stated === undefined ? undefined : Number(stated), body: answer };
    }
    answer.resume();
    const next = new URL(headers.location, at);
    if (next.protocol !== 'https:') throw new Error(`${at} leads to ${next.protocol}//${next.host}; accepted: https`);
    at = next.href;
  }
  throw new Error(`${url} leads to other addresses over ${mostRedirects} times`);
}

function ask(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { signal, headers: { 'user-agent': 'airlock', 'accept-encoding': 'identity' } }, resolve).on(
      'error',
      reject,
    );
  });
}
