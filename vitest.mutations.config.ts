import { defineConfig, type Plugin } from 'vitest/config';
import { applyEdit, type Edit } from './test/mutations/anchor.ts';

/** A mistake in one source, as `npm run test:mutations` names it. */
const edit = JSON.parse(process.env['AIRLOCK_MUTATION'] ?? 'null') as Edit | null;

/** Plants the mistake in the source while it is loaded; nothing on disk is changed. */
const planting: Plugin = {
  name: 'mutation',
  enforce: 'pre',
  transform: (code, id) => (edit !== null && id.endsWith(edit.file) ? applyEdit(code, edit) : undefined),
};

/** Tests that need neither the synthesized app nor the local cloud. */
export default defineConfig({
  plugins: [planting],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    maxWorkers: 1,
  },
});
