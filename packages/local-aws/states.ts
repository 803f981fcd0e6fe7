/** Step Functions' JSONata and its match of errors, for tests of definitions. */
export { takes } from './services/states/errors.ts';
export { Jsonata } from './services/states/jsonata.ts';
