import * as v from 'valibot';
import { claim } from './claim-text.ts';
import { TimeSchema } from './time.ts';

/** What an operator may do about a launch. The first two ask for another run, the others change the Node by hand. */
export const operatorActs = ['retry', 'verify', 'release', 'quarantine', 'uninstall'] as const;

/** What an operator may do about a launch. */
export type ActName = (typeof operatorActs)[number];

/**
 * The last act of an operator about a launch, in the record of its latest run. Only operators may write it, so
 * reconcile does what it asks for, and leaves alone what it explains.
 */
export const OperatorActSchema = v.object({
  act: v.picklist(operatorActs),
  /** The ARN of the caller, as AWS knows it. */
  by: claim(300),
  at: TimeSchema,
  because: claim(500),
  /** What was not proven when the gate was lifted by hand. */
  notProven: v.optional(v.array(claim(200))),
  /**
   * Present once an operator has lifted the gate in this launch: pods may run there, so the instance is never
   * terminated.
   */
  opened: v.optional(v.literal(true)),
});

export type OperatorAct = v.InferOutput<typeof OperatorActSchema>;

/**
 * How long after reconcile began another run nothing is written to the run before, in milliseconds: longer than a pass
 * may take.
 */
export const rerunBeginsMs = 150_000;

/** Whether two readings of a run show the same act, or both none. */
export function isSameAct(one: OperatorAct | undefined, other: OperatorAct | undefined): boolean {
  return one?.at === other?.at && one?.act === other?.act;
}

/** Whether an act asks for another run of the launch. */
export function asksForRun({ act }: OperatorAct): boolean {
  return act === 'retry' || act === 'verify';
}
