import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** JSON up to this length stays as it is, for people who read it in a console. */
const readable = 1_000;

/** Writes a value for a function's environment variable: as JSON, or compressed and in base64 if it is long. */
export function pack(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= readable ? text : deflateRawSync(text, { level: 9 }).toString('base64');
}

/** Reads what {@link pack} wrote. @throws SyntaxError or zlib's error for any other text */
export function unpack(text: string): unknown {
  // Base64 has no brace.
  if (text.startsWith('{') || text.startsWith('[')) return JSON.parse(text);
  return JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString('utf8'));
}
