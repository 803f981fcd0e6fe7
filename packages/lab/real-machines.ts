/** Machines with a systemd and a containerd of their own, in namespaces of this host. */
export { NodeCgroups } from './machine/real/cgroups.ts';
export { type RealFault, realFaults } from './machine/real/faults.ts';
export { HostError, requireRealHost } from './machine/real/host.ts';
export { type DaemonState, RealMachine } from './machine/real/machine.ts';
export type { OwnConfiguration, RealOptions } from './machine/real/options.ts';
export { type ReleaseKind, realReleases } from './machine/real/release.ts';
export { type DebianRelease, fakeTimeLibrary, realDirectory, rootOf } from './machine/real/roots.ts';
