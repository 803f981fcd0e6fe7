import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import * as v from 'valibot';
import { type Envelope, EnvelopeSchema } from '../../domain/attestation.ts';
import { terminationStates } from '../../domain/events.ts';
import { runId } from '../../domain/ledger.ts';
import { readTrailLine, type TrailEvent } from '../../domain/trail.ts';

/** What the audit trail has about launches, beside what the ledger may have forgotten. */
export interface TrailFacts {
  readonly events: readonly TrailEvent[];
  /** When EC2 reported that an instance stops or goes away, by its ID, in order. */
  readonly terminated: ReadonlyMap<string, readonly string[]>;
  /** The latest signed receipt of each run, by {@link runId}. */
  readonly signed: ReadonlyMap<string, Envelope>;
}

/**
 * Texts of which each event that matters has one: Airlock's events about an admission or an end, signatures, and EC2's
 * about states.
 */
const terms = ['"Node Admitted"', '"endedAt"', '"Receipt Signed"', '"EC2 Instance State-change Notification"'];

/** Reads the whole audit trail, as far back as it goes. @throws the SDK's error */
export async function readTrailFacts(logs: CloudWatchLogsClient, group: string): Promise<TrailFacts> {
  const found = await Promise.all(
    terms.map((filterPattern) => readEvents(logs, { logGroupName: group, filterPattern })),
  );
  return factsIn(found.flat());
}

async function readEvents(
  client: CloudWatchLogsClient,
  request: { readonly logGroupName: string; readonly filterPattern: string },
): Promise<readonly TrailEvent[]> {
  const found: TrailEvent[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client }, request)) {
    found.push(...events.flatMap(({ message = '' }) => readTrailLine(message) ?? []));
  }
  return found;
}

const StateSchema = v.object({ 'instance-id': v.string(), state: v.string() });
const SignedSchema = v.object({
  instanceId: v.string(),
  launchedAt: v.string(),
  run: v.number(),
  signed: EnvelopeSchema,
});

/** What some events of the trail have. */
export function factsIn(events: readonly TrailEvent[]): TrailFacts {
  const terminated = new Map<string, string[]>();
  const signed = new Map<string, Envelope>();
  for (const { time, source, type, detail } of events.toSorted((one, other) => (one.time < other.time ? -1 : 1))) {
    const state = v.safeParse(StateSchema, detail);
    if (source === 'aws.ec2' && state.success && terminationStates.includes(state.output.state)) {
      const id = state.output['instance-id'];
      terminated.set(id, [...(terminated.get(id) ?? []), time]);
    }
    const receipt = v.safeParse(SignedSchema, detail);
    if (source === 'airlock' && type === 'Receipt Signed' && receipt.success) {
      const { run, signed: envelope, ...key } = receipt.output;
      signed.set(runId({ ...key, ...(run === 0 ? {} : { rerun: { attempt: run } }) }), envelope);
    }
  }
  return { events, terminated, signed };
}
