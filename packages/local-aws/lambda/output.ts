import { Writable } from 'node:stream';
import { format } from 'node:util';
import { type LogSettings, logLevels } from './function.ts';
import type { Host } from './host.ts';

/** Console levels, as the runtime writes them. */
const levels = { debug: 'DEBUG', error: 'ERROR', info: 'INFO', log: 'INFO', trace: 'TRACE', warn: 'WARN' } as const;

/** A stream whose lines become events in the function's log. */
export function outputStream(host: Host): Writable {
  let rest = '';
  return new Writable({
    decodeStrings: false,
    write: (chunk: unknown, _, done) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') host.log(line);
      done();
    },
  });
}

/**
 * The console of the Node runtime: each call is one event, in the function's log format.
 * Source: Lambda Developer Guide, "Using Lambda advanced logging controls with Node.js".
 *
 * @param requestId the running invocation's id
 */
export function consoleOn(
  host: Host,
  { format: kind, level: least = 'INFO' }: LogSettings,
  requestId: () => string,
): Console {
  const made = Object.entries(levels).map(([method, level]) => {
    const write = (...args: unknown[]) => {
      if (kind === 'JSON' && logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      const timestamp = new Date(host.clock.now()).toISOString();
      const plain = `${timestamp}\t${requestId()}\t${level}\t${format(...args)}`;
      host.log(kind === 'Text' ? plain : json(timestamp, requestId(), level, args));
    };
    return [method, write] as const;
  });
  return Object.assign(Object.create(console) as Console, Object.fromEntries(made));
}

function json(timestamp: string, requestId: string, level: string, args: readonly unknown[]): string {
  const [first, ...rest] = args;
  const structured = typeof first === 'object' && first !== null && !(first instanceof Error) && rest.length === 0;
  const error = args.find((one) => one instanceof Error);
  const failure =
    error === undefined
      ? {}
      : { errorType: error.name, errorMessage: error.message, stackTrace: (error.stack ?? '').split('\n').slice(1) };
  return JSON.stringify({ timestamp, level, requestId, message: structured ? first : format(...args), ...failure });
}
