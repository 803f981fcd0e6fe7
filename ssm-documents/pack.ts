import { gunzipSync, gzipSync } from 'node:zlib';

const before = `# --- the shell that the verb below calls, packed; base64 -d | gzip -d shows it ---
unpacked=$(base64 -d <<'END' | gzip -d
`;
const after = `
END
)
eval "$unpacked"`;

/**
 * Packs shell that defines functions and variables into equivalent shell of less than half the length, because SSM
 * limits a document to 64 KB.
 *
 * @returns the same text on every machine with the same zlib
 */
export function packShell(text: string): string {
  const packed = gzipSync(text, { level: 9 });
  // The header's byte for the operating system would make the document differ between machines.
  packed[9] = 255;
  return `${before}${packed.toString('base64')}${after}`;
}

/** Replaces the packed shell of {@link packShell} in a script by the original. Any other text stays as it is. */
export function unpackShell(script: string): string {
  const [start, end] = [script.indexOf(before), script.indexOf(after)];
  if (start < 0 || end < 0) return script;
  const packed = Buffer.from(script.slice(start + before.length, end), 'base64');
  return script.slice(0, start) + gunzipSync(packed).toString('utf8') + script.slice(end + after.length);
}
