import * as v from 'valibot';

/** What `airlock sbom` is asked for. */
export interface SbomOptions {
  readonly app: boolean;
  readonly config?: string;
}

const HashesSchema = v.array(v.object({ alg: v.string(), content: v.string() }));

const common = {
  bomFormat: v.literal('CycloneDX'),
  /** `urn:uuid:` and a new UUID for each document. */
  serialNumber: v.string(),
  version: v.number(),
};

/**
 * What `airlock sbom` prints, as far as scripts read it: CycloneDX 1.6. Further fields are as CycloneDX defines them.
 */
export const NodeSbomSchema = v.looseObject({
  ...common,
  specVersion: v.literal('1.6'),
  components: v.array(
    v.looseObject({
      name: v.string(),
      version: v.string(),
      purl: v.string(),
      hashes: HashesSchema,
      supplier: v.looseObject({ name: v.string() }),
      licenses: v.array(v.looseObject({})),
      externalReferences: v.array(v.looseObject({ type: v.string(), url: v.string() })),
    }),
  ),
});

/** What `airlock sbom --app` prints, as far as scripts read it: CycloneDX in the version that npm writes. */
export const AppSbomSchema = v.looseObject({
  ...common,
  specVersion: v.string(),
  metadata: v.looseObject({ component: v.looseObject({ name: v.string(), 'bom-ref': v.string() }) }),
  components: v.array(
    v.looseObject({
      name: v.string(),
      version: v.string(),
      purl: v.string(),
      'bom-ref': v.string(),
      properties: v.optional(v.array(v.looseObject({ name: v.string() }))),
    }),
  ),
  dependencies: v.array(v.looseObject({ ref: v.string(), dependsOn: v.optional(v.array(v.string())) })),
});
