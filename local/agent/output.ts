/** The longest stdout, and the longest stderr, that a plugin keeps, in characters. */
const longestStream = 24_000;

/** The longest combined output of a plugin, which ListCommandInvocations shows. */
const longestOutput = 2_500;

const cut = '--output truncated--';
const outputCut = `\n---Output truncated---`;
const errorCut = `\n---Error truncated----`;
const title = '\n----------ERROR-------\n';

/** Cuts one stream as the agent does. */
export function cutStream(text: string): string {
  return text.length <= longestStream ? text : text.slice(0, longestStream - cut.length) + cut;
}

/** Puts both streams together into what a listing of invocations shows; where they are too long, each gets half. */
export function combine(stdout: string, stderr: string): string {
  const head = stderr === '' ? '' : title;
  const room = longestOutput - head.length;
  if (stdout.length + stderr.length < room) return stdout + head + stderr;
  if (stdout.length > room / 2 && stderr.length > room / 2) {
    const half = Math.floor((room - outputCut.length - errorCut.length) / 2);
    return stdout.slice(0, half) + outputCut + head + stderr.slice(0, half) + errorCut;
  }
  if (stdout.length < room / 2) {
    return stdout + head + stderr.slice(0, room - errorCut.length - stdout.length) + errorCut;
  }
  return stdout.slice(0, room - outputCut.length - stderr.length) + outputCut + head + stderr;
}
