/**
 * Requests between a client and a server in this process that the server takes and never answers, by the client's port. A request holds the clock while it is
 * under way; one that nothing answers may not, or the client's own time-out would never come.
 */
class Silences {
  readonly #underWay = new Map<number, () => void>();

  /**
   * A request is sent.
   *
   * @param letGo lets the clock go on
   */
  sent(port: number, letGo: () => void): void {
    this.#underWay.set(port, letGo);
  }

  /** A request has ended. */
  ended(port: number): void {
    this.#underWay.delete(port);
  }

  /** The server does not answer the request that is under way from a port. */
  begin(port: number): void {
    this.#underWay.get(port)?.();
  }
}

/** The silences of this process. */
export const silences = new Silences();
