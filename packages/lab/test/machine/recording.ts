import { readFileSync, writeFileSync } from 'node:fs';
import { readResult } from '../../../../domain/result.ts';
import type { Runtime } from '../../../../domain/runtimes.ts';
import { scriptOf } from '../../../../ssm-documents/assemble.ts';
import { documentOf } from '../../../../test/ssm-documents/node.ts';
import { type MachineFault, machineFaults } from '../../machine/faults.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Mirror } from '../../machine/mirror.ts';
import { type Answer, marks } from '../../machine/modelled.ts';
import { SimulatedMachine } from '../../machine/simulated.ts';

/** The requests to each machine: a proof and an installation on a fresh node, and both again afterwards. */
export const script = ['prove', 'install', 'prove', 'install'] as const;

/** What a recording requests, if not gVisor of a machine that never had it. */
interface Setting {
  readonly runtime?: Runtime;
  /** The version that the machine has before. */
  readonly earlier?: string;
  /** Whether the version that is recorded fails its proof, and no other one does. */
  readonly isBad?: true;
}

const earlier = '20260921.0';
const settings = {
  none: {},
  unpinned: {},
  switched: { earlier },
  'switch-fails': { earlier, isBad: true },
  kata: { runtime: 'kata' },
  'kata-fails': { runtime: 'kata', isBad: true },
  'kata-switched': { runtime: 'kata', earlier: '4.1.0' },
  'kata-switch-fails': { runtime: 'kata', earlier: '4.1.0', isBad: true },
} as const satisfies Readonly<Record<string, Setting>>;

const isSetting = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name);
const settingOf = (name: Recorded): Setting => (isSetting(name) ? settings[name] : {});

/**
 * The recordings: machines without a fault, a version that is not pinned, machines that have another version, versions
 * that fail, and each fault by itself.
 */
export const recorded = [
  ...(Object.keys(settings) as (keyof typeof settings)[]),
  ...(Object.keys(machineFaults) as MachineFault[]),
] as const;

/** The name of a recording. */
export type Recorded = (typeof recorded)[number];

const releases = { gvisor: '20260928.0', kata: '4.2.0' } as const satisfies Partial<Record<Runtime, string>>;

/**
 * The seconds that a node is given: it waits nearly all of them for a dead process, and the wait is not part of the
 * answer.
 */
export const secondsFor = (name: Recorded): string =>
  (({ 'kubelet-dead': '2', 'containerd-never-returns': '10' }) as Partial<Record<Recorded, string>>)[name] ?? '900';

/** The faults of a recording's machine. */
export function faultsOf(name: Recorded): readonly MachineFault[] {
  if (!isSetting(name)) return [name];
  return name === 'kata-fails' ? ['not-sandboxed'] : [];
}

/** The version that a recording requests. */
export function askedOf(name: Recorded): string {
  return name === 'unpinned' ? '1.0' : releases[settingOf(name).runtime === 'kata' ? 'kata' : 'gvisor'];
}

/** Records one simulated machine. */
export async function record(name: Recorded, mirror: Mirror): Promise<{ description: string; answers: Answer[] }> {
  const machine = await SimulatedMachine.create({ faults: faultsOf(name) }, mirror);
  try {
    const answers = await answersOf(machine, name, askedOf(name), undefined, () => spoil(machine));
    return { description: machine.description, answers: answers.map((answer) => anonymous(answer, machine.tree)) };
  } finally {
    await machine.destroy();
  }
}

/**
 * Sends a machine all the recorded requests.
 *
 * @param name the recording, which decides the request and the machine's time
 * @param asked another version
 * @param change changes a script before it runs
 * @param spoil makes every further version fail its proof
 */
export async function answersOf(
  machine: Machine & { restarts(): number },
  name: Recorded = 'none',
  asked = askedOf(name),
  change = (text: string) => text,
  spoil: () => Promise<void> = async () => {},
): Promise<(Answer & { readonly asked: string })[]> {
  const answers: (Answer & { readonly asked: string })[] = [];
  const setting = settingOf(name);
  if (setting.earlier !== undefined) {
    await request(machine, 'install', setting.earlier, name, change);
    if (setting.isBad) await spoil();
  }
  for (const verb of script) {
    const before = machine.restarts();
    const ended = await request(machine, verb, asked, name, change);
    answers.push({
      asked,
      verb,
      exitCode: ended.exitCode,
      stdout: ended.stdout,
      stderr: ended.stderr,
      restarts: machine.restarts() - before,
      handlers: ((await machine.handlers()) ?? []).map(({ name }) => name),
      durationMs: ended.durationMs,
    });
  }
  return answers;
}

/** Makes the containers of every further version run on the host itself, as on a machine with that fault. */
export async function spoil(machine: SimulatedMachine): Promise<void> {
  const bad = await SimulatedMachine.create({ faults: ['not-sandboxed'] });
  try {
    const ctr = readFileSync(`${bad.tree}/usr/bin/ctr`, 'utf8').replaceAll(bad.tree, machine.tree);
    writeFileSync(`${machine.tree}/usr/bin/ctr`, ctr);
  } finally {
    await bad.destroy();
  }
}

/**
 * Sends a machine one request. SendCommand would refuse a version that the document does not list; the script must
 * handle it anyway.
 */
function request(
  machine: Machine,
  verb: (typeof script)[number],
  version: string,
  name: Recorded,
  change: (text: string) => string,
) {
  return machine.run({
    text: change(scriptOf(documentOf(verb, settingOf(name).runtime))),
    environment: { SSM_Version: version, SSM_Seconds: secondsFor(name), SSM_COMMAND_ID: 'recorded' },
    timeoutSeconds: 120,
  });
}

/** Removes what belongs only to this machine and this moment. */
function anonymous({ asked, ...answer }: Answer & { readonly asked: string }, tree: string): Answer {
  const read = readResult(answer.stdout);
  const marked = [
    [tree, ''],
    [read.ok ? (read.result.host?.bootId ?? '') : '', marks.bootId],
    [read.ok ? read.result.sha256 : '', marks.sha256],
  ] as const;
  const line = marked.reduce((text, [seen, mark]) => (seen === '' ? text : text.replaceAll(seen, mark)), answer.stdout);
  return {
    ...answer,
    stdout: line
      .replaceAll(`"version":"${asked}"`, `"version":"${marks.version}"`)
      .replaceAll(` ${asked} `, ` ${marks.version} `),
    stderr: answer.stderr.replaceAll(tree, '').replace(/^\d{4}-\d\d-\d\dT[\d:]+Z /gm, ''),
  };
}

/** What model and machine must have in common: everything except times. */
export function essence({ verb, exitCode, stdout, restarts, handlers }: Answer) {
  const read = readResult(stdout);
  if (!read.ok) return { verb, exitCode, restarts, handlers, result: read.reason };
  const { outcome, config, restarts: told, handler, sha256, evidence, version: of, phases } = read.result;
  // Each guest has another boot id.
  const shown = evidence?.replace(/boot id [0-9a-f-]+/, 'a boot id');
  return {
    verb,
    exitCode,
    restarts,
    handlers,
    result: { outcome, config, told, handler, sha256, evidence: shown, of, phases: Object.keys(phases) },
  };
}
