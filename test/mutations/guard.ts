import type { Edit } from './anchor.ts';

/** A mistake in a guard of one source, and the test file that must detect it without a cloud. */
export interface GuardMutation {
  readonly name: string;
  readonly edit: Edit;
  /** The test file. */
  readonly turnsRed: string;
}

/** Builds mistakes in one source that one test file detects. */
export const of =
  (file: string, turnsRed: string) =>
  (name: string, within: string, find: string, to = ''): GuardMutation => ({
    name,
    edit: { file, within, find, to },
    turnsRed,
  });
