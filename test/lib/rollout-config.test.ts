import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/config/config-error.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { fleetRolloutOf } from '../../lib/config/rollout-settings.ts';
import { shipped } from '../ssm-documents/node.ts';

/** What is wrong with some fields of `airlock.yaml`, one message a line; empty if they are accepted. */
function faultsOf(text: string, clusters = '[{name: a, instanceProfiles: [a-nodes]}]'): string {
  try {
    parseConfig(`clusters: ${clusters}\n${text}`, 'f');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return '';
}

const fields = 'waves, soak, maxUnavailable, maxDisruptionWait, windows and deadlines are the fields of rollout';
const poolFields = "waves, soak, maxUnavailable, maxDisruptionWait and windows are the fields of a pool's rollout";
const waves = 'up to 10 waves that grow and end with "100%", for instance [1, "10%", "50%", "100%"]';
const share = 'a whole number of nodes from 1 to 10000, or a share in quotes from "1%" to "100%"';
const duration = 'a duration in minutes, hours or days, for instance 30m, 12h or 7d';
const windowFields = 'days, from, to and timeZone are the fields of a window';
const time = 'a time in quotes at a quarter of an hour, for instance "22:00" or "04:30"';
const zone = 'a time zone of the IANA database, for instance Europe/Berlin or UTC';
const days = 'mon, tue, wed, thu, fri, sat, sun';
const window = (text: string) => `{windows: [{${text}}]}`;
const night = 'from: "22:00", to: "04:00"';

describe('the block rollout of airlock.yaml', () => {
  it.each([
    ['yes', `rollout: is "yes"; accepted: ${fields}`],
    ['', `rollout: is nothing; accepted: ${fields}`],
    ['[]', `rollout: is []; accepted: ${fields}`],
    ['{wave: [1]}', `rollout.wave: unknown field; accepted: ${fields}`],
    ['{waves: 5}', `rollout.waves: is 5; accepted: ${waves}`],
    ['{waves: []}', `rollout.waves: is []; accepted: ${waves}`],
    ['{waves: [1, "50%"]}', `rollout.waves: is [1,"50%"]; accepted: ${waves}`],
    ['{waves: ["10%", "10%", "100%"]}', `rollout.waves: is ["10%","10%","100%"]; accepted: ${waves}`],
    ['{waves: [5, "10%", 3, "100%"]}', `rollout.waves: is [5,"10%",3,"100%"]; accepted: ${waves}`],
    ['{waves: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "100%"]}', `accepted: ${waves}`],
    ['{waves: [0, "100%"]}', `rollout.waves.0: is 0; accepted: ${share}`],
    ['{waves: [1.5, "100%"]}', `rollout.waves.0: is 1.5; accepted: ${share}`],
    ['{waves: ["0%", "100%"]}', `rollout.waves.0: is "0%"; accepted: ${share}`],
    ['{soak: 30}', `rollout.soak: is 30; accepted: ${duration}`],
    ['{soak: 0m}', `rollout.soak: is "0m"; accepted: ${duration}`],
    ['{soak: 30 minutes}', `rollout.soak: is "30 minutes"; accepted: ${duration}`],
    ['{maxUnavailable: 0}', `rollout.maxUnavailable: is 0; accepted: ${share}`],
    ['{maxUnavailable: "0%"}', `rollout.maxUnavailable: is "0%"; accepted: ${share}`],
    ['{maxUnavailable: 10001}', `rollout.maxUnavailable: is 10001; accepted: ${share}`],
    ['{maxUnavailable: all}', `rollout.maxUnavailable: is "all"; accepted: ${share}`],
    ['{maxUnavailable: [1]}', `rollout.maxUnavailable: is [1]; accepted: ${share}`],
    ['{maxDisruptionWait: 1w}', `rollout.maxDisruptionWait: is "1w"; accepted: ${duration}`],
    ['{windows: {}}', 'rollout.windows: is {}; accepted: a list of windows, each with from and to'],
    ['{windows: []}', 'rollout.windows: is []; accepted: at least one window'],
    [`{windows: [${Array(11).fill(`{${night}}`).join(', ')}]}`, 'accepted: at most 10 windows'],
    ['{windows: [always]}', `rollout.windows.0: is "always"; accepted: ${windowFields}`],
    [window('from: "22:00"'), `rollout.windows.0.to: is missing and has no default; accepted: ${time}`],
    [window(`${night}, zone: UTC`), `rollout.windows.0.zone: unknown field; accepted: ${windowFields}`],
    [window('from: "22:10", to: "04:00"'), `rollout.windows.0.from: is "22:10"; accepted: ${time}`],
    [window('from: "24:00", to: "04:00"'), `rollout.windows.0.from: is "24:00"; accepted: ${time}`],
    [window('from: "22:00", to: 4'), `rollout.windows.0.to: is 4; accepted: ${time}`],
    [window(`${night}, days: mon`), `rollout.windows.0.days: is "mon"; accepted: ${days}`],
    [window(`${night}, days: []`), `rollout.windows.0.days: is []; accepted: ${days}`],
    [window(`${night}, days: [monday]`), `rollout.windows.0.days.0: is "monday"; accepted: ${days}`],
    [window(`${night}, days: [mon, mon]`), 'rollout.windows.0.days: is ["mon","mon"]; accepted: each day once'],
    [window(`${night}, timeZone: Berlin`), `rollout.windows.0.timeZone: is "Berlin"; accepted: ${zone}`],
    ['{deadlines: 7d}', 'rollout.deadlines: is "7d"; accepted: durations by severity, for instance { high: 7d }'],
    ['{deadlines: []}', 'rollout.deadlines: is []; accepted: durations by severity, for instance { high: 7d }'],
    ['{deadlines: {urgent: 7d}}', 'is "urgent"; accepted: a severity: low, medium, high, critical'],
    ['{deadlines: {high: 7}}', `rollout.deadlines.high: is 7; accepted: ${duration}`],
  ])('names the field, the value seen and the accepted form: rollout: %s', (rollout, message) => {
    const seen = faultsOf(`rollout: ${rollout}`);
    expect(seen).toContain(message);
    // The validator's own sentences name no form that a person would type.
    expect(seen).not.toMatch(/Invalid|Expected|a value/);
  });

  it.each([
    '{}',
    '{waves: ["100%"]}',
    '{maxUnavailable: 5%, soak: 12h, maxDisruptionWait: 1d}',
    `{windows: [{${night}, days: [fri], timeZone: Europe/Berlin}], deadlines: {critical: 3d}}`,
  ])('is accepted: %s', (rollout) => {
    expect(faultsOf(`rollout: ${rollout}`)).toBe('');
  });

  it.each([
    ['{soak: 30}', `pools.0.rollout.soak: is 30; accepted: ${duration}`],
    ['{maxUnavailable: "50"}', `pools.0.rollout.maxUnavailable: is "50"; accepted: ${share}`],
    ['{waves: [5, 1, "100%"]}', `pools.0.rollout.waves: is [5,1,"100%"]; accepted: ${waves}`],
    ['{deadlines: {high: 7d}}', `pools.0.rollout.deadlines: unknown field; accepted: ${poolFields}`],
    ['[]', `pools.0.rollout: is []; accepted: ${poolFields}`],
    ['yes', `pools.0.rollout: is "yes"; accepted: ${poolFields}`],
  ])('names them in a pool too: rollout: %s', (rollout, message) => {
    expect(faultsOf(`rollout: {}\npools: [{name: b, rollout: ${rollout}}]`)).toContain(message);
  });

  it('has to be there for a pool that has its own settings', () => {
    const pool = 'pools: [{name: b, rollout: {soak: 1h}}]';
    expect(faultsOf(pool)).toContain('pools.0.rollout: is {"soak":"1h"}; accepted: only with the block rollout');
    expect(faultsOf(`rollout: {}\n${pool}`)).toBe('');
  });

  it.each([
    ['rollout: {maxDisruptionWait: 1d}', 'because rollout.maxDisruptionWait is set'],
    [
      'rollout: {}\npools: [{name: b, rollout: {maxDisruptionWait: 1d}}]',
      'because pool b has rollout.maxDisruptionWait and names no instanceProfiles',
    ],
  ])('terminates no instance that only a tag marks as a node: %s', (text, because) => {
    expect(faultsOf(text, '[{name: a}]')).toContain(
      `clusters.0.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of a, ${because}`,
    );
    expect(faultsOf(text)).toBe('');
    expect(faultsOf(text.replace('name: b', 'name: b, instanceProfiles: [b]'), '[{name: a}]') === '').toBe(
      text.includes('name: b'),
    );
  });

  it('takes no list for a block, here or elsewhere', () => {
    expect(faultsOf('targets: []\nbreaker: []')).toContain('f: targets: is []; accepted: ');
    expect(faultsOf('pools: [[]]')).not.toBe('');
  });
});

describe('the deadline of an advisory', () => {
  const dueIn = (text: string) =>
    fleetRolloutOf(
      parseConfig(`clusters: [{name: a}]\nrollout: {deadlines: {high: 7d}}\n${text}`),
      shipped,
    )?.deadlines.map(({ id, due }) => `${id} ${due}`);
  const kata = 'kata: {annotations: [io.katacontainers.config.hypervisor.default_vcpus]}';

  it('counts from its day, also if no pinned version is affected: a node may have an older one', () => {
    expect(dueIn('runtimes: {gvisor: {}}')).toEqual(['CVE-2026-96812 2026-10-02T00:00:00.000Z']);
  });

  it('is only for what the configuration exposes', () => {
    expect(dueIn('runtimes: {kata: {}}')).toEqual([]);
    expect(dueIn(`runtimes: {${kata}}\nwithdrawAt: critical`)?.map((one) => one.split(' ')[0])).toContain(
      'kata-4.3.0-annotations',
    );
  });
});
