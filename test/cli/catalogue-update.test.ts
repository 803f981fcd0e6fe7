import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSource } from '../../cli/catalogue/fetch.ts';
import { withPin } from '../../cli/catalogue/pin.ts';
import { type UpdateOptions, updateCatalogue } from '../../cli/catalogue/update.ts';
import { CatalogueUpdateSchema } from '../../cli/catalogue/update-report.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { loadSettings, shippedCatalogue } from '../../lib/config/settings.ts';
import { airlock } from './airlock.ts';

const shipped = readFileSync(shippedCatalogue, 'utf8');
/** The shipped catalogue with a new default of gVisor, and another checksum of an old version. */
const newer = shipped
  .replace('default: "20260928.0"', 'default: "20261005.0"')
  .replace('3dd478770dd751d09c257ba14d739b179348a36c5f2d9e954b773f5f90bff646', 'f'.repeat(64));
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const plain = '# mine\nclusters: [{ name: demo }] # the only one\nruntimes: { gvisor: {} }\n';

let folder: string;
let config: string;
const written = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
/** Runs the command in this process. */
async function update(options: Partial<UpdateOptions> & Pick<UpdateOptions, 'from'>) {
  let out = '';
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  try {
    return { code: await updateCatalogue({ dryRun: false, json: false, config, ...options }), out };
  } finally {
    written.mockRestore();
  }
}
const refusal = (options: Pick<UpdateOptions, 'from' | 'sha256' | 'to'>) =>
  updateCatalogue({ dryRun: false, json: false, config, ...options });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-catalogue-'));
  config = written('airlock.yaml', plain);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('airlock catalogue update', () => {
  it('writes the copy and its hash, after which every command takes the catalogue from it', async () => {
    const from = written('newer.yaml', newer);
    const { code, out } = await update({ from });

    expect(code).toBe(0);
    expect(out).toContain('gvisor default\n  - 20260928.0\n  + 20261005.0\n');
    expect(out).toContain('gvisor artifact 20260921.0 x86_64  CHECK THIS: no new release changes it');
    expect(readFileSync(join(folder, 'catalogue.yaml'), 'utf8')).toBe(newer);
    expect(readFileSync(config, 'utf8').startsWith(plain)).toBe(true);
    expect(loadConfig(config).catalogue).toEqual({ file: 'catalogue.yaml', sha256: hashOf(newer) });
    expect(loadSettings({ config }).versions.gvisor?.default).toBe('20261005.0');
  });

  it('writes nothing with --dry-run, and nothing the second time', async () => {
    const from = written('newer.yaml', newer);
    const dry = await update({ from, dryRun: true, json: true });
    expect(v.parse(CatalogueUpdateSchema, JSON.parse(dry.out))).toMatchObject({ written: false });
    expect(readFileSync(config, 'utf8')).toBe(plain);

    await update({ from });
    const again = await update({ from, json: true });
    expect(v.parse(CatalogueUpdateSchema, JSON.parse(again.out))).toMatchObject({ written: false, changes: [] });
  });

  it('takes the place of a copy that was changed since, which every other command refuses', async () => {
    await update({ from: written('newer.yaml', newer) });
    const copy = written('catalogue.yaml', `${newer}\n# changed by hand\n`);
    expect(() => loadSettings({ config })).toThrow(`accepted: ${hashOf(newer)}, which airlock.yaml pins`);

    const { code, err } = await airlock(['catalogue', 'update', '--from', copy, '--config', config]);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(loadSettings({ config }).config.catalogue?.sha256).toBe(hashOf(`${newer}\n# changed by hand\n`));
  });

  it.each([
    [
      'a catalogue with a bad field',
      newer.replace('severity: high', 'severity: bad'),
      'low, medium, high, critical; seen: "bad"',
    ],
    ['something that is no catalogue', 'hello: world\n', 'catalogue: '],
    [
      'a catalogue without a configured runtime',
      newer.replace(/ {2}gvisor:[\s\S]*(?= {2}kata:)/, ''),
      'runtimes.gvisor: is not in the catalogue',
    ],
    [
      'a catalogue that fits into no document',
      newer
        .replace(/(goodHost: Ubuntu.*)/, '$1')
        .replace(
          '    rules:\n',
          `    rules:\n${'      - { verdict: refused, reason: "r", instead: "i", link: "https://example.com/x" }\n'.repeat(900)}`,
        ),
      'gvisor install: the document has ',
    ],
  ])('refuses %s, and leaves both files as they are', async (_, text, message) => {
    await expect(refusal({ from: written('newer.yaml', text) })).rejects.toThrow(message);
    expect(readFileSync(config, 'utf8')).toBe(plain);
    expect(() => readFileSync(join(folder, 'catalogue.yaml'))).toThrow('ENOENT');
  });

  it('refuses another hash than --sha256 gives, another kind of address, and a file outside the folder', async () => {
    const from = written('newer.yaml', newer);
    await expect(refusal({ from, sha256: 'a'.repeat(64) })).rejects.toThrow(
      `its SHA-256 is ${hashOf(newer)}; accepted: ${'a'.repeat(64)}`,
    );
    await expect(refusal({ from: 'http://example.com/c.yaml' })).rejects.toThrow(
      `option '--from' is "http://example.com/c.yaml"; accepted: a file or an https address`,
    );
    await expect(refusal({ from, to: '../c.yaml' })).rejects.toThrow(
      'catalogue.file: is "../c.yaml"; accepted: a file below the folder of airlock.yaml',
    );
    await expect(refusal({ from: join(folder, 'none.yaml') })).rejects.toMatchObject({ name: 'CouldNotLook' });
  });
});

describe('a catalogue from an address', () => {
  const answer = (body: string | Uint8Array, status = 200, url = 'https://example.com/c.yaml') => {
    const response = new Response(body, { status });
    Object.defineProperty(response, 'url', { value: url });
    return (async () => response) as typeof fetch;
  };

  it('is what the address answers', async () => {
    const bytes = await readSource('https://example.com/c.yaml', answer(newer));
    expect(Buffer.from(bytes).toString()).toBe(newer);
  });

  it.each([
    ['with an error', answer('no', 404), 'https://example.com/c.yaml: answered 404; accepted: 200'],
    ['over http after a redirect', answer(newer, 200, 'http://example.com/'), 'redirects to http://example.com/'],
    ['with more than a megabyte', answer(new Uint8Array(1_048_577)), 'is larger than 1048576 bytes'],
    [
      'nothing',
      (() => Promise.reject(new TypeError('fetch failed', { cause: new Error('no route') }))) as never,
      'cannot be read: no route',
    ],
  ])('could not be looked at if it answers %s', async (_, get, message) => {
    await expect(readSource('https://example.com/c.yaml', get)).rejects.toMatchObject({
      name: 'CouldNotLook',
      message: expect.stringContaining(message),
    });
  });
});

describe('a pin', () => {
  const pin = { file: 'catalogue.yaml', sha256: 'a'.repeat(64) };

  it.each([
    [
      'on their own lines',
      `${plain}catalogue: # pinned\n  file: old.yaml # here\n  sha256: ${'b'.repeat(64)}\ngate: a/b\n`,
    ],
    ['on one line', `${plain}catalogue: { file: "old.yaml", sha256: ${'b'.repeat(64)} }\n`],
  ])('replaces an earlier one %s, and no other byte', (_, text) => {
    const expected = text.replace(/"?old.yaml"?/, pin.file).replace('b'.repeat(64), pin.sha256);
    expect(withPin(text, pin)).toBe(expected);
  });

  it('is refused for a file into which it cannot be written', () => {
    expect(() => withPin('{ clusters: [{ name: demo }] }\n', pin)).toThrow(/accepted/);
  });
});
