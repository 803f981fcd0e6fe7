import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import * as marks from '../../domain/kubernetes.ts';
import { runtimeNodeLabels, runtimes } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { clusterRules, eventRules, proofRules, publishRules } from '../../kubernetes/rights.ts';
import { interfaceRights } from '../../lib/cluster-network.ts';

const path = join(import.meta.dirname, '..', '..', 'docs', 'use', 'clusters.md');
const page = readFileSync(path, 'utf8');

it.each([
  marks.poolLabel,
  marks.provenLabel,
  marks.stateLabel,
  ...Object.entries(runtimeNodeLabels).map(([label, value]) => `${label}=${value}`),
  marks.receiptAnnotation,
  marks.operatorActAnnotation,
  marks.releasedByHand,
  marks.quarantineKey,
  marks.defaultGateKey,
  marks.readinessCondition,
  marks.gatekeepers,
  marks.preparers,
  ...interfaceRights,
  'AirlockReleased',
  'AirlockQuarantined',
])('docs/use/clusters.md explains %s', (mark) => {
  expect(page).toContain(mark);
});

it('docs/use/clusters.md names every object that is applied', () => {
  const manifests = renderManifests({ runtimes });

  expect(manifests.map(({ metadata }) => metadata?.name ?? '').filter((name) => !page.includes(`\`${name}\``))).toEqual(
    [],
  );
});

it('docs/use/clusters.md names every granted verb, beside its resource', () => {
  for (const { verbs, resources = [] } of [...clusterRules, ...publishRules, ...eventRules, ...proofRules]) {
    const list = verbs
      .map((verb) => `\`${verb}\``)
      .join(', ')
      .replace(/, ([^,]+)$/, ' and $1');
    for (const resource of resources) expect(page).toContain(`${list} on ${resource}`);
  }
});

it("docs/use/clusters.md shows a mapping for our identity's group, by the name that tokens are signed for", () => {
  const [, snippet = ''] = /```yaml\n(clusterID:[^`]+)```/.exec(page) ?? [];

  expect(parse(snippet)).toMatchObject({ clusterID: 'lab', server: { mapRoles: [{ groups: [marks.gatekeepers] }] } });
});
