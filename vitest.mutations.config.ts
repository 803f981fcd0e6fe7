import { defineConfig, type Plugin } from 'vitest/config';

/** A mistake in one source, as `npm run test:mutations` names it: the end of the file's path, the text, and what takes its place. */
const { file, from, to } = JSON.parse(process.env['AIRLOCK_MUTATION'] ?? '{}') as Record<string, string | undefined>;

/** Plants the mistake in the source while it is loaded; nothing on disk is changed. */
const planting: Plugin = {
  name: 'mutation',
  enforce: 'pre',
  transform(code, id) {
    if (file === undefined || from === undefined || !id.endsWith(file)) return undefined;
    if (!code.includes(from)) throw new Error(`${file} does not hold ${from}`);
    return code.replace(from, () => to ?? '');
  },
};

/** Tests that need neither the synthesized app nor the local cloud. */
export default defineConfig({
  plugins: [planting],
  test: { include: ['test/{domain,lambdas}/**/*.test.ts'], testTimeout: 120_000, maxWorkers: 1 },
});
