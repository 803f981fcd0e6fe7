import type { Catalogue } from '../../domain/catalogue.ts';
import type { Runtime } from '../../domain/runtimes.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** When the month begins: a Tuesday, at midnight in UTC. */
export const monthStart = Date.parse('2026-12-01T00:00:00.000Z');

/** A pool of the fleet. */
export interface Pool {
  readonly name: string;
  readonly size: number;
  readonly runtime: Extract<Runtime, 'gvisor' | 'kata'>;
}

/** The six pools with 2,000 nodes. gVisor is switched in place; nodes with Kata give way to others. */
export const pools: readonly Pool[] = [
  { name: 'web', size: 900, runtime: 'gvisor' },
  { name: 'batch', size: 500, runtime: 'gvisor' },
  { name: 'ci', size: 300, runtime: 'gvisor' },
  { name: 'agents', size: 200, runtime: 'gvisor' },
  { name: 'vault', size: 60, runtime: 'kata' },
  { name: 'builds', size: 40, runtime: 'kata' },
];

/** `airlock.yaml` of the month. */
export const config = {
  clusters: [{ name: 'demo', instanceProfiles: ['demo-nodes'] }],
  runtimes: { gvisor: {}, kata: {} },
  rollout: {
    waves: [1, '10%', '50%', '100%'],
    soak: '12h',
    maxUnavailable: '10%',
    maxDisruptionWait: '6h',
    windows: [{ from: '20:00', to: '06:00' }],
    deadlines: { high: '7d' },
  },
} as const;

/** The share of a pool that may be out of service, as {@link config} has it. */
export const maxUnavailableShare = 0.1;

/** The versions whose proof fails on every node. */
export const badVersions: readonly string[] = ['20261005.0', '4.3.0'];

/** An advisory of the month. */
export interface MonthAdvisory {
  readonly id: string;
  readonly runtime: Pool['runtime'];
  readonly fixedIn: string;
  /** Milliseconds since {@link monthStart}. */
  readonly publishedAt: number;
}

/** Each one has to be fixed within seven days of its publication. */
export const deadlineMs = 7 * day;

/** The advisories, in the order of their publication. */
export const advisories: readonly MonthAdvisory[] = [
  { id: 'CVE-2026-90001', runtime: 'gvisor', fixedIn: '20260921.0', publishedAt: 3 * day },
  { id: 'CVE-2026-90002', runtime: 'gvisor', fixedIn: '20260928.0', publishedAt: 5 * day },
  { id: 'CVE-2026-90003', runtime: 'kata', fixedIn: '4.2.0', publishedAt: 5 * day },
];

/** One deployment of the month. */
export interface Deployment {
  /** Milliseconds since {@link monthStart}. */
  readonly at: number;
  readonly about: string;
  readonly defaults: Readonly<Record<Pool['runtime'], string>>;
  /** Another text of the documents, so that they are replaced while commands run. */
  readonly room?: number;
}

/** The deployments, in their order. An advisory is in the catalogue of each deployment after its publication. */
export const deployments: readonly Deployment[] = [
  { at: 0, about: 'the first deployment', defaults: { gvisor: '20260831.0', kata: '4.1.0' } },
  { at: 3.5 * day, about: 'the fix of the first advisory', defaults: { gvisor: '20260921.0', kata: '4.1.0' } },
  {
    ...{ at: 4 * day + 20 * hour + 9 * 60_000, about: 'other documents, in the middle of a wave' },
    ...{ defaults: { gvisor: '20260921.0', kata: '4.1.0' }, room: 601 },
  },
  { at: 5.5 * day, about: 'the fixes of the next advisories', defaults: { gvisor: '20260928.0', kata: '4.2.0' } },
  { at: 12.5 * day, about: 'versions whose proof fails', defaults: { gvisor: '20261005.0', kata: '4.3.0' } },
  { at: 13.5 * day, about: 'versions that work', defaults: { gvisor: '20261012.0', kata: '4.3.1' } },
];

/**
 * When the API server answers nothing for an hour, in milliseconds since {@link monthStart}. `soak`: while waves are
 * watched. `window`: as nodes are taken out. A rollout whose node fails then has stopped until an operator resumes it.
 */
export const outages = {
  soak: { from: 6 * day + 6 * hour + 30 * 60_000, to: 6 * day + 7 * hour + 30 * 60_000 },
  window: { from: 5 * day + 20 * hour + 4 * 60_000, to: 5 * day + 21 * hour + 4 * 60_000 },
} as const;

/** When the API server is down. */
export type Outage = keyof typeof outages;

const versions = {
  gvisor: ['20260831.0', '20260921.0', '20260928.0', '20261005.0', '20261012.0'],
  kata: ['4.1.0', '4.2.0', '4.3.0', '4.3.1'],
} as const;

/** The catalogue that a deployment comes with, made from the project's own: its versions, and the advisories so far. */
export function catalogueOf(own: Catalogue, { at, defaults, room }: Deployment): Catalogue {
  const runtimes = Object.fromEntries(
    (['gvisor', 'kata'] as const).map((runtime) => {
      const entry = own.runtimes[runtime];
      const [artifacts] = entry?.versions.map((one) => one.artifacts) ?? [];
      if (entry === undefined || artifacts === undefined) throw new Error(`the catalogue has no version of ${runtime}`);
      const known = advisories.filter((one) => one.runtime === runtime && one.publishedAt <= at);
      return [
        runtime,
        {
          ...entry,
          ...(room === undefined || runtime !== 'gvisor' ? {} : { room }),
          default: defaults[runtime],
          versions: versions[runtime].map((version) => ({ version, artifacts })),
          advisories: known.map(({ id, fixedIn, publishedAt }) => ({
            ...{ id, summary: 'an escape to the host', severity: 'high' as const, fixedIn },
            published: new Date(monthStart + publishedAt).toISOString().slice(0, 10),
            affected: [{ before: fixedIn }],
            link: `https://example.com/${id}`,
          })),
        },
      ];
    }),
  );
  return { ...own, runtimes };
}

/** Whether a version has the fix of an advisory. Versions of the month sort as texts. */
export function hasFix({ fixedIn }: MonthAdvisory, version: string): boolean {
  return version >= fixedIn;
}
