import { describe, expect, it } from 'vitest';
import { type Answered, ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import { almighty, owner, unique } from './almighty.ts';

const here = almighty();

/** An Event as the function writes it. */
const event = () => ({
  metadata: { generateName: `node-${unique()}.` } as Record<string, unknown>,
  involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'node', uid: '1-2-3' } as Record<string, unknown>,
  type: 'Normal',
  reason: 'AirlockReleased',
  message: 'released: gvisor 1 as runsc',
  reportingComponent: 'airlock',
  source: { component: 'airlock' } as Record<string, unknown>,
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:00Z',
  count: 1,
});
const create = (body: object): Promise<Answered> => ask(here().us, 'POST', '/api/v1/namespaces/default/events', body);

describe('our identity may write an Event', () => {
  it.each([
    ['about a release', {}],
    ['about a quarantine', { type: 'Warning', reason: 'AirlockQuarantined' }],
  ])('%s', async (_what, change) => {
    const answer = await create({ ...event(), ...change });

    expect(answer.code).toBe(201);
    expect(messageOf(answer)).toEqual(expect.any(String));
  });
});

describe('our identity may not write an Event', () => {
  const about = (change: object) => ({ involvedObject: { ...event().involvedObject, ...change } });
  it.each<[string, object, string]>([
    ['about a Secret', about({ kind: 'Secret', namespace: 'default' }), 'involvedObject.kind'],
    [
      'about a Deployment',
      about({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default' }),
      'involvedObject.',
    ],
    [
      'about a ClusterRole',
      about({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' }),
      'involvedObject.',
    ],
    ['about a Node that it does not name', about({ uid: '' }), 'involvedObject.uid'],
    ['as the kubelet', { source: { component: 'kubelet' } }, 'source.component'],
    ['from a host', { source: { component: 'airlock', host: 'node' } }, 'source.host'],
    ['that another component reports', { reportingComponent: 'kubelet' }, 'reportingComponent'],
    ['that no component reports', { reportingComponent: '' }, 'reportingComponent'],
    ['with another reason', { reason: 'NodeReady' }, 'reason'],
    ['with a second object', { related: { kind: 'Pod', name: 'p', namespace: 'default' } }, 'related'],
    ['with a count', { count: 1_000_000 }, 'count'],
    ['with a label', { metadata: { ...event().metadata, labels: { a: 'b' } } }, 'metadata.labels'],
    ['with an owner', { metadata: { ...event().metadata, ownerReferences: [owner] } }, 'metadata.ownerReferences'],
  ])('%s', async (_what, change, field) => {
    const answer = await create({ ...event(), ...change });

    expect(answer.code).toBe(403);
    expect(messageOf(answer)).toContain(field);
    expect(messageOf(answer)).toContain("ValidatingAdmissionPolicy 'airlock-events'");
  });
});
