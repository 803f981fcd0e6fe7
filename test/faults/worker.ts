// Plays the runs that the parent process asks for, one at a time.
import type { Draw } from './draw.ts';
import { type Played, play } from './play.ts';

const [assembly = ''] = process.argv.slice(2);
let current: Draw | undefined;

/** An error that no one caught is a fault of the run that is under way, and this process is not to be trusted after it. */
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
// A terminal tells every process of the session; the parent ends it once the runs that are under way are over.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
