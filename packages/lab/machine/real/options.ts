import type { ConfigurationName } from '../configurations.ts';
import type { Mirror, MirrorFault } from '../mirror.ts';
import type { DebianRelease } from './roots.ts';

/** An unnamed containerd configuration: the text of its root file, and further files by path. */
export interface OwnConfiguration {
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
}

/** The options of a real node; every field has a default. */
export interface RealOptions {
  /** `trixie` by default. */
  readonly debian?: DebianRelease;
  /** A directory with other binaries: containerd, ctr, containerd-shim-runc-v2, runc. Each replaces Debian's. */
  readonly containerdDirectory?: string;
  /** `eks-v2` by default; `packaged` is the configuration of Debian's package. */
  readonly configuration?: Exclude<ConfigurationName, 'elsewhere'> | 'packaged' | OwnConfiguration;
  /**
   * Whether the node can have guests, `usable` by default; `off` as on a type without support; `no-device` despite its
   * processor.
   */
  readonly virtualization?: 'usable' | 'off' | 'no-device';
  /** The mirror for its downloads; without one they all fail. */
  readonly mirror?: Mirror;
  /** The mirror's fault for this machine: always, or once. */
  readonly download?: { readonly fault: MirrorFault; readonly once: boolean };
  /** Further files of the node, by path; executable if they begin with `#!`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files of the root file system that the node lacks. */
  readonly without?: readonly string[];
  /** Receives a line for each step that takes long. */
  readonly progress?: (line: string) => void;
}
