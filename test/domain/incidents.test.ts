import { describe, expect, it } from 'vitest';
import { eventProblem } from '../../domain/event-schema.ts';
import { stampEvent } from '../../domain/events.ts';
import { incidentDetail, incidentText, quoteClaim } from '../../domain/incident-message.ts';
import {
  decideNotices,
  type EndedRun,
  endedRunOf,
  type Incident,
  incidentName,
  mostNotices,
  type Notice,
  type RetriedPool,
  retriedPoolOf,
} from '../../domain/incidents.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { outcomeCodes } from '../../domain/outcomes.ts';

const start = Date.parse('2026-11-28T03:00:00.000Z');
const minute = 60_000;
const at = (minutes: number) => new Date(start + minutes * minute).toISOString();
const place = { docs: '', region: 'eu-central-1' };

function failure(number: number, change: Partial<EndedRun> = {}): EndedRun {
  return {
    instanceId: `i-${number.toString(16).padStart(17, '0')}`,
    cluster: 'demo',
    pool: 'sandboxed',
    outcome: 'proof-failed',
    detail: 'the sandbox printed nothing',
    endedAt: at(0),
    ending: 'quarantined',
    version: 'gvisor@20260928.0',
    ...change,
  };
}
const many = (count: number, change: Partial<EndedRun> = {}) =>
  Array.from({ length: count }, (_, number) => failure(number, change));
const release = (minutes: number): EndedRun =>
  failure(99_999, { outcome: 'released', ending: 'released', endedAt: at(minutes) });

/** Looks every two minutes, as reconcile does, and keeps what it published. */
function night(
  minutes: number,
  runsAt: (minute: number) => readonly EndedRun[],
  retriedAt: (minute: number) => readonly RetriedPool[] = () => [],
): readonly (Notice & { minute: number })[] {
  const known = new Map<string, Incident>();
  const published: (Notice & { minute: number })[] = [];
  for (let now = 0; now <= minutes; now += 2) {
    const { notices, silent } = decideNotices(runsAt(now), retriedAt(now), [...known.values()], start + now * minute);
    for (const notice of notices) published.push({ ...notice, minute: now });
    for (const incident of [...notices.map((notice) => notice.incident), ...silent])
      known.set(incidentName(incident), incident);
  }
  return published;
}

const summary = (notices: readonly (Notice & { minute: number })[]) =>
  notices.map(({ type, incident, minute: when }) => `${when} ${type} ${incident.nodes}`);

describe('an incident', () => {
  it('is reported once for 5,000 nodes that fail alike', () => {
    expect(summary(night(10, (now) => (now === 0 ? [] : many(5_000))))).toEqual(['2 Incident Opened 5000']);
  });

  it('is one for each outcome and each pool, with a handful of messages of which the last counts the others', () => {
    const pools = (now: number) =>
      Array.from({ length: 200 }, (_, number) => many(3, { pool: `pool-${number}`, endedAt: at(Math.min(now, 60)) }));
    const notices = night(200, (now) => pools(now).flat());
    const opened = notices.filter(({ type }) => type === 'Incident Opened');
    expect(opened.map(({ minute: when, more }) => [when, more])).toEqual([
      ...Array(mostNotices - 1).fill([0, undefined]),
      [0, 195],
    ]);
    const last = opened.at(-1);
    expect(last && incidentText(last, place).what).toMatch(/ And 195 more incidents began that have no message: /);
  });

  it('is known although it has no separate message: it grows and ends like any other', () => {
    const pools = Array.from({ length: 7 }, (_, number) => many(7 - number, { pool: `pool-${number}` })).flat();
    const grown = [...pools, ...many(20, { pool: 'pool-6', endedAt: at(3) })];
    const rest = night(380, (now) => (now < 4 ? pools : grown)).filter(({ minute: when }) => when > 0);
    expect(rest.filter(({ incident }) => incident.pool === 'pool-6').map(({ type }) => type)).toEqual([
      'Incident Grew',
      'Incident Closed',
    ]);
    expect(rest.filter(({ type }) => type === 'Incident Closed').length).toBe(7);
  });

  it('stays open while a node that failed is tried again every hour, although its failure does not show meanwhile', () => {
    // Each try takes ten minutes of the hour, and the pool also releases a node now and then.
    const isTried = (now: number) => now > 10 && now % 60 < 10;
    const last = (now: number) => Math.max(0, Math.floor((now - 10) / 60) * 60 + 10);
    const runs = (now: number) => (isTried(now) ? [] : [failure(1, { endedAt: at(last(now)), ending: 'held' })]);
    const tried = (now: number) => (isTried(now) ? [{ cluster: 'demo', pool: 'sandboxed' }] : []);
    expect(summary(night(1_000, runs, tried))).toEqual(['0 Incident Opened 1']);
    const withRelease = (now: number) => [...runs(now), release(Math.floor(now / 30) * 30)];
    expect(summary(night(1_000, withRelease, tried))).toEqual(['0 Incident Opened 1']);
  });

  it('is not made of runs that an operator stopped', () => {
    expect(night(10, () => many(3, { outcome: 'closed-by-operator' }))).toEqual([]);
  });

  it('remembers its last failure after EC2 has forgotten the instance', () => {
    const runs = (now: number) => (now < 300 ? [failure(1, { endedAt: at(now) })] : []);
    expect(summary(night(700, runs))).toEqual(['0 Incident Opened 1', '658 Incident Closed 1']);
  });

  it('is reported again if it grows tenfold, and otherwise once an hour at most', () => {
    const growing = (now: number) =>
      many(Math.min(1 + now * 4, 400)).map((run, number) => ({ ...run, endedAt: at(Math.min(now, number / 4)) }));
    expect(summary(night(130, growing))).toEqual([
      '0 Incident Opened 1',
      '4 Incident Grew 17',
      '44 Incident Grew 177',
      '104 Incident Grew 400',
    ]);
  });

  it('is over ten minutes after the last failure, if a node of the pool was released since', () => {
    expect(summary(night(60, (now) => (now < 6 ? many(3) : [...many(3), release(5)])))).toEqual([
      '0 Incident Opened 3',
      '10 Incident Closed 3',
    ]);
  });

  it('is not over because a node of another pool, or an earlier one, was released', () => {
    const others = [
      { ...release(5), pool: 'builders' },
      { ...release(-1), instanceId: 'i-0000000000000beef' },
    ];
    expect(summary(night(60, () => [...many(3), ...others]))).toEqual(['0 Incident Opened 3']);
  });

  it('is over after six hours without such a failure, and the message states that nothing was released', () => {
    const notices = night(400, () => many(2));
    expect(summary(notices)).toEqual(['0 Incident Opened 2', '360 Incident Closed 2']);
    const [, closed] = notices;
    expect(closed && incidentText(closed, place).what).toContain('none was released either');
  });

  it('is over although EC2 no longer shows the instances that failed', () => {
    expect(summary(night(80, (now) => (now < 60 ? many(3) : [release(61)])))).toEqual([
      '0 Incident Opened 3',
      '60 Incident Closed 3',
    ]);
  });

  it('begins again with a new failure, and not with the old ones', () => {
    const runs = (now: number) => [...many(3), release(5), ...(now >= 30 ? [failure(7, { endedAt: at(29) })] : [])];
    expect(summary(night(38, runs))).toEqual(['0 Incident Opened 3', '10 Incident Closed 3', '30 Incident Opened 1']);
  });

  it('is not opened by failures from before the last hour', () => {
    expect(night(10, () => many(3, { endedAt: at(-61) }))).toEqual([]);
  });

  it('is one for all launches without a pool', () => {
    const run = {
      instanceId: 'i-1',
      launchedAt: at(0),
      cluster: 'demo',
      pool: 'i-1',
      outcome: 'proof-failed',
    } as const;
    const ended = { ...run, ending: 'quarantined', endedAt: at(1) } satisfies RunRecord;
    expect(endedRunOf(ended)?.pool).toBe('none');
  });

  it.each([
    ['under way', {}],
    ['gone', { outcome: 'instance-gone', ending: 'discarded', endedAt: at(1) } as const],
  ])('is not made of a run that is %s', (_, more) => {
    expect(endedRunOf({ instanceId: 'i-1', launchedAt: at(0), cluster: 'demo', pool: 'a', ...more })).toBeUndefined();
  });
});

it('a node counts as tried again in any run that has not ended and is not about a drift', () => {
  const launch = {
    instanceId: 'i-1',
    launchedAt: at(0),
    cluster: 'demo',
    pool: 'a',
    nodeName: '',
    providerId: '',
    deadline: at(20),
  };
  const pool = (why: 'held' | 'retry' | 'verify' | 'drifted' | undefined, more: Partial<RunRecord> = {}) => {
    const rerun = why === undefined ? {} : { rerun: { why, attempt: 1, released: false, reason: '' } };
    return retriedPoolOf({ ...launch, launch: { ...launch, ...rerun }, ...more });
  };
  for (const why of ['held', 'retry', 'verify'] as const) expect(pool(why)).toEqual({ cluster: 'demo', pool: 'a' });
  expect(pool(undefined)).toBeUndefined();
  expect(pool('drifted')).toBeUndefined();
  expect(pool('held', { outcome: 'proof-failed' })).toBeUndefined();
});

describe('the text of an incident', () => {
  const opened = (outcome: EndedRun['outcome'], change: Partial<EndedRun> = {}): Notice => {
    const example = failure(1, { outcome, ...change });
    const { cluster, pool, endedAt } = example;
    const times = { since: endedAt, lastAt: endedAt, reportedAt: endedAt };
    return { type: 'Incident Opened', incident: { cluster, pool, outcome, nodes: 12, ...times }, example };
  };

  it.each(outcomeCodes)(
    '%s has a title of a subject, one line a field, and nothing that a template would break at',
    (code) => {
      for (const type of ['Incident Opened', 'Incident Grew', 'Incident Closed'] as const) {
        const text = incidentText({ ...opened(code), type }, place);
        expect(text.title).toMatch(/^Airlock: [ -~]{1,91}$/);
        for (const line of Object.values(text)) expect(line).toMatch(/^[^\n"\\<>]+$/);
      }
    },
  );

  it('states what, how many, where, why, what to do, and where to read on', () => {
    expect(
      incidentText(opened('proof-failed'), { docs: 'https://git.example.com/airlock/', region: 'eu-central-1' }),
    ).toEqual({
      title: 'Airlock: 12 nodes failed: proof-failed in demo/sandboxed',
      what: '12 nodes failed since 2026-11-28T03:00:00.000Z: No sandbox started on the node, or what started is not isolated.',
      where: 'cluster demo, pool sandboxed, gvisor 20260928.0',
      why: 'the sandbox printed nothing',
      consequence: 'The nodes stay behind their gates, and no pod lands on them.',
      see: 'See: npx airlock explain i-00000000000000001',
      todo: 'Do: Read the detail, and choose another version or image.',
      over: 'A message follows when nodes of the pool are released again.',
      runbook: 'https://git.example.com/airlock/docs/operate/outcomes.md#proof-failed',
      console:
        'https://eu-central-1.console.aws.amazon.com/ec2/home?region=eu-central-1#InstanceDetails:instanceId=i-00000000000000001',
    });
  });

  it.each([
    ['<!channel> <@U123> @here', '(!channel) ((at)U123) (at)here'],
    [
      '[free](https://evil.example) *bold* `code` "quoted" \\n',
      " free (https: //evil.example)  bold  'code' 'quoted' /n",
    ],
    ['line\nline\u202e', 'line line?'],
  ])('shows the claim %j without markup, links and mentions', (claim, shown) => {
    expect(quoteClaim(claim)).toBe(shown);
    const { why } = incidentText(opened('install-failed', { detail: claim }), place);
    expect(why).toBe(shown);
  });

  it('bounds claims: a detail to 300 characters, the pool to 80', () => {
    const text = incidentText(opened('install-failed', { detail: 'x'.repeat(2_000), pool: 'p'.repeat(255) }), place);
    expect(text.why.length).toBe(300);
    expect(text.title.length).toBeLessThanOrEqual(100);
    const detail = incidentDetail(opened('install-failed'), place);
    const { type, detail: stamped } = stampEvent(
      { type: 'Incident Opened', detail },
      { kind: 'function', name: 'reconcile' },
    );
    expect(eventProblem(type, stamped)).toBeUndefined();
  });
});
