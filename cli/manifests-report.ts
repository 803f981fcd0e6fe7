import * as v from 'valibot';

/** What `airlock manifests --json` prints: a List that kubectl takes. */
export const ManifestListSchema = v.strictObject({
  apiVersion: v.literal('v1'),
  kind: v.literal('List'),
  items: v.array(v.record(v.string(), v.unknown())),
});
