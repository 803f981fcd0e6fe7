/** What the exit code of every command means. */
export const exitCodes = { fine: 0, findings: 1, wrongUsage: 2, couldNotLook: 3 } as const;

/** The exit code of a command. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The meaning of each exit code, as documented. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: 'everything was looked at, and all is well',
  1: 'something is wrong, and the output names it',
  2: 'the options or airlock.yaml cannot be used',
  3: 'something could not be looked at or done, and that never counts as fine',
};
