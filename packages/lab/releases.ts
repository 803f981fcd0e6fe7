/** Stand-in artifacts for the runtimes' versions, and the mirror that serves them. */

export { type Builders, simulatedBuilders, simulatedCatalogue } from './machine/artifact.ts';
export { deb, type OddMember, oddTar } from './machine/artifacts/archive.ts';
export { bucketSite } from './machine/bucket-site.ts';
export { type Mirror, startMirror, upstreamSites } from './machine/mirror.ts';
