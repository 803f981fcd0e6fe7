// Plays the runs that the parent process requests, one at a time.
import type { Draw } from './draw.ts';
import { type Played, play } from './play.ts';

const [assembly = ''] = process.argv.slice(2);
let current: Draw | undefined;

/** An uncaught error belongs to the current run, and this process is not reliable after it. */
function fall(error: unknown): void {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (current !== undefined) process.send?.(broken(current, said));
  process.exit(1);
}

function broken(draw: Draw, said: string): Played {
  return { draw, outcomes: {}, violations: [`the run broke: ${said}`], worstMs: 0, wallMs: 0 };
}

process.on('uncaughtException', fall);
process.on('unhandledRejection', fall);
process.on('message', (draw: Draw) => {
  current = draw;
  play(assembly, draw).then(
    (played) => process.send?.(played),
    (error: unknown) => fall(error),
  );
});
// A terminal signals every process of the session; the parent ends this one once its current run is over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
