/** Machines with their own systemd and containerd, in namespaces of this host. */

export { type ArtifactKind, realArtifacts } from './machine/real/artifact.ts';
export { NodeCgroups } from './machine/real/cgroups.ts';
export { type RealFault, realFaults } from './machine/real/faults.ts';
export { HostError, requireRealHost } from './machine/real/host.ts';
export { type DaemonState, RealMachine } from './machine/real/machine.ts';
export type { OwnConfiguration, RealOptions } from './machine/real/options.ts';
export { type DebianRelease, fakeTimeLibrary, realDirectory, rootOf } from './machine/real/roots.ts';
