import { readFileSync } from 'node:fs';
import { parse, type TomlTable } from 'smol-toml';
import { afterAll, expect } from 'vitest';
import { type Catalogue, parseCatalogue } from '../../domain/catalogue.ts';
import { type Result, readResult } from '../../domain/result.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import type { Machine } from '../../packages/lab/machines.ts';
import {
  type ArtifactKind,
  type DaemonState,
  RealMachine,
  type RealOptions,
  realArtifacts,
} from '../../packages/lab/real-machines.ts';
import { type Builders, type Mirror, simulatedCatalogue, startMirror } from '../../packages/lab/releases.ts';
import { runDocument } from '../../packages/local-aws/agent.ts';
import { type AssembledDocument, assembleDocument, type Verb } from '../../ssm-documents/assemble.ts';
import type { Target } from './targets.ts';

/** A mirror with versions of one runtime, and the documents that pin them. */
interface Supply {
  readonly mirror: Mirror;
  readonly catalogue: Catalogue;
  readonly builders: Builders;
  readonly document: (verb: Verb, runtime?: Runtime) => AssembledDocument;
  /** The number of requests to the mirror. */
  requests(): number;
}

const supplies = new Map<ArtifactKind, Promise<Supply>>();

/** The parts that install versions of a runtime: one set for all tests of a file. */
export function supplyOf(kind: ArtifactKind): Promise<Supply> {
  const known = supplies.get(kind) ?? supply(kind);
  supplies.set(kind, known);
  return known;
}

/**
 * The stand-in's shim is runc's, which answers containerd 1.6 in its own format, so the reason that rules out
 * upstream's shim does not apply.
 */
function withOldShim({ runtimes: { gvisor, ...others }, ...rest }: Catalogue): Catalogue {
  if (gvisor === undefined) return { ...rest, runtimes: others };
  const rules = gvisor.rules.filter(
    ({ versions: releases, host }) => !(releases?.from && host.containerd?.before === '1.7'),
  );
  return { ...rest, runtimes: { ...others, gvisor: { ...gvisor, rules } } };
}

/** A version of Sysbox that the catalogue does not pin: it has one, and a test needs another. */
export const otherSysbox = '0.7.2';

function withOtherSysbox({ runtimes: { sysbox, ...others }, ...rest }: Catalogue): Catalogue {
  const [first] = sysbox?.versions ?? [];
  if (sysbox === undefined || first === undefined) throw new Error('the catalogue has no version of Sysbox');
  const text = JSON.stringify(first).replaceAll(first.version, otherSysbox);
  return { ...rest, runtimes: { ...others, sysbox: { ...sysbox, versions: [first, JSON.parse(text)] } } };
}

async function supply(kind: ArtifactKind): Promise<Supply> {
  const { builders } = await realArtifacts(() => {}, kind);
  const text = readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8');
  const catalogue = simulatedCatalogue(withOtherSysbox(withOldShim(parseCatalogue(text))), 'zstd', builders);
  const mirror = await startMirror(builders);
  return {
    mirror,
    catalogue,
    builders,
    document: (verb, runtime = 'gvisor') => assembleDocument(catalogue, runtime, verb),
    requests: () => [...mirror.requests.values()].reduce((sum, count) => sum + count, 0),
  };
}

afterAll(async () => {
  for (const made of supplies.values()) await (await made).mirror.close();
  supplies.clear();
});

/** Boots a node on which a Kubernetes container runs, passes it on and removes it afterwards. */
export async function onNode(
  target: Target,
  options: Omit<RealOptions, 'debian' | 'mirror' | 'containerdDirectory'> & {
    readonly kind?: ArtifactKind;
    /** Nothing runs on the node. */
    readonly idle?: boolean;
  },
  use: (machine: RealMachine) => Promise<void>,
): Promise<void> {
  const { kind = 'sandboxed', idle = false, ...rest } = options;
  const { mirror } = await supplyOf(kind);
  const { debian, containerdDirectory } = target;
  const other = containerdDirectory === undefined ? {} : { containerdDirectory };
  const machine = await RealMachine.create({ ...rest, ...other, debian, mirror });
  try {
    if (!idle) await machine.startContainer('bystander');
    await use(machine);
  } finally {
    await machine.destroy();
  }
}

/** The request of a run: by default gVisor in its default version, sandboxed. */
export interface Asked {
  readonly runtime?: Runtime;
  readonly version?: string;
  readonly handler?: string;
  readonly kind?: ArtifactKind;
}

/** Runs a document through the SSM runner and reads its result, which exists whatever happened. */
export async function run(machine: Machine, verb: Verb = 'install', asked: Asked = {}): Promise<Result> {
  const { kind = 'sandboxed', runtime = 'gvisor', version, handler } = asked;
  const { document } = await supplyOf(kind);
  const parameters = {
    ...(version === undefined ? {} : { Version: [version] }),
    ...(handler === undefined ? {} : { Handler: [handler] }),
  };
  const { plugins } = await runDocument(document(verb, runtime).content, parameters, {
    machine,
    commandId: 'a-command',
  });
  const read = readResult(plugins[0]?.output ?? '');
  if (!read.ok) throw new Error(`${read.reason}\n${plugins[0]?.stderr}`);
  return read.result;
}

/** Everything on a node that an installation could damage. */
export interface Snapshot {
  readonly daemon: DaemonState;
  readonly containers: Readonly<Record<string, string>>;
  /** containerd's effective configuration, or why it cannot be read. */
  readonly effective: TomlTable | string;
  readonly files: ReadonlyMap<string, string>;
  readonly handlers: readonly string[] | undefined;
}

/** What changes on a node without a run, and what a run leaves: its log, and the agent's copy of the script. */
const ephemeral = /^\/(var\/log|var\/lib\/(amazon|systemd|dbus)|tmp|run|root)$/;

export async function snapshot(machine: RealMachine): Promise<Snapshot> {
  const daemon = await machine.daemon();
  const alive = daemon.active === 'active';
  const [containers, table, handlers] = await Promise.all([
    alive ? machine.containers() : {},
    effective(machine),
    alive ? machine.handlers() : undefined,
  ]);
  return {
    daemon,
    containers,
    effective: table,
    files: machine.changedFiles(ephemeral),
    handlers: handlers?.map(({ name }) => name),
  };
}

/**
 * Without a file the daemon uses its defaults, which 1.7 does not dump. 1.7 includes the root file itself in the
 * imports.
 */
async function effective(machine: RealMachine): Promise<TomlTable | string> {
  const verb = (await machine.configuration()) === undefined ? 'default' : 'dump';
  const { exitCode, stdout, stderr } = await machine.exec(['containerd', 'config', verb]);
  if (exitCode !== 0) return stderr.replaceAll(/time="[^"]*" /g, '').trim();
  const { imports, ...table } = parse(stdout);
  // 1.x lists them in an order that changes from call to call.
  const others = Array.isArray(imports) ? imports.filter((path) => path !== '/etc/containerd/config.toml').sort() : [];
  return { ...table, imports: others };
}

/** The tables of runtime handlers in an effective configuration, whatever its version. */
export function runtimesIn(table: TomlTable | string): TomlTable {
  if (typeof table === 'string') return {};
  const plugins = table['plugins'] as TomlTable;
  const cri = (plugins['io.containerd.cri.v1.runtime'] ?? plugins['io.containerd.grpc.v1.cri']) as TomlTable;
  return (cri['containerd'] as TomlTable)['runtimes'] as TomlTable;
}

/** The same configuration without our handlers. */
export function withoutHandlers(table: TomlTable | string, ours: readonly string[]): TomlTable | string {
  if (typeof table === 'string') return table;
  const copy = structuredClone(table);
  for (const name of ours) delete runtimesIn(copy)[name];
  return copy;
}

/** Checks that a refused or restored node is as it was before. */
export function expectAsBefore(after: Snapshot, before: Snapshot): void {
  expect(after.effective).toEqual(before.effective);
  expect(after.containers).toEqual(before.containers);
  expect(after.handlers).toEqual(before.handlers);
  expect(after.daemon.active).toBe(before.daemon.active);
  const configuration = [...before.files].filter(([path]) => path.startsWith('/etc/containerd/'));
  expect([...after.files].filter(([path]) => path.startsWith('/etc/containerd/'))).toEqual(configuration);
}

/** The settings that containerd has for each handler. */
const types: Readonly<Record<string, string>> = {
  runsc: 'io.containerd.runsc.v1',
  'kata-qemu': 'io.containerd.kata-qemu.v2',
  'kata-clh': 'io.containerd.kata-clh.v2',
  'sysbox-runc': 'io.containerd.runc.v2',
};

/** Checks that a node on which runtimes were installed differs from before only by our handlers. */
export function expectInstalled(after: Snapshot, before: Snapshot, ours: readonly string[] = ['runsc']): void {
  for (const name of ours) expect(runtimesIn(after.effective)[name]).toMatchObject({ runtime_type: types[name] });
  expect(withoutHandlers(after.effective, ours)).toEqual(before.effective);
  expect(after.containers).toEqual(before.containers);
  expect(after.daemon).toMatchObject({ active: 'active', restartsBySystemd: before.daemon.restartsBySystemd });
  // 1.7 reports no handlers at all, and a version that does now includes ours.
  if (before.handlers !== undefined) expect(after.handlers).toEqual([...before.handlers, ...ours].sort());
}
