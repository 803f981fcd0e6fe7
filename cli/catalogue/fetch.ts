import { readFileSync } from 'node:fs';
import { CouldNotLook, UsageError } from '../output/errors.ts';

/** The largest catalogue that is read, in bytes. A document of SSM has room for 64 KB. */
const largest = 1_048_576;

/** How long a download may take, in milliseconds. */
const patienceMs = 30_000;

/**
 * Reads a catalogue from a file or an https address.
 *
 * @throws UsageError for another kind of address; CouldNotLook if it cannot be read or is too large
 */
export async function readSource(from: string, get: typeof fetch = fetch): Promise<Uint8Array> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) {
    if (!from.startsWith('https://')) {
      throw new UsageError(`option '--from' is ${JSON.stringify(from)}; accepted: a file or an https address`);
    }
    return download(from, get);
  }
  try {
    return limitSize(readFileSync(from), from);
  } catch (cause) {
    if (cause instanceof CouldNotLook) throw cause;
    throw new CouldNotLook(`${from}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function download(from: string, get: typeof fetch): Promise<Uint8Array> {
  let answer: Response;
  try {
    answer = await get(from, { signal: AbortSignal.timeout(patienceMs) });
  } catch (cause) {
    throw new CouldNotLook(`${from}: cannot be read: ${reasonOf(cause as Error)}`, { cause });
  }
  if (!answer.ok) throw new CouldNotLook(`${from}: answered ${answer.status}; accepted: 200 with a catalogue`);
  if (!answer.url.startsWith('https://')) {
    throw new CouldNotLook(`${from}: redirects to ${answer.url}; accepted: an https address`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > largest) break;
      parts.push(part);
    }
  } catch (cause) {
    throw new CouldNotLook(`${from}: cannot be read: ${reasonOf(cause as Error)}`, { cause });
  }
  return limitSize({ length: size, bytes: () => Buffer.concat(parts) }, from);
}

function limitSize(found: Uint8Array | { length: number; bytes(): Uint8Array }, from: string): Uint8Array {
  if (found.length > largest) {
    throw new CouldNotLook(`${from}: is larger than ${largest} bytes; accepted: a catalogue of at most that`);
  }
  return found instanceof Uint8Array ? found : found.bytes();
}

/** Node's fetch puts the reason of a failed connection into the cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
