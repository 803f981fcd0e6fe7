import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Reply } from '../server/front.ts';
import type { WatchEvent } from '../server/watch.ts';

/** Whether a path requests a watch. */
export function asksForWatch(path: string): boolean {
  return /[?&]watch=(true|1)(&|$)/.test(path);
}

/**
 * Forwards a real API server's answer to a watch: each event as it arrives, and an answer that is not a stream as a
 * whole.
 */
export async function forwardWatch(response: IncomingMessage): Promise<Reply> {
  if (response.statusCode !== 200) return { code: response.statusCode ?? 500, body: await text(response) };
  return {
    code: 200,
    stream(sink) {
      const lines = createInterface({ input: response });
      lines.on('line', (line) => sink.send(JSON.parse(line) as WatchEvent));
      lines.on('close', () => sink.end());
      response.on('error', () => sink.end());
      return () => void response.destroy();
    },
  };
}
