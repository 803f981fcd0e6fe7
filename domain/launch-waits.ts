import type { Receipt } from './receipt.ts';

/** How long a released launch waited for Airlock, in milliseconds, as its receipt shows it. */
export interface LaunchWaits {
  /** From when `dispatch` first saw the agent online until SSM accepted the command. */
  readonly command: number;
  /**
   * From the command until its result was accepted, less the work on the node. SSM's own way there and back is in it.
   */
  readonly answer: number;
  /** From when the Node was Ready and proven until its release, less the start of the proof pod. */
  readonly release: number;
}

/** What a launch waited for, with the name by which tables show it, and the aim. */
export const launchWaits = {
  command: { measure: 'agent online → command sent', aimMs: 1_000 },
  answer: { measure: "command → result, less the node's work", aimMs: 1_000 },
  release: { measure: 'ready and proven → released, less the pod', aimMs: 1_000 },
} as const satisfies Readonly<Record<keyof LaunchWaits, { readonly measure: string; readonly aimMs: number }>>;

/** The aim for all that Airlock adds to a launch in a burst, as the 95th percentile in milliseconds. */
export const addedAimMs = 5_000;

/**
 * The waits of a launch. When a Node was Ready is its kubelet's claim: a time after the end counts as the end.
 *
 * @returns undefined if the launch was not released by an installation
 */
export function waitsOf({ installation, proof, readyAt, endedAt, outcome }: Receipt): LaunchWaits | undefined {
  if (installation === undefined || outcome !== 'released') return undefined;
  const { onlineAt, sentAt, settledAt, phases } = installation;
  const [online, sent, settled, ended] = [onlineAt, sentAt, settledAt, endedAt].map(Date.parse) as [
    number,
    number,
    number,
    number,
  ];
  if ([online, sent, settled, ended].some(Number.isNaN)) return undefined;
  const claimed = Date.parse(readyAt ?? '');
  const ready = Number.isNaN(claimed) ? settled : Math.min(claimed, ended);
  const onNode = Object.values(phases).reduce((sum, ms) => sum + ms, 0);
  const pod = proof?.kind === 'pod' ? proof.ms : 0;
  return {
    command: Math.max(sent - online, 0),
    answer: Math.max(settled - sent - onNode, 0),
    release: Math.max(ended - Math.max(ready, settled) - pod, 0),
  };
}
