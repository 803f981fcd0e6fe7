import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SynthesisRefused, synthesize } from '../../cli/synthesize.ts';
import { airlock } from './airlock.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(inject('scratch'), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a configuration. @returns its path */
function written(text: string): string {
  const path = join(folder, 'airlock.yaml');
  writeFileSync(path, text);
  return path;
}

const inputs = [
  [
    'clusters: [{ name: demo }]\nruntimes:\n  gvisor: { version: "20260101.0" }\n',
    'runtimes.gvisor.version: is "20260101.0"; accepted: 2026',
  ],
  ['clusters: [*demo]\n', '*demo is an alias'],
  ['clusters: [{ name: demo }]\nruntimes: {}\n', 'runtimes: is {}; accepted: at least one runtime'],
] as const;

describe('an invalid configuration', () => {
  it.each(inputs)('is refused by every command in one sentence, before anything else: %j', async (text, message) => {
    const config = written(text);
    const environment = { ...process.env, AIRLOCK_CONFIG: config };
    const commands = [
      ['start', '--json', '--config', config],
      ['start', '--json', '--machine', 'exec:run {node}', '--kubeconfig', '/nowhere', '--config', config],
      ['manifests', '--config', config],
      ['verify-aws'],
      ['breaker'],
      ['breaker', 'close', 'demo', 'pool', 'gvisor@20260101.0'],
    ];

    for (const words of commands) {
      const { code, out, err } = await airlock(words, environment);
      expect(code, words.join(' ')).toBe(2);
      expect(out, words.join(' ')).toBe('');
      expect(err.split('\n').length, words.join(' ')).toBe(2);
      expect(err).toContain(`${config}: `);
      expect(err).toContain(message);
    }
    const refused = await synthesize({ assembly: join(folder, 'cdk.out'), config }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SynthesisRefused);
    expect(refused).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    expect((refused as Error).message).not.toMatch(/\n| at .*:\d+/);
  });

  it('may be a catalogue too', async () => {
    const catalogue = join(folder, 'catalogue.yaml');
    writeFileSync(catalogue, 'version: 2\n');

    const { code, err } = await airlock(['manifests'], { ...process.env, AIRLOCK_CATALOGUE: catalogue });

    expect(code).toBe(2);
    expect(err).toContain(`${catalogue}: catalogue: `);
  });
});

describe('start --runtime', () => {
  it.each([
    ['gvisor@1', []],
    ['kata', ['--config', 'clusters: [{ name: demo }]\nruntimes: { gvisor: {} }\n']],
    ['gvisor@', []],
  ])('refuses %s immediately if nodes cannot get it', async (runtime, words) => {
    const [flag, text] = words;
    const given = flag === undefined || text === undefined ? [] : [flag, written(text)];

    const { code, out, err } = await airlock(['start', '--runtime', runtime, ...given]);

    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(
      new RegExp(`^option '--runtime' is given with '${runtime}'; accepted: gvisor, .*gvisor@2026.*\n$`),
    );
  });
});
