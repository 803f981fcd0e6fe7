import type { Played } from './play.ts';

/** How often a line of progress is written, in milliseconds. */
const everyMs = 5_000;

/** Reports the progress of a session on the standard error output. */
export class Progress {
  nodes = 0;
  #runs = 0;
  #violations = 0;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;

  /** @param total how many runs there will be */
  constructor(total: number) {
    this.#timer = setInterval(() => {
      process.stderr.write(
        `${this.#runs} of ${total} runs, ${this.nodes} nodes, ${this.#violations} violations, ${this.seconds} s\n`,
      );
    }, everyMs);
  }

  /** Seconds since the beginning. */
  get seconds(): number {
    return Math.round((performance.now() - this.#began) / 1_000);
  }

  count({ draw, violations }: Played): void {
    this.#runs++;
    this.nodes += draw.nodes;
    this.#violations += violations.length;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
