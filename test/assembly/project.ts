import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import type { Copy } from '../mutations/assembly.ts';
import { withoutPreparation } from '../scenarios/prepared.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The cloud assembly of the sample airlock.yaml, with the stand-in version's checksums in its catalogue. */
    assembly: string;
    /** The same, for clusters in which an administrator has applied the manifests; most simulations play on it. */
    prepared: string;
    /** That catalogue's file. */
    catalogue: string;
    /** A folder for the files a test writes; it is removed after the last test. */
    scratch: string;
  }
}

interface Shared {
  readonly folder: string;
  readonly synthesis: ReturnType<typeof synthesizeSimulated>;
  readonly prepared: Promise<Copy>;
  lanes: number;
}

/** Each lane has its own module in one process. */
const here = globalThis as { airlockAssembly?: Shared };

function begin(): Shared {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-test-'));
  const synthesis = synthesizeSimulated(folder);
  return { folder, synthesis, prepared: synthesis.then(({ assembly }) => withoutPreparation(assembly)), lanes: 0 };
}

/** Synthesizes once for all tests, whichever lanes run. */
export default async function setup(project: TestProject): Promise<() => void> {
  here.airlockAssembly ??= begin();
  const shared = here.airlockAssembly;
  shared.lanes++;
  const { assembly, catalogue } = await shared.synthesis;
  const prepared = await shared.prepared;
  project.provide('assembly', assembly);
  project.provide('prepared', prepared.write());
  project.provide('catalogue', catalogue);
  project.provide('scratch', mkdtempSync(join(shared.folder, 'scratch-')));
  return () => {
    if (--shared.lanes > 0) return;
    prepared.remove();
    rmSync(shared.folder, { recursive: true });
  };
}
