import { describe, expect, it } from 'vitest';
import { Screen } from '../../../cli/output/screen.ts';
import type { Fleet } from '../../../cli/status/fleet.ts';
import { fleetLines } from '../../../cli/status/print.ts';
import { watch } from '../../../cli/status/watch.ts';

const csi = '\u001b[';

/** A terminal that keeps what is written to it. */
function terminal(rows: number) {
  const written: string[] = [];
  return { rows, written, write: (text: string) => written.push(text) };
}

describe('a screen', () => {
  it('is drawn over itself: nothing is cleared before it is drawn again, and no old text stays', () => {
    const seen = terminal(10);
    const screen = new Screen(seen);
    screen.draw('one\ntwo');
    screen.draw('1');
    const drawn = seen.written.slice(1).map((text) => text.replaceAll(csi, '^'));
    expect(drawn).toEqual(['^?2026h^Hone^K\r\ntwo^K^J^?2026l', '^?2026h^H1^K^J^?2026l']);
  });

  it('gives the terminal back once: its text, its cursor and its line wrap', () => {
    const seen = terminal(10);
    const screen = new Screen(seen);
    screen.close();
    screen.draw('one');
    screen.close();
    screen.close();
    const modes = seen.written
      .join('')
      .replaceAll(csi, '^')
      .matchAll(/\^\?(1049|25|7)([hl])/g);
    expect([...modes].map(([, mode, set]) => `${mode}${set}`)).toEqual(['1049h', '25l', '7l', '7h', '25h', '1049l']);
  });

  it('is as high as the terminal, and counts the lines that have no room', () => {
    const seen = terminal(3);
    new Screen(seen).draw('a\nb\nc\nd');
    expect(seen.written.at(-1)).toContain(`b${csi}K\r\n… 2 more lines${csi}K`);
  });
});

describe('repeated looks', () => {
  const shown: (readonly [number, string | undefined])[] = [];
  const run = (looks: readonly (() => Promise<number>)[]) => {
    shown.length = 0;
    const ending = new AbortController();
    const left = [...looks];
    return watch({
      everyMs: 0,
      signal: ending.signal,
      look: () => left.shift()?.() ?? Promise.reject(new Error('no look is left')),
      show: (seen, failure) => {
        shown.push([seen, failure]);
        if (left.length === 0) ending.abort();
      },
    });
  };

  it('show what each look saw, until they are ended', async () => {
    expect(await run([async () => 1, async () => 2])).toEqual({ seen: 2 });
    expect(shown).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
  });

  it('go on after a look that failed, with what was seen before', async () => {
    const failing = () => Promise.reject(new Error('Rate exceeded'));
    expect(await run([async () => 1, failing])).toEqual({ seen: 1, failure: 'Rate exceeded' });
    expect((await run([async () => 1, failing, async () => 3]))?.failure).toBeUndefined();
  });

  it('throw if the first look fails', async () => {
    await expect(run([() => Promise.reject(new Error('no stack'))])).rejects.toThrow('no stack');
  });

  it('end in the middle of a look', async () => {
    const ending = new AbortController();
    const ended = watch({
      everyMs: 0,
      signal: ending.signal,
      look: () => new Promise<number>(() => undefined),
      show: () => undefined,
    });
    ending.abort();
    expect(await ended).toBeUndefined();
  });
});

describe('a fleet in the terminal', () => {
  const launches = Array.from({ length: 30 }, (_, at) => ({
    instanceId: `i-${String(at).padStart(17, '0')}`,
    nodeName: `ip-10-0-0-${at}.eu-central-1.compute.internal`,
    cluster: 'demo',
    pool: 'sandboxed',
    phase: at % 2 === 0 ? ('installing' as const) : ('waiting for the agent' as const),
    ageSeconds: at,
    deadline: '2026-11-21T10:00:00.000Z',
  }));
  const fleet: Fleet = {
    version: 1,
    at: '2026-11-21T09:00:00.000Z',
    pools: [
      { cluster: 'demo', pool: 'sandboxed', nodes: { released: 3, 'under way': 30 }, versions: { 'gvisor@1': 3 } },
    ],
    underWay: launches,
    attention: [
      { ...(launches[0] as (typeof launches)[0]), state: 'quarantined', reason: 'proof-failed: no sandbox started' },
    ].map(({ instanceId, nodeName, cluster, pool, state, reason }) => ({
      ...{ instanceId, nodeName, cluster, pool, reason },
      state: state as 'quarantined',
    })),
    exposed: [],
    openBreakers: [
      { cluster: 'demo', pool: 'sandboxed', version: 'gvisor@1', state: 'open', openedAt: '2026-11-21T08:00:00.000Z' },
    ],
    rollouts: [
      {
        ...{ cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor', target: '2', configured: '2', wave: 1 },
        ...{ startedAt: '2026-11-21T08:00:00.000Z', done: 3, total: 30, pinnedToWithdrawn: 0, waitsFor: 'room' },
      },
    ],
    notChecked: [{ resource: 'cluster lab', reason: 'not authorized to perform: lambda:InvokeFunction' }],
  };

  it.each([60, 80, 200])('has no line over %i columns, and a bar with the phase and age of each launch', (width) => {
    const lines = fleetLines(fleet, { width, mostUnderWay: Number.POSITIVE_INFINITY });
    expect(lines.filter(({ length }) => length > width)).toEqual([]);
    for (const { instanceId } of launches) expect(lines.some((line) => line.includes(instanceId))).toBe(true);
    expect(lines.find((line) => line.includes(launches[28]?.instanceId ?? ''))).toMatch(/■■■□□ {2}install.* 28 s /);
    expect(lines.join('\n')).not.toContain(csi);
  });

  it('has how far each rollout is, and what it waits for', () => {
    const lines = fleetLines(fleet, { width: 80, mostUnderWay: 2 });
    expect(lines).toContain('  rolling  demo sandboxed gvisor@2  3 of 30 nodes, waits for maxUnavailable');
  });

  it('has the oldest launches first, and counts the others if there is no room for all', () => {
    const lines = fleetLines(fleet, { width: 80, mostUnderWay: 2 });
    const ids = lines.flatMap((line) => /□.*(i-0{15}\d\d)/.exec(line)?.[1] ?? []);
    expect(ids).toEqual([launches[29]?.instanceId, launches[28]?.instanceId]);
    expect(lines).toContain('  … and 28 younger ones; --json has all');
    expect(lines).toContain('under way: 15 waiting for the agent, 15 installing');
  });
});
