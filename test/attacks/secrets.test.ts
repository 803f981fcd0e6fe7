import { expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { Script } from '../../packages/local-aws/agent.ts';
import { markedSecrets } from '../marked-secrets.ts';
import { cluster, launch, nodeOf, settle, startSimulation } from '../scenarios/scenario.ts';

const secrets = Object.values(markedSecrets);
const all = secrets.join(' ');
/** What each node says: a result has room for some of them. */
const parts = [0, 4, 8].map((from) => secrets.slice(from, from + 4).join(' '));

/** A node whose failure quotes secrets: in its result and in its log lines. */
class Leaking extends ModelledMachine {
  readonly #said: string;

  constructor(said: string) {
    super(['not-sandboxed']);
    this.#said = said;
  }

  override async run(script: Script) {
    const ended = await super.run(script);
    const detail = `"detail":${JSON.stringify(this.#said)}`;
    return { ...ended, stdout: ended.stdout.replace(/"detail":"[^"]*"/, () => detail), stderr: all };
  }
}

it('no secret that a node or a user writes, and no token of a run, is in a log, an event or on a Node', async () => {
  let machines = 0;
  const world = await startSimulation([], async () => new Leaking(parts[machines++] ?? ''));
  const nodes = await Promise.all(parts.map(() => launch(world, { tags: { Name: all.slice(0, 250) } })));
  const asked = await launch(world, {
    tags: { 'airlock:runtime': 'gvisor@password=MARKED', 'airlock:deadline-minutes': 'token=MARKED' },
  });
  const published: string[] = [];
  world.services.events.watch((event) => {
    if (event.source === 'airlock') published.push(JSON.stringify(event));
  });
  await settle(world);
  for (const node of nodes) expect(world.report(node).detail).toContain('REDACTED');
  expect(world.report(asked).outcome).toBe('unknown-runtime');

  const kubernetes = world.clusters.get(cluster);
  const tokens = world.cloud.journal.flatMap(({ operation, input }) => {
    if (operation !== 'SendMessage') return [];
    const { token } = JSON.parse(String((input as { MessageBody: string }).MessageBody)) as { token?: string };
    return token === undefined ? [] : [token];
  });
  expect(tokens.length).toBeGreaterThan(parts.length);
  const places = {
    logs: world.cloud.logs.groups.flatMap((group) => world.cloud.logs.events(group).map(({ message }) => message)),
    bus: published,
    nodes: [...nodes, asked].map((node) => JSON.stringify(nodeOf(world, node).metadata)),
    tags: nodes.map(({ instanceId }) => JSON.stringify({ ...world.services.ec2.instance(instanceId).tags, Name: '' })),
  };
  for (const [place, texts] of Object.entries(places)) {
    const text = texts.join('\n');
    expect(text.length > 0, place).toBe(true);
    for (const secret of ['MARKED', ...tokens, kubernetes?.caBase64 ?? 'MARKED', 'k8s-aws-v1.'])
      expect(
        text.indexOf(secret) < 0 ? '' : text.slice(Math.max(0, text.indexOf(secret) - 200)).slice(0, 400),
        place,
      ).toBe('');
  }
}, 60_000);
