import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FunctionName, functionSettings } from '../../domain/function-settings.ts';
import { pack } from '../../domain/packed.ts';
import { variable } from '../../lambdas/adapters/environment.ts';

const root = join(import.meta.dirname, '..', '..');
const functions = Object.keys(functionSettings) as FunctionName[];

/** The variables that a function's code and its imports read. */
async function variablesRead(name: FunctionName): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    entryPoints: [`lambdas/${name}/handler.ts`],
    metafile: true as const,
    outdir: 'none',
  });
  const [output] = Object.values(metafile?.outputs ?? {});
  const files = Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 && file.startsWith('lambdas/') ? [readFileSync(join(root, file), 'utf8')] : [],
  );
  const read = files.flatMap((text) => [...text.matchAll(/\bvariable\('([A-Z_]+)'\)/g)].map(([, found = '']) => found));
  return [...new Set(read)].toSorted();
}

describe('the contract between the stack and a function', () => {
  it('has an entry for every function', () => {
    const folders = readdirSync(join(root, 'lambdas'), { recursive: true, encoding: 'utf8' });
    const handlers = folders.flatMap((path) => /^([^/]+)\/handler\.ts$/.exec(path)?.[1] ?? []);
    expect(functions.toSorted()).toEqual(handlers.toSorted());
  });

  it.each(functions)('of %s names only what its code reads', async (name) => {
    expect(await variablesRead(name)).toEqual([...functionSettings[name]].toSorted());
  });
});

describe('a variable', () => {
  afterEach(() => vi.unstubAllEnvs());

  it("that is missing or empty stops the function with the variable's name", () => {
    vi.stubEnv('LEDGER_TABLE', '');
    expect(() => variable('LEDGER_TABLE')).toThrow('environment variable LEDGER_TABLE is not set');
    vi.stubEnv('LEDGER_TABLE', undefined);
    expect(() => variable('LEDGER_TABLE')).toThrow('environment variable LEDGER_TABLE is not set');
  });

  it('with another form stops it with its name, the value and the accepted form', () => {
    vi.stubEnv('PROOF', 'both');
    expect(() => variable('PROOF')).toThrow(/environment variable PROOF: both: .*"pod" \| "host"/);
    vi.stubEnv('CLUSTER_FUNCTIONS', '{"demo":');
    expect(() => variable('CLUSTER_FUNCTIONS')).toThrow(/environment variable CLUSTER_FUNCTIONS: \{"demo":: .*JSON/);
  });

  it('that is packed is read by its schema, short or long', () => {
    const breaker = { failures: 3, sharePercent: 50, windowMinutes: 30 };
    const pools = Array.from({ length: 50 }, (_, at) => ({ name: `pool-${at}`, deadlineMinutes: 30 }));
    for (const rules of [{ pools: [] }, { pools }]) {
      const value = { deadlineMinutes: 20, onFailure: 'replace', ...rules, breaker };
      vi.stubEnv('RULES', pack(value));
      expect(variable('RULES')).toEqual(value);
    }
    vi.stubEnv('RULES', pack({ deadlineMinutes: 20, onFailure: 'ignore', pools: [], breaker }));
    expect(() => variable('RULES')).toThrow(/environment variable RULES: .*"ignore".*"quarantine" \| "replace"/);
    vi.stubEnv('RULES', 'neither JSON nor deflated');
    expect(() => variable('RULES')).toThrow(/environment variable RULES: neither JSON nor deflated: accepted: JSON/);
  });

  it('may be absent only if its form allows it', () => {
    vi.stubEnv('INSIDE_FUNCTION', undefined);
    expect(variable('INSIDE_FUNCTION')).toBeUndefined();
  });
});
