import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesizeSimulated } from '../../cli/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The cloud assembly of the sample airlock.yaml, with the checksums of the stand-in release in its catalogue. */
    assembly: string;
    /** That catalogue's file. */
    catalogue: string;
    /** A folder for whatever a test writes; it is gone after the last one. */
    scratch: string;
  }
}

/** Synthesizes once for all tests. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-test-'));
  const { assembly, catalogue } = await synthesizeSimulated(folder);
  project.provide('assembly', assembly);
  project.provide('catalogue', catalogue);
  project.provide('scratch', mkdtempSync(join(folder, 'scratch-')));
  return () => rmSync(folder, { recursive: true });
}
