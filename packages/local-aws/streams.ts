/** One piece of a stream that is on its way, and how to say that it has arrived. */
interface Piece {
  /** Where it ends, in bytes from the beginning. */
  readonly upTo: number;
  readonly arrived: () => void;
}

interface Open {
  sent: number;
  received: number;
  pieces: Piece[];
}

/**
 * Answers that stay open, between a server and a client in this process, by the id that the server gave them. A request that waits for more holds no
 * clock; each piece of its answer does, from the moment it is sent until the client has it. Without that, virtual time could jump in between.
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

  /** The client has so many bytes more. */
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
