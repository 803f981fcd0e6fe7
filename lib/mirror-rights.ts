/** Some actions of a role of the mirror, and on what. */
export interface MirrorRight {
  readonly actions: readonly string[];
  /** The mirror's files, its bucket, or the role that reads them. */
  readonly on: 'files' | 'bucket' | 'reader';
  /** What they are for. */
  readonly purpose: string;
}

/** Everything that roles may do because of `artifacts: mirror`, besides their logs. No role may delete a file. */
export const mirrorRights = {
  /** The function that fetches files. */
  fill: [
    { actions: ['s3:GetObject', 's3:PutObject'], on: 'files', purpose: 'to see what is there, and to put what is not' },
    // Without it, S3 does not tell an object that is not there from one that may not be read.
    {
      actions: ['s3:ListBucket'],
      on: 'bucket',
      purpose: 'to tell a file that is missing from one that it may not read',
    },
  ],
  /** The role whose sessions sign the addresses for nodes. */
  reader: [{ actions: ['s3:GetObject'], on: 'files', purpose: 'what nodes read by a signed address' }],
  /** The function that signs and sends them. */
  dispatch: [{ actions: ['sts:AssumeRole'], on: 'reader', purpose: 'a session whose end it knows' }],
} as const satisfies Readonly<Record<string, readonly MirrorRight[]>>;
