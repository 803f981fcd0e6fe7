/** The length in bytes from which a stream is cut: the agent keeps one byte less. */
const longestStream = 24_000;

/** The longest combined output of a plugin, which ListCommandInvocations shows, in bytes. */
const longestOutput = 2_500;

const cut = '--output truncated--';
const outputCut = '\n---Output truncated---';
const errorCut = '\n---Error truncated----';
const title = '\n----------ERROR-------\n';

/** Cuts one stream like `StringPrefix` of the agent's agent/plugins/pluginutil/pluginutil.go. */
export function cutStream(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length < longestStream ? text : shown(bytes.subarray(0, longestStream - cut.length)) + cut;
}

/**
 * Combines both streams into the output that a listing of invocations shows, by the rule of `TruncateOutput` in the
 * agent's agent/framework/processor/executer/iohandler/iohandler.go: it counts bytes, and if both streams are longer
 * than half of the room, each keeps a half, whatever it contains.
 */
export function combine(stdout: string, stderr: string): string {
  const out = Buffer.from(stdout);
  const error = Buffer.from(stderr);
  const head = error.length === 0 ? '' : title;
  const room = longestOutput - head.length;
  const half = Math.floor(room / 2);
  if (out.length + error.length < room) return `${stdout}${head}${stderr}`;
  if (out.length > half && error.length > half) {
    const kept = Math.floor((room - outputCut.length - errorCut.length) / 2);
    return shown(out.subarray(0, kept)) + outputCut + head + shown(error.subarray(0, kept)) + errorCut;
  }
  if (out.length <= half) {
    return stdout + head + shown(error.subarray(0, room - errorCut.length - out.length)) + errorCut;
  }
  return shown(out.subarray(0, room - outputCut.length - error.length)) + outputCut + head + stderr;
}

/** Bytes as Go writes them into JSON: each byte of a character that was cut is a replacement character. */
function shown(bytes: Buffer): string {
  const lead = bytes.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0);
  const size = [0xf0, 0xe0, 0xc0].findIndex((least) => (bytes[lead] ?? 0) >= least);
  const rest = bytes.length - lead;
  const isWhole = size === -1 || rest === 4 - size;
  return isWhole ? bytes.toString() : bytes.subarray(0, lead).toString() + '\ufffd'.repeat(rest);
}
