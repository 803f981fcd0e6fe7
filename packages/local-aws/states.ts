/** Step Functions' JSONata and its error matching, for tests of definitions. */
export { takes } from './services/states/errors.ts';
export { Jsonata } from './services/states/jsonata.ts';
