/** Stand-ins of the releases of runtimes, and the mirror that serves them. */
export { type Mirror, startMirror } from './machine/mirror.ts';
export { type Builders, simulatedBuilders, simulatedCatalogue } from './machine/release.ts';
export { deb, type OddMember, oddTar } from './machine/releases/archive.ts';
