import type { ConfigurationName } from '../configurations.ts';
import type { Mirror, MirrorFault } from '../mirror.ts';
import type { DebianRelease } from './roots.ts';

/** A configuration of containerd that has no name: the text of its root file, and files beside it by their paths. */
export interface OwnConfiguration {
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** What a real node is like; every field has a default. */
export interface RealOptions {
  /** `trixie` unless told. */
  readonly debian?: DebianRelease;
  /** A directory with other binaries: containerd, ctr, containerd-shim-runc-v2, runc; each takes the place of Debian's. */
  readonly containerdDirectory?: string;
  /** `eks-v2` unless told; `packaged` is what Debian's package brings. */
  readonly configuration?: Exclude<ConfigurationName, 'elsewhere'> | 'packaged' | OwnConfiguration;
  /** Whether the node can have guests: `usable` unless told; `off` as on a type that cannot; `no-device` in spite of its processor. */
  readonly virtualization?: 'usable' | 'off' | 'no-device';
  /** Where its downloads go; without one they end nowhere. */
  readonly mirror?: Mirror;
  /** What the mirror does wrong for this machine: for ever, or once. */
  readonly download?: { readonly fault: MirrorFault; readonly once: boolean };
  /** More files of the node, by their paths; executable if they begin with `#!`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files of its root file system that the node does not have. */
  readonly without?: readonly string[];
  /** Is told in a line what takes long. */
  readonly progress?: (line: string) => void;
}
