import { type Advisory, decideExposure, type Exposure } from '../../domain/advisories.ts';
import { claimText } from '../../domain/claim-text.ts';
import type { FleetNode } from '../../domain/exposure.ts';
import { lastSeenAt } from '../../domain/inventory.ts';
import { isReverification } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { runtimeTag } from '../../domain/tags.ts';
import { documentOptions } from '../../lib/config/document-options.ts';
import { inventoryMs } from '../../lib/config/schema.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import type { FleetReading } from '../status/fleet.ts';

/**
 * The nodes of a fleet with what was proven on each. Versions come from the ledger, never from a Node, whose marks its
 * kubelet may write. A Node that the ledger has no release of has no known version.
 *
 * @param now milliseconds since the epoch
 */
export function fleetNodes(
  { runs, surveys, instances }: Pick<FleetReading, 'runs' | 'surveys' | 'instances'>,
  settings: Pick<Settings, 'config' | 'catalogue'>,
  now: number,
): readonly FleetNode[] {
  const sorted = runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1));
  const latest = new Map(sorted.map((run) => [run.instanceId, run]));
  const known: Known = { settings, documents: documentNames(settings), instances, now };
  const surveyed = [...surveys].flatMap(([cluster, nodes]) =>
    nodes.map((node) => nodeOf(cluster, node, latest.get(node.instanceId), known)),
  );
  // The ledger's word is the last known of a cluster that could not be surveyed.
  const others = [...latest.values()].filter(({ cluster, ending }) => !surveys.has(cluster) && ending === 'released');
  return [...surveyed, ...others.map((run) => nodeOf(run.cluster, undefined, run, known))];
}

interface Known extends Installers {
  readonly instances: FleetReading['instances'] | undefined;
  readonly now: number;
}

interface Installers {
  readonly settings: Pick<Settings, 'config' | 'catalogue'>;
  /** The names of the installing documents that are made from the present files, by runtime. */
  readonly documents: ReadonlyMap<string, string>;
}

function nodeOf(cluster: string, node: SurveyedNode | undefined, run: RunRecord | undefined, known: Known): FleetNode {
  const because = whyUnknown(node, run, known);
  const request = because === '' ? run?.request : undefined;
  return {
    cluster,
    pool: run?.pool ?? '',
    instanceId: run?.instanceId ?? node?.instanceId ?? '',
    nodeName: node?.nodeName ?? run?.launch?.nodeName ?? '',
    pin: pinOf(known.instances?.get(run?.instanceId ?? node?.instanceId ?? '')?.tags[runtimeTag]),
    gated: node?.state === 'gated' || node?.state === 'quarantined',
    runtime: run?.request?.runtime ?? '',
    version: request?.version,
    handler: request === undefined ? '' : runtimeTraits[request.runtime].handlers[0],
    annotations: request && annotationsOn(request.runtime, run, known),
    sandboxes: sandboxesOf(run),
    seenAt: run === undefined ? '' : lastSeenAt(run),
    because,
  };
}

/** A tag that names a version, as text that can be shown. */
function pinOf(tag = ''): string {
  return tag.includes('@') ? claimText(tag, 100) : '';
}

/** Why the version on a node is not known; empty if it is. A node's own answer only makes its state worse. */
function whyUnknown(node: SurveyedNode | undefined, run: RunRecord | undefined, { settings, now }: Known): string {
  const isKept = run?.launch?.rerun?.released === true && isReverification(run.launch);
  const isReleased = run?.ending === 'released' || isKept;
  if (run?.request === undefined || !isReleased) return 'the ledger has no release of it';
  if (node?.state === 'drifted') return `its proof no longer holds: ${node.reason}`;
  const { inventory, request } = run;
  if (inventory !== undefined && inventory.at > (run.endedAt ?? '') && inventory.version !== request.version) {
    return `the node answers that it has ${inventory.version || 'no version'}, and ${request.version} was proven`;
  }
  const { inventory: rate } = settings.config;
  const seenAt = lastSeenAt(run);
  const isOld = rate !== undefined && seenAt !== '' && now - Date.parse(seenAt) > 2 * inventoryMs(rate);
  return isOld ? `nothing is known of it since ${seenAt}, and inventory.every is ${rate.every}` : '';
}

/** The sandboxes by version as they were counted last. */
function sandboxesOf(run: RunRecord | undefined): FleetNode['sandboxes'] {
  const { inventory, endedAt = '' } = run ?? {};
  if (inventory !== undefined && inventory.at > endedAt) return inventory.sandboxes;
  return (run?.receipt?.installation ?? run?.installation)?.sandboxes ?? {};
}

/** Decides how a node stood to an advisory with what a run installed on it. */
export function exposureOfRuns(
  advisory: Advisory,
  settings: Pick<Settings, 'config' | 'catalogue'>,
): (run: RunRecord) => Exposure {
  const known = { settings, documents: documentNames(settings) };
  return (run) => {
    const { request } = run;
    if (request === undefined) return 'unknown';
    const [handler] = runtimeTraits[request.runtime].handlers;
    return decideExposure(advisory, request.version, {
      handler,
      annotations: annotationsOn(request.runtime, run, known),
    });
  };
}

/**
 * The annotations that a node's shim accepts: those of `airlock.yaml` if the present document installed it, otherwise
 * they are not known.
 */
function annotationsOn(runtime: Runtime, run: RunRecord | undefined, { settings, documents }: Installers) {
  if (runtimeTraits[runtime].podAnnotations === undefined) return [];
  const document = run?.receipt?.installation?.document ?? run?.installation?.document;
  return document === documents.get(runtime) ? (settings.config.runtimes[runtime]?.annotations ?? []) : undefined;
}

function documentNames({ config, catalogue }: Pick<Settings, 'config' | 'catalogue'>): ReadonlyMap<string, string> {
  const runtimes = Object.keys(config.runtimes) as Runtime[];
  return new Map(
    runtimes.map((runtime) => [
      runtime,
      assembleDocument(catalogue, runtime, 'install', documentOptions(config, runtime)).name,
    ]),
  );
}
