// npm run bench:bundles: what each function loads and needs. With --write it writes docs/evidence/functions.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { workOfLaunches } from './function-work.ts';
import { bundleFunctions, loadFunctions } from './functions.ts';
import { functionsPage } from './functions-page.ts';

/** A configuration with every function. */
const everything = 'clusters: [{name: demo}]\nruntimes: {gvisor: {}}\nreceiptKey: 1\ndoctor: {schedule: rate(1 day)}\n';
const rounds = 7;
const crowdNodes = 200;

/** The memory that the template gives each function, in MiB. */
function memoryIn(assembly: string): ReadonlyMap<string, number> {
  const { Resources } = JSON.parse(readFileSync(join(assembly, 'Airlock.template.json'), 'utf8')) as {
    readonly Resources: Readonly<
      Record<string, { Properties: { Environment?: { Variables: Record<string, unknown> }; MemorySize?: number } }>
    >;
  };
  return new Map(
    Object.values(Resources).flatMap(({ Properties }) => {
      const name = Properties?.Environment?.Variables['POWERTOOLS_SERVICE_NAME'];
      return typeof name === 'string' ? [[name, Properties.MemorySize ?? 128] as const] : [];
    }),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'airlock-bundles-'));
const config = join(folder, 'airlock.yaml');
writeFileSync(config, everything);
try {
  const { assembly } = await synthesizeSimulated(folder, { config });
  const bundles = await bundleFunctions(folder);
  const page = functionsPage({
    bundles,
    loaded: loadFunctions(assembly, bundles, rounds),
    alone: await workOfLaunches(assembly, 10, 0),
    crowd: await workOfLaunches(assembly, crowdNodes, 10_000),
    crowdNodes,
    memoryMib: memoryIn(assembly),
    rounds,
  });
  process.stdout.write(page);
  if (process.argv.includes('--write'))
    writeFileSync(new URL('../../docs/evidence/functions.md', import.meta.url), page);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
