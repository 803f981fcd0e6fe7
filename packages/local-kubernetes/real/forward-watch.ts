import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Reply } from '../server/front.ts';
import type { WatchEvent } from '../server/watch.ts';

/** Whether an address asks for a watch. */
export function asksForWatch(path: string): boolean {
  return /[?&]watch=(true|1)(&|$)/.test(path);
}

/** Hands on what a real API server answers to a watch: each event as it comes, and an answer that is no stream as a whole. */
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
