import { strict as assert } from 'node:assert';
import type { Result } from '../../domain/result.ts';
import type { MachineFault } from '../../packages/lab/faults.ts';
import type { ConfigurationName } from '../../packages/lab/machines.ts';

/** A node as far as a guard concerns it. */
export interface GuardedNode {
  /** Runs an installation whose script was changed before it arrived. */
  install(change: (text: string) => string): Promise<Result>;
  /** containerd's effective configuration without our handler. */
  others(): Promise<unknown>;
  /** The configuration file as it is. */
  bytes(): Promise<string | undefined>;
  /** The handlers in the effective configuration. */
  handlers(): Promise<readonly string[]>;
  /** Whether files of a version were unpacked. */
  unpacked(): Promise<boolean>;
}

/** A guard of an installation: how it is removed, and the rule that breaks without it. */
export interface Guard {
  readonly name: string;
  /** The node on which the guard matters; by default containerd 2 with bootstrap's configuration, and no fault. */
  readonly containerd?: '1.7';
  readonly configuration?: Exclude<ConfigurationName, 'elsewhere'>;
  readonly fault?: MachineFault;
  /** Removes the guard from the script. */
  readonly out: readonly [from: RegExp, to: string];
  /** Throws if the rule does not hold. */
  readonly rule: (node: GuardedNode, change: (text: string) => string) => Promise<void>;
}

export const guards: readonly Guard[] = [
  {
    name: 'the dumps are compared: nothing but our handler differs',
    containerd: '1.7',
    // On 1.7 our handler in this file removes runc.
    configuration: 'no-runc',
    out: [/^other_difference\(\) \{$/m, "other_difference() {\n  REPLY=''\n  return 0\n"],
    rule: async (node, change) => {
      const before = await node.others();
      // Without runc no containerd starts, which the rehearsal notices too; only the dumps show a silent loss.
      assert.match((await node.install(change)).detail, /would alter more than Airlock's handler/);
      assert.deepEqual(await node.others(), before);
    },
  },
  {
    name: 'the way back: after a failure the configuration is as it was, byte for byte',
    fault: 'not-sandboxed',
    out: [/^restore_config\(\) \{$/m, 'restore_config() {\n  return 0\n'],
    rule: async (node, change) => {
      const before = await node.bytes();
      await node.install(change);
      assert.equal(await node.bytes(), before);
    },
  },
  {
    name: 'the checksum: nothing is unpacked that the catalogue does not pin',
    fault: 'checksum-mismatch',
    out: [/^check_download\(\) \{$/m, 'check_download() {\n  return 0\n'],
    rule: async (node, change) => {
      assert.equal((await node.install(change)).outcome, 'checksum-mismatch');
      assert.equal(await node.unpacked(), false);
    },
  },
  {
    name: "the plugin id: our block stands under that of the file's own version, if containerd sees it",
    configuration: 'v3',
    out: [/^plugin=io\.containerd\.cri\.v1\.runtime$/m, 'plugin=io.containerd.grpc.v1.cri'],
    rule: async (node, change) => {
      assert.equal((await node.install(change)).outcome, 'installed');
      assert.ok((await node.handlers()).includes('runsc'));
    },
  },
  {
    name: 'the proof: a handler that does not sandbox is not installed',
    fault: 'not-sandboxed',
    out: [/^judge_sandbox\(\) \{$/m, "judge_sandbox() {\n  evidence='believed'\n  return 0\n"],
    rule: async (node, change) => {
      assert.equal((await node.install(change)).outcome, 'proof-failed');
    },
  },
  {
    name: 'the rehearsal: no restart if containerd would not start again',
    configuration: 'missing-import',
    out: [/^rehearse\(\) \{$/m, 'rehearse() {\n  return 0\n'],
    rule: async (node, change) => {
      assert.equal((await node.install(change)).restarts, 0);
    },
  },
];

/** Removes a guard from a script. @throws if the script does not have it */
export function without({ name, out: [from, to] }: Guard): (text: string) => string {
  return (text) => {
    if (!from.test(text)) throw new Error(`the script has no guard "${name}"`);
    return text.replace(from, () => to);
  };
}
