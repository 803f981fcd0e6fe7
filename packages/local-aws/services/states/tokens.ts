/** Task tokens: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token */
import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../../gateway/service.ts';

/** What an open Task does when its token is used. */
export interface Waiting {
  succeed(output: unknown): void;
  fail(error: string | undefined, cause: string | undefined): void;
  heartbeat(): void;
}

/** The tokens of one account and region. */
export class TaskTokens {
  readonly #open = new Map<string, Waiting>();
  readonly #closed = new Set<string>();

  /** Creates a token for a Task. The returned function closes it. */
  open(waiting: Waiting): { readonly token: string; close(): void } {
    const id = randomUUID();
    const token = Buffer.from(`${id}${seal(id)}`).toString('base64');
    this.#open.set(token, waiting);
    return {
      token,
      close: () => {
        if (this.#open.delete(token)) this.#closed.add(token);
      },
    };
  }

  /**
   * The Task that waits for a token.
   *
   * @throws AwsError InvalidToken for an invalid token, TaskTimedOut if the Task has ended, TaskDoesNotExist if there
   * was none
   */
  find(token: string): Waiting {
    const waiting = this.#open.get(token);
    if (waiting !== undefined) return waiting;
    const text = Buffer.from(token, 'base64').toString('latin1');
    if (seal(text.slice(0, 36)) !== text.slice(36))
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    if (this.#closed.has(token)) {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'CustomResourceProvider task does not exist anymore'");
    }
    throw new AwsError('TaskDoesNotExist', "Task does not exist: 'CustomResourceProvider task does not exist'");
  }
}

function seal(id: string): string {
  return createHash('sha256').update(`task token ${id}`).digest('hex').slice(0, 32);
}
