import type { ManagedLaunch } from './decide-node.ts';

/**
 * Since when a Node behind its gate takes no pods, in milliseconds since the epoch: since its instance was launched. A
 * node that was open takes none since the run that returned its gate.
 */
export function closedSince({ admission: { launch }, run }: ManagedLaunch): number {
  const wasOpen = run?.launch?.rerun?.released === true;
  return Date.parse((wasOpen ? run?.recordedAt : undefined) ?? launch.launchedAt);
}
