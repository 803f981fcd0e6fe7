/** One piece of a stream in transit, with a callback for its arrival. */
interface Piece {
  /** Its end, in bytes from the beginning. */
  readonly upTo: number;
  readonly arrived: () => void;
}

interface Open {
  sent: number;
  received: number;
  pieces: Piece[];
}

/**
 * Answers that stay open, between a server and a client in this process, by the server's id. A request that waits for
 * more does not hold the clock. Each piece of its answer does, from sending until the client has it; otherwise virtual
 * time could jump in between.
 */
class Streams {
  readonly #open = new Map<string, Open>();

  /**
   * A piece is sent.
   *
   * @param arrived called once: when the client has it, or when the stream ends
   */
  sent(id: string, bytes: number, arrived: () => void): void {
    const open = this.#of(id);
    open.sent += bytes;
    open.pieces.push({ upTo: open.sent, arrived });
  }

  /** The client has received some more bytes. */
  received(id: string, bytes: number): void {
    const open = this.#of(id);
    open.received += bytes;
    while ((open.pieces[0]?.upTo ?? Number.POSITIVE_INFINITY) <= open.received) open.pieces.shift()?.arrived();
  }

  /** Nothing more arrives. */
  ended(id: string): void {
    const { pieces } = this.#of(id);
    this.#open.delete(id);
    for (const { arrived } of pieces) arrived();
  }

  #of(id: string): Open {
    const open = this.#open.get(id) ?? { sent: 0, received: 0, pieces: [] };
    this.#open.set(id, open);
    return open;
  }
}

/** The streams of this process. */
export const streams = new Streams();
