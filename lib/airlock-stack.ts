import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Catalogue } from '../domain/catalogue.ts';
import type { InventoryRules } from '../domain/function-settings.ts';
import { Admission } from './admission.ts';
import { addMirror } from './artifact-mirror.ts';
import { Attestation } from './attestation.ts';
import { Audit } from './audit.ts';
import { Bus } from './bus.ts';
import { Cancellation } from './cancellation.ts';
import { ClusterFunction } from './cluster-function.ts';
import { ClusterLookUp } from './cluster-lookup.ts';
import { manifestOptions } from './config/manifest-options.ts';
import { poolsOf } from './config/profiles.ts';
import { fleetRolloutOf } from './config/rollout-settings.ts';
import { type Config, inventoryMs } from './config/schema.ts';
import { versionsOf } from './config/versions.ts';
import { Dispatch } from './dispatch.ts';
import { addDoctor } from './doctor.ts';
import { addAdvisories } from './known-advisories.ts';
import { Ledger } from './ledger.ts';
import { NodeDocuments } from './node-documents.ts';
import { docsUrlOf } from './notifications.ts';
import { observe } from './observe.ts';
import { Reconcile } from './reconcile.ts';
import { Remediation } from './remediation.ts';
import { Results } from './results.ts';
import { Terminations } from './terminations.ts';
import { Workflow } from './workflow/workflow.ts';

/** The properties of an Airlock installation. */
export interface AirlockStackProps extends StackProps {
  readonly config: Config;
  readonly catalogue: Catalogue;
}

/** Airlock in one account and region. */
export class AirlockStack extends Stack {
  /** @throws ConfigError if the configuration asks for a version that is not in the catalogue */
  constructor(scope: Construct, id: string, { config, catalogue, ...props }: AirlockStackProps) {
    super(scope, id, { description: 'Airlock: sandboxed runtimes on new nodes, proven before a pod lands', ...props });
    const versions = versionsOf(config, catalogue);
    addAdvisories(this, { config, catalogue, versions });

    const { operators, breaker, receiptKey, logRetentionDays: logRetention } = config;
    const ledger = new Ledger(this, 'Ledger', { operators });
    const bus = new Bus(this, 'Bus', { operators });
    const audit = new Audit(this, 'Audit', { logRetention, keyArn: config.auditKeyArn });
    const documents = new NodeDocuments(this, 'Documents', catalogue, config);
    const dispatch = new Dispatch(this, 'Dispatch', {
      bus,
      operators,
      documents,
      catalogue,
      versions,
      ledger,
      mirror: addMirror(this, { config, catalogue, versions }),
      logRetention,
    });
    const results = new Results(this, 'Results', { bus, operators, ledger, logRetention });

    const pools = poolsOf(config);
    const remediation = new Remediation(this, 'Remediation', { bus, ledger, pools, breaker, logRetention });
    const cancellation = new Cancellation(this, 'Cancellation', { ledger, logRetention });

    let resolveCluster: ClusterLookUp | undefined;
    const manifests = config.manifests === 'manual' ? undefined : manifestOptions(config);
    const clusters = config.clusters.map((cluster) => {
      const access = new ClusterFunction(this, `Cluster-${cluster.name}`, {
        cluster,
        ledger,
        operators,
        gate: config.gate,
        proof: config.proof,
        logRetention,
        resolveCluster: () => {
          resolveCluster ??= new ClusterLookUp(this, 'LookUp', logRetention);
          return resolveCluster;
        },
        manifests,
      });
      return [cluster.name, access] as const;
    });
    const attestation =
      receiptKey === undefined
        ? undefined
        : new Attestation(this, 'Attestation', { bus, ledger, receiptKey, logRetention });
    const workflow = new Workflow(this, 'Workflow', {
      bus,
      dispatch,
      ledger,
      cancellation,
      remediation,
      attestation,
      clusters: Object.fromEntries(clusters),
    });
    audit.record({ bus, stateMachine: workflow.stateMachine });
    const terminations = new Terminations(this, 'Terminations', { bus, operators, ledger, workflow, logRetention });
    const admitting = {
      bus,
      operators,
      clusters: config.clusters.map(({ name }) => name),
      versions,
      pools,
      ledger,
      workflow,
      terminations: terminations.queue,
      logRetention,
    };
    const admission = new Admission(this, 'Admission', admitting);
    const reconcile = new Reconcile(this, 'Reconcile', {
      ...admitting,
      clusters: Object.fromEntries(clusters),
      ...{ rollout: fleetRolloutOf(config, catalogue), docsUrl: docsUrlOf(config) },
      inventory: inventoryOf(config, documents),
    });
    const doctor = addDoctor(this, { config, catalogue, versions });
    observe(this, {
      config,
      audit: audit.logGroup,
      consumers: { Admission: admission, Dispatch: dispatch, Results: results, Terminations: terminations },
      functions: { cancellation: cancellation.function, remediation: remediation.function, ...doctor },
      reconcile: reconcile.function,
      clusters: Object.fromEntries(clusters),
      stateMachine: workflow.stateMachine,
      bus,
    });
  }
}

/** How reconcile inventories nodes; null if it does not. */
function inventoryOf({ inventory }: Pick<Config, 'inventory'>, documents: NodeDocuments): InventoryRules | null {
  if (inventory === undefined) return null;
  const { nodesPerPass } = inventory;
  return { everyMs: inventoryMs(inventory), nodesPerPass, documents: documents.of('inventory') };
}
