import { type Advisory, decideExposure, type Exposure } from '../../domain/advisories.ts';
import type { FleetNode } from '../../domain/exposure.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { assembleDocument } from '../../ssm-documents/assemble.ts';
import type { FleetReading } from '../status/fleet.ts';

/**
 * The nodes of a fleet with what was proven on each. Versions come from the ledger, never from a Node, whose marks its kubelet may write. A
 * Node that the ledger has no release of has no known version.
 */
export function fleetNodes(
  { runs, surveys }: Pick<FleetReading, 'runs' | 'surveys'>,
  settings: Pick<Settings, 'config' | 'catalogue'>,
): readonly FleetNode[] {
  const sorted = runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1));
  const latest = new Map(sorted.map((run) => [run.instanceId, run]));
  const documents = documentNames(settings);
  const surveyed = [...surveys].flatMap(([cluster, nodes]) =>
    nodes.map((node) => nodeOf(cluster, node, latest.get(node.instanceId), { settings, documents })),
  );
  // The ledger's word is the last known of a cluster that could not be surveyed.
  const others = [...latest.values()].filter(({ cluster, ending }) => !surveys.has(cluster) && ending === 'released');
  return [...surveyed, ...others.map((run) => nodeOf(run.cluster, undefined, run, { settings, documents }))];
}

interface Known {
  readonly settings: Pick<Settings, 'config' | 'catalogue'>;
  /** The names of the installing documents that are made from the present files, by runtime. */
  readonly documents: ReadonlyMap<string, string>;
}

function nodeOf(cluster: string, node: SurveyedNode | undefined, run: RunRecord | undefined, known: Known): FleetNode {
  const isReleased = run?.ending === 'released' || run?.launch?.rerun?.released === true;
  const request = isReleased && node?.state !== 'drifted' ? run?.request : undefined;
  return {
    cluster,
    pool: run?.pool ?? '',
    instanceId: run?.instanceId ?? node?.instanceId ?? '',
    nodeName: node?.nodeName ?? run?.launch?.nodeName ?? '',
    gated: node?.state === 'gated' || node?.state === 'quarantined',
    runtime: run?.request?.runtime ?? '',
    version: request?.version,
    handler: request === undefined ? '' : runtimeTraits[request.runtime].handlers[0],
    annotations: request && annotationsOn(request.runtime, run, known),
    sandboxes: (run?.receipt?.installation ?? run?.installation)?.sandboxes ?? {},
  };
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

/** The annotations that a node's shim accepts: those of `airlock.yaml` if the present document installed it, otherwise they are not known. */
function annotationsOn(runtime: Runtime, run: RunRecord | undefined, { settings, documents }: Known) {
  if (runtimeTraits[runtime].podAnnotations === undefined) return [];
  const document = run?.receipt?.installation?.document ?? run?.installation?.document;
  return document === documents.get(runtime) ? (settings.config.runtimes[runtime]?.annotations ?? []) : undefined;
}

function documentNames({ config, catalogue }: Pick<Settings, 'config' | 'catalogue'>): ReadonlyMap<string, string> {
  const { runtimes, unknownHosts } = config;
  return new Map(
    Object.entries(runtimes).map(([runtime, { annotations = [] }]) => [
      runtime,
      assembleDocument(catalogue, runtime as Runtime, 'install', { unknownHosts, annotations }).name,
    ]),
  );
}
