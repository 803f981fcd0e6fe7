import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Draw } from './draw.ts';
import type { Played } from './play.ts';

/**
 * How long a run may take on the machine's own clock, and how much longer for each of its nodes, in milliseconds; one
 * that takes longer loops.
 */
const longestMs = 180_000;
const longestNodeMs = 5_000;

/** How many times as long a rollout may take: it lasts for hours of virtual time, and has many reconcile passes. */
const rolloutFactor = 3;

/** Plays runs in some processes at once. */
export class Players {
  readonly #assembly: string;
  readonly #count: number;

  /** @param count how many processes */
  constructor(assembly: string, count: number) {
    this.#assembly = assembly;
    this.#count = count;
  }

  /**
   * Plays all runs, in the given order as far as there are processes.
   *
   * @param done called with each run as it ends; false ends the session early
   */
  async play(draws: Iterable<Draw>, done: (played: Played) => boolean): Promise<void> {
    const left = draws[Symbol.iterator]();
    let going = true;
    const lane = async () => {
      let player: ChildProcess | undefined;
      try {
        while (going) {
          const { value: draw, done: empty } = left.next();
          if (empty) return;
          player ??= this.#start();
          const played = await ask(player, draw);
          if (player.exitCode !== null || player.killed || !player.connected) player = undefined;
          if (!done(played)) going = false;
        }
      } finally {
        player?.disconnect();
      }
    };
    await Promise.all(Array.from({ length: this.#count }, lane));
  }

  #start(): ChildProcess {
    // Most of a run's memory soon becomes garbage: a large nursery saves half of the collector's work.
    const execArgv = ['--max-semi-space-size=64', '--max-old-space-size=4096', '--no-warnings'];
    return fork(join(import.meta.dirname, 'worker.ts'), [this.#assembly], {
      execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }
}

function ask(player: ChildProcess, draw: Draw): Promise<Played> {
  return new Promise((resolve) => {
    const end = (played: Played) => {
      clearTimeout(timer);
      player.removeAllListeners();
      resolve(played);
    };
    const failed = (said: string) => end({ draw, outcomes: {}, violations: [said], worstMs: 0, wallMs: 0 });
    const limit = (longestMs + draw.nodes * longestNodeMs) * (draw.rollout === undefined ? 1 : rolloutFactor);
    const timer = setTimeout(() => {
      player.kill('SIGKILL');
      failed(`the run broke: it took longer than ${limit / 1_000} s`);
    }, limit);
    player.once('message', (played) => end(played as Played));
    player.once('exit', (code) => failed(`the run broke: its process ended with ${code}`));
    player.send(draw);
  });
}
