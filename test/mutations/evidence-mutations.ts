import { type GuardMutation, of } from './guard.ts';

const inventory = of('domain/inventory.ts', 'test/domain/inventory.test.ts');
const nodes = of('cli/advisories/fleet-nodes.ts', 'test/domain/inventory.test.ts');
const closing = of('domain/closing-report.ts', 'test/domain/closing-report.test.ts');

/** Mistakes in what is known of nodes and stated about advisories. */
export const evidenceMutations: readonly GuardMutation[] = [
  of('domain/exposure.ts', 'test/domain/inventory.test.ts')(
    'a node with the fix counts as fixed while old sandboxes run',
    'exposeNode',
    "$EXPOSURE === 'fixed' && oldSandboxes($NODE, $ADVISORY).length > 0 ? 'old-sandboxes' : $EXPOSURE",
    '$EXPOSURE',
  ),
  of('domain/exposure.ts', 'test/domain/closing-report.test.ts')(
    'a gate that closed counts for the sandboxes behind it',
    'exposeNode',
    "oldSandboxes($NODE, $ADVISORY).length > 0 ? 'old-sandboxes' : 'gated'",
    "'gated'",
  ),
  of('domain/closing-report.ts', 'test/domain/closing-report.test.ts')(
    'a gate that closed ends what runs behind it',
    'mayStillRun',
    "$LAST !== undefined && ($LAST.until === undefined || ($NODE?.seenAt ?? '') <= $LAST.until)",
    'false',
  ),
  inventory('any command of the document answers an inventory', 'askedRunOf', '$BATCH === $INVOCATION.comment', 'true'),
  inventory('a pass asks every node that is due', 'listDue', '$ORDERED.slice(0, $MOST)', '$ORDERED'),
  inventory(
    'an answer counts although SSM says that the command failed',
    'readInventory',
    "$STATUS !== 'Success' || $OUTCOME !== 'inventoried'",
    "$OUTCOME !== 'inventoried'",
  ),
  nodes(
    'a node that answers with another version than the proven one keeps its state',
    'whyUnknown',
    '$INVENTORY.version !== $REQUEST.version',
    'false',
  ),
  nodes(
    'what was known of a node never gets old',
    'whyUnknown',
    '$NOW - Date.parse($SEEN) > 2 * inventoryMs($RATE)',
    'false',
  ),
  closing(
    'a run that was not tried ends an exposure',
    'isGateBack',
    "['kept', 'put-back', 'returned'].includes($RECEIPT?.gate ?? '')",
    'true',
  ),
  closing(
    'an exposure is over while old sandboxes run',
    'closeLaunch',
    "$NOW === 'old-sandboxes' ? reopened($HISTORY.exposed) : $HISTORY.exposed",
    '$HISTORY.exposed',
  ),
  closing(
    'a line of the audit trail ends a launch that EC2 shows',
    'closeLaunch',
    '$INPUT.running === undefined || $INPUT.running.get($ID) === launchTimeOf($LAST)',
    'false',
  ),
  of('domain/doctor/check-exposure.ts', 'test/doctor/findings.test.ts')(
    'a node that its tag pins counts as one that a rollout moves',
    'checkExposure',
    '$NODES.affected.filter(isPinned)',
    '$NODES.affected.slice(0, 0)',
  ),
  of('lambdas/reconcile/decide-node.ts', 'test/lambdas/reconcile/decide-node.test.ts')(
    'a tag decides which version a node has',
    'decideNode',
    '$OURS.tag === $PIN',
    'true',
  ),
  of('cli/advisories/signature.ts', 'test/cli/receipt.test.ts')(
    'a signed receipt of another end verifies a proof',
    'signatureOf',
    "$SAME ? 'verified' : 'wrong'",
    "'verified'",
  ),
  of('kubernetes/sandboxed-policy.ts', 'test/kubernetes/policy/sandboxed.test.ts')(
    'a misspelled label of a namespace enforces nothing',
    'sandboxedPolicy',
    "{ key: sandboxedLabel, operator: 'Exists' }",
    "{ key: sandboxedLabel, operator: 'In', values: ['required'] }",
  ),
];
