import { firstSafeAgent } from '../agents.ts';
import type { Diagnosis, Finding } from '../findings.ts';
import { isOlder } from '../versions.ts';

/** A running instance of a pool. */
export interface RunningInstance {
  readonly instanceId: string;
  /** ISO 8601. */
  readonly launchedAt: string;
}

/** The agent on an instance, as SSM reports it. */
export interface RunningAgent {
  readonly ping: string;
  readonly version: string;
}

/**
 * How long an agent may take after the launch, in milliseconds: a refresh by user data and the restart of a snap take
 * some minutes.
 */
const arrivalMs = 600_000;

/** How many instances a finding names. */
const most = 3;

/**
 * Checks the SSM agents of running instances: one finding for all that have the same fault.
 *
 * @param agents by instance id; an instance that SSM does not know is absent
 * @param now milliseconds since the epoch
 */
export function checkAgents(
  instances: readonly RunningInstance[],
  agents: ReadonlyMap<string, RunningAgent>,
  now: number,
): Diagnosis {
  const settled = instances.filter(({ launchedAt }) => now - Date.parse(launchedAt) >= arrivalMs);
  const silent = settled.filter(({ instanceId }) => agents.get(instanceId)?.ping !== 'Online');
  const old = settled.filter((one) => {
    const agent = agents.get(one.instanceId);
    return agent?.ping === 'Online' && isOlder(agent.version, firstSafeAgent);
  });
  const findings: Finding[] = [];
  const add = (code: 'AL0024' | 'AL0025', found: readonly RunningInstance[], field: string, seen: string) => {
    const [first] = found;
    if (first === undefined) return;
    const values = { instance: first.instanceId };
    findings.push({ code, resource: named(found), field, seen, values });
  };
  const versions = new Set(old.map(({ instanceId }) => agents.get(instanceId)?.version ?? ''));
  add('AL0024', old, 'AgentVersion', `is ${[...versions].join(', ')}; ${firstSafeAgent} or newer is needed`);
  const pings = new Set(silent.map(({ instanceId }) => agents.get(instanceId)?.ping ?? 'not known to SSM'));
  add('AL0025', silent, 'PingStatus', `is ${[...pings].join(', ')}`);
  return { checked: settled.map(({ instanceId }) => `instance ${instanceId}`), findings, notChecked: [] };
}

function named(instances: readonly RunningInstance[]): string {
  const shown = instances.slice(0, most).map(({ instanceId }) => instanceId);
  const more = instances.length > most ? ` and ${instances.length - most} more` : '';
  return `${instances.length === 1 ? 'instance' : 'instances'} ${shown.join(', ')}${more}`;
}
