import fc from 'fast-check';

/** The seed of property tests, so that a change fails for what it changes. */
const fixedSeed = 20_261_128;

const { PROPERTY_SEED: asked = String(fixedSeed) } = process.env;
if (asked !== 'random' && !/^-?\d+$/.test(asked))
  throw new Error(`PROPERTY_SEED is "${asked}". Expected: an integer, or "random".`);
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
