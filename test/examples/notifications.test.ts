import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { incidentDetail } from '../../domain/incident-message.ts';
import type { Notice } from '../../domain/incidents.ts';
import { transformInput } from '../../packages/local-aws/services.ts';

const root = join(import.meta.dirname, '..', '..');
const at = '2026-11-28T03:00:00.000Z';
const scope = { cluster: 'demo', pool: 'sandboxed', outcome: 'proof-failed' } as const;
const notice = (type: Notice['type'], pool = 'sandboxed'): Notice => ({
  type,
  incident: { ...scope, pool, nodes: 12, since: at, lastAt: at, reportedAt: at },
  example: {
    ...scope,
    pool,
    instanceId: 'i-0123456789abcdef0',
    detail: '<!channel> "no" \\ sandbox',
    endedAt: at,
    ending: 'quarantined',
  },
});

/** Source: PagerDuty's OpenAPI document of the Events API v2, api-schema/reference/events-v2/openapiv3.json. */
const PagerDutySchema = v.variant('event_action', [
  v.strictObject({
    event_action: v.literal('trigger'),
    dedup_key: v.pipe(v.string(), v.maxLength(255)),
    payload: v.strictObject({
      summary: v.pipe(v.string(), v.minLength(1), v.maxLength(1_024)),
      source: v.pipe(v.string(), v.minLength(1)),
      severity: v.picklist(['critical', 'warning', 'error', 'info']),
      class: v.string(),
      custom_details: v.record(v.string(), v.unknown()),
    }),
    links: v.array(v.strictObject({ href: v.pipe(v.string(), v.url()), text: v.string() })),
  }),
  v.strictObject({ event_action: v.literal('resolve'), dedup_key: v.pipe(v.string(), v.maxLength(255)) }),
]);

interface Rule {
  readonly Properties: {
    readonly EventPattern: { readonly 'detail-type': readonly string[] };
    readonly Targets: readonly [{ readonly InputTransformer: Parameters<typeof transformInput>[0] }];
  };
}

describe('examples/pagerduty/rule.yaml', () => {
  const text = readFileSync(join(root, 'examples', 'pagerduty', 'rule.yaml'), 'utf8');
  const { Resources } = parse(text.replaceAll(/!(Ref|GetAtt) (\S+?)([\s,}\]])/g, '"$2"$3')) as {
    readonly Resources: Readonly<Record<string, Rule>>;
  };
  const send = (type: Notice['type'], pool?: string) => {
    const rules = Object.values(Resources).filter((one) => one.Properties.EventPattern?.['detail-type'].includes(type));
    expect(rules.length).toBe(1);
    const event = { detail: incidentDetail(notice(type, pool), { docs: '', region: 'eu-central-1' }) };
    const transformer = rules[0]?.Properties.Targets[0].InputTransformer;
    if (transformer === undefined) throw new Error(`no rule has an input for ${type}`);
    return v.parse(PagerDutySchema, JSON.parse(transformInput(transformer, event as never)));
  };

  it.each(['Incident Opened', 'Incident Grew'] as const)('triggers an alert for %s', (type) => {
    const alert = send(type);
    expect(alert).toMatchObject({
      event_action: 'trigger',
      payload: { summary: 'Airlock: 12 nodes failed: proof-failed in demo/sandboxed', source: 'demo' },
    });
    expect(JSON.stringify(alert)).not.toContain('<!channel>');
  });

  it('resolves the same alert when the incident is over, however long the name of the pool is', () => {
    for (const pool of ['sandboxed', 'p'.repeat(255)]) {
      expect(send('Incident Closed', pool)).toEqual({
        event_action: 'resolve',
        dedup_key: send('Incident Opened', pool).dedup_key,
      });
    }
  });
});

describe('examples/slack/channel.yaml', () => {
  const text = readFileSync(join(root, 'examples', 'slack', 'channel.yaml'), 'utf8');

  it('shows the topic in one channel, with a role that may do nothing', () => {
    const { Parameters, Resources } = parse(text.replaceAll(/!(Ref|GetAtt) (\S+?)([\s,}\]])/g, '"$2"$3'));
    expect(Object.keys(Parameters)).toEqual(['Workspace', 'Channel', 'Topic']);
    expect(Resources.Slack.Properties).toEqual({
      ConfigurationName: 'airlock',
      SlackWorkspaceId: 'Workspace',
      SlackChannelId: 'Channel',
      SnsTopicArns: ['Topic'],
      IamRoleArn: 'Role.Arn',
      GuardrailPolicies: ['arn:aws:iam::aws:policy/AWSDenyAll'],
    });
    expect(Resources.Role.Properties.Policies).toBeUndefined();
  });
});
