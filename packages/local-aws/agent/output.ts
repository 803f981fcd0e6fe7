/** The longest stdout, and the longest stderr, that GetCommandInvocation shows, in bytes. */
const longestStream = 24_000;

/** The longest combined output of a plugin, which ListCommandInvocations shows, in bytes. */
const longestOutput = 2_500;

const cut = '--output truncated--';
const outputCut = Buffer.from('\n---Output truncated---');
const errorCut = Buffer.from('\n---Error truncated----');
const title = Buffer.from('\n----------ERROR-------\n');

/** Cuts one stream like the agent. */
export function cutStream(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= longestStream ? text : bytes.subarray(0, longestStream - cut.length).toString() + cut;
}

/**
 * Combines both streams into the output that a listing of invocations shows, by the rule of `TruncateOutput` in the
 * agent's agent/framework/processor/executer/iohandler/iohandler.go: it counts bytes, and if both streams are longer
 * than half of the room, each keeps a half, whatever it contains.
 */
export function combine(stdout: string, stderr: string): string {
  const out = Buffer.from(stdout);
  const error = Buffer.from(stderr);
  const head = error.length === 0 ? Buffer.alloc(0) : title;
  const room = longestOutput - head.length;
  const joined = (...parts: readonly Buffer[]) => Buffer.concat(parts).toString();
  if (out.length + error.length < room) return joined(out, head, error);
  if (out.length > room / 2 && error.length > room / 2) {
    const half = Math.floor((room - outputCut.length - errorCut.length) / 2);
    return joined(out.subarray(0, half), outputCut, head, error.subarray(0, half), errorCut);
  }
  if (out.length < Math.floor(room / 2)) {
    return joined(out, head, error.subarray(0, room - errorCut.length - out.length), errorCut);
  }
  return joined(out.subarray(0, Math.max(0, room - outputCut.length - error.length)), outputCut, head, error);
}
