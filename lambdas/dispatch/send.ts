import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import type { Order, Sent } from '../adapters/commands.ts';
import type { Time } from '../adapters/time.ts';

/** An instance that gets no command. */
interface Denied {
  readonly instanceId: string;
  readonly outcome: 'command-forbidden' | 'document-changed';
  /** The message of AWS. */
  readonly message: string;
}

/** The result for each instance of a batch. */
export interface Delivery {
  readonly sent: readonly {
    readonly instanceIds: readonly string[];
    readonly commandId: string;
    readonly at: string;
  }[];
  /** Instances that SSM cannot reach now; they wait. */
  readonly unreachable: readonly string[];
  /** Instances for which AWS denies the command, with its message. */
  readonly denied: readonly Denied[];
  /** Instances of a call that stayed throttled; nothing was sent to them. */
  readonly throttled: readonly string[];
}

/** The dependencies of the sender. */
export interface Sending {
  send(order: Order): Promise<Sent>;
  readonly time: Pick<Time, 'sleep' | 'random'>;
}

/** How often a throttled call is tried, and the pauses in between. */
const throttleTries = 8;
const throttlePauses: BackOff = { firstMs: 500, longestMs: 4_000 };

/**
 * Sends a command so that one bad instance does not block the others. Instances named by InvalidInstanceId are dropped.
 * A call that is denied or names no instance is split in halves until only the bad instance is left.
 */
export async function deliver(order: Order, sending: Sending): Promise<Delivery> {
  const sent: { instanceIds: readonly string[]; commandId: string; at: string }[] = [];
  const unreachable: string[] = [];
  const denied: Denied[] = [];
  const throttled: string[] = [];
  const left: (readonly string[])[] = [order.instanceIds];
  for (let ids = left.pop(); ids !== undefined; ids = left.pop()) {
    const [first] = ids;
    if (first === undefined) continue;
    const answer = await sendWithRetry({ ...order, instanceIds: ids }, sending);
    if (answer.ok) {
      sent.push({ instanceIds: ids, commandId: answer.commandId, at: answer.at });
    } else if (answer.why === 'throttled') {
      throttled.push(...ids);
    } else if (answer.refused.length > 0) {
      unreachable.push(...answer.refused);
      left.push(ids.filter((id) => !answer.refused.includes(id)));
    } else if (answer.why === 'document-changed') {
      // This applies to every instance.
      const { why: outcome, message } = answer;
      denied.push(...ids.map((instanceId) => ({ instanceId, outcome, message })));
    } else if (ids.length > 1) {
      const middle = ids.length >> 1;
      left.push(ids.slice(middle), ids.slice(0, middle));
    } else if (answer.why === 'denied') {
      denied.push({ instanceId: first, outcome: 'command-forbidden', message: answer.message });
    } else {
      unreachable.push(first);
    }
  }
  return { sent, unreachable, denied, throttled };
}

async function sendWithRetry(order: Order, { send, time }: Sending): Promise<Sent> {
  for (let tries = 0; ; tries++) {
    const answer = await send(order);
    if (answer.ok || answer.why !== 'throttled' || tries + 1 === throttleTries) return answer;
    await time.sleep(jitteredPause(throttlePauses, tries, time.random()));
  }
}
