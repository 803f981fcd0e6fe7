/**
 * With `AWS_MODELS`, the folder of AWS's own models, each call of a test file is compared with them. `npm run
 * test:faults` does so by itself if the machine has them.
 */
import { afterAll, expect } from 'vitest';

if (process.env['AWS_MODELS'] !== undefined) {
  const { findModels, ModelWatch } = await import('../packages/local-aws/models.ts');
  const folder = findModels(process.env);
  const watch = folder === undefined ? undefined : new ModelWatch(folder);
  afterAll(() => {
    watch?.stop();
    expect(watch?.take(), "differences from AWS's models").toEqual([]);
  });
}
