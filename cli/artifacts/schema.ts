import * as v from 'valibot';

/** What the commands about artifacts are asked for. */
export interface ArtifactOptions {
  readonly config?: string;
  readonly json: boolean;
}

/** What is known about a file: nothing yet, as pinned, not as pinned, or it could not be looked at. */
const states = ['pinned', 'mirrored', 'verified', 'wrong', 'unknown'] as const;

/** A file that the catalogue pins. */
const pinnedFile = {
  runtime: v.string(),
  version: v.string(),
  arch: v.string(),
  /** Upstream's address. */
  url: v.string(),
  sha256: v.string(),
};

/** What `airlock artifacts --json` and `airlock artifacts verify --json` print. */
export const ArtifactsSchema = v.strictObject({
  version: v.literal(1),
  /** Where nodes get the files: `upstream` or `mirror`. */
  from: v.picklist(['upstream', 'mirror']),
  /** The mirror's bucket; empty without one. */
  bucket: v.string(),
  files: v.array(
    v.strictObject({
      ...pinnedFile,
      /** In bytes; null if neither the catalogue nor the mirror states it. */
      size: v.nullable(v.number()),
      /**
       * `pinned`: in the catalogue, and not looked for. `mirrored`: in the bucket, and S3 states the pinned checksum.
       * `verified`: read and hashed. `wrong`: missing or different. `unknown`: it could not be looked at.
       */
      state: v.picklist(states),
      /** Why it is wrong or unknown; empty otherwise. */
      reason: v.string(),
      /** When it was put into the bucket, in ISO 8601; empty if it was not. */
      mirroredAt: v.string(),
    }),
  ),
});

export type ArtifactsReport = v.InferOutput<typeof ArtifactsSchema>;
export type ListedArtifact = ArtifactsReport['files'][number];

/** What `airlock artifacts attested --json` prints. */
export const AttestedSchema = v.strictObject({
  version: v.literal(1),
  files: v.array(
    v.strictObject({
      ...pinnedFile,
      /**
       * `attested`: GitHub signed the pinned checksum for the release. `unsigned`: upstream signs no file there.
       * `wrong`: GitHub signed another checksum, or none for the file. `unknown`: it could not be looked at.
       */
      state: v.picklist(['attested', 'unsigned', 'wrong', 'unknown']),
      /** Why it is not attested; empty otherwise. */
      reason: v.string(),
    }),
  ),
});

export type AttestedFile = v.InferOutput<typeof AttestedSchema>['files'][number];

/** What `airlock artifacts fill --json` prints. */
export const FilledSchema = v.strictObject({
  version: v.literal(1),
  bucket: v.string(),
  /** The files that were fetched, or could not be. */
  files: v.array(
    v.strictObject({
      runtime: v.string(),
      version: v.string(),
      arch: v.string(),
      filled: v.boolean(),
      /** Why it was not; empty otherwise. */
      reason: v.string(),
    }),
  ),
});
