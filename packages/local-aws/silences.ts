/**
 * Requests between a client and a server in this process that the server accepts and never answers, by the client's
 * port. A request holds the clock while it is in progress. One that is never answered must not, because the client's
 * own timeout would never fire.
 */
class Silences {
  readonly #underWay = new Map<number, () => void>();

  /**
   * A request is sent.
   *
   * @param letGo releases the clock
   */
  sent(port: number, letGo: () => void): void {
    this.#underWay.set(port, letGo);
  }

  /** A request has ended. */
  ended(port: number): void {
    this.#underWay.delete(port);
  }

  /** The server will not answer the request in progress from a port. */
  begin(port: number): void {
    this.#underWay.get(port)?.();
  }
}

/** The silences of this process. */
export const silences = new Silences();
