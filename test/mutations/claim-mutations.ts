import { type GuardMutation, of } from './guard.ts';

const settle = of('lambdas/results/decide.ts', 'test/lambdas/results/claims.test.ts');

const answering = of('lambdas/results/decide.ts', 'test/lambdas/results/decide.test.ts');

/** Mistakes that take a claim for a fact. */
export const claimMutations: readonly GuardMutation[] = [
  answering('a killed script counts as a failed installation', 'withoutResult', 'responseCode !== -1', 'true'),
  of('cli/html/markup.ts', 'test/cli/html/explain-page.test.ts')(
    'a page shows the texts of a node as HTML',
    'render',
    "String(part).replaceAll(/[&<>\"']/g, (character) => entities[character] ?? '')",
    'String(part)',
  ),
  of('cli/report/times.ts', 'test/cli/html/report.test.ts')(
    'a report believes a kubelet that its Node was Ready after the end',
    'phasesIn',
    'atMs <= receipt.totalMs',
    'true',
  ),
  settle(
    "a node's claim about its handler is not compared",
    'contradiction',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'sha256']",
  ),
  settle(
    "a node's claim about its checksum is not compared",
    'contradiction',
    "['verb', 'runtime', 'version', 'handler', 'sha256']",
    "['verb', 'runtime', 'version', 'handler']",
  ),
  settle('a command of another document answers', 'ownerOf', '$RUN.document === $INVOCATION.document', 'true'),
  settle(
    'a result counts although SSM says that the command failed',
    'decideAnswer',
    "$INVOCATION.status !== 'Success' || $HOST === undefined",
    '$HOST === undefined',
  ),
  of('domain/claim-text.ts', 'test/domain/hostile-input.test.ts')(
    "a node's text is copied into our text unchanged",
    'claimText',
    "$HEAD.replaceAll(/[\\t\\n\\r]/g, ' ').replaceAll(/[^ -~]/g, '?')",
    "$HEAD.replaceAll(/[\\t\\n\\r]/g, ' ')",
  ),
  of('domain/claim-text.ts', 'test/domain/claim-text.test.ts')(
    'what has the form of a secret is shown',
    'claimText',
    'redact($HEAD)',
    '$HEAD',
  ),
  of('domain/trail.ts', 'test/domain/trail.test.ts')(
    'the last end in the trail counts, and not the first',
    'add',
    "$RUN.receipt !== undefined || !('endedAt' in $EVENT.detail)",
    "!('endedAt' in $EVENT.detail)",
  ),
  of('domain/outcome-tags.ts', 'test/domain/outcome-tags.test.ts')(
    'tags are written in every pass, right or not',
    'missingOutcomeTags',
    'outcomeTagKeys.every($TEST)',
    'false',
  ),
  of('domain/run-record.ts', 'test/domain/hostile-input.test.ts')(
    'the node of a record may be another than its key names',
    'parseRunRecord',
    '$LAUNCH?.instanceId === $REST.instanceId && sortKeyOf($LAUNCH) === $REST.launchedAt ? $LAUNCH : undefined',
    '$LAUNCH',
  ),
];
