import { describe, expect, it } from 'vitest';
import { defaultVersion } from '../../domain/catalogue.ts';
import { outcomeCodes } from '../../domain/outcomes.ts';
import { parametersFor, verbs } from '../../domain/parameters.ts';
import { resultLimit } from '../../domain/result.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { scriptOf } from '../../ssm-documents/assemble.ts';
import { catalogue, documentOf, nodes } from './node.ts';
import { readShown } from './shown.ts';

const node = nodes();

/** Exits that are not failures, and are not outcomes of a node. */
const successes = ['installed', 'already-installed', 'proven', 'inventoried', 'uninstalled'];

/** The worst content of a detail. */
const worst = `'the end "here" with \\ and '$'\\t\\001\\351'" and $(printf 'x%.0s' {1..3000})"`;

/** A run that filled every field to its longest, and logged more than the agent keeps of both streams. */
const filled = [
  "printf 'a line of the log%.0s\\n' {1..300}",
  'sandbox_image=$(printf "i%.0s" {1..900}) evidence=$(printf "e%.0s" {1..900}) sha256=$(printf "5%.0s" {1..64})',
  'for name in lock bootstrap preflight packages fetch stage switch offline edit restart proof undo; do phase_ms[$name]=2400000; phase_order+=("$name"); done',
].join('\n  ');

const exits = runtimes.flatMap((runtime) =>
  verbs.flatMap((verb) => {
    const script = scriptOf(documentOf(verb, runtime));
    const codes = [
      ...script.matchAll(/(?:^|[;{&|]|\b(?:then|else|do)\b) *(fail|succeed) ([a-z][a-z-]*)(?=[ \n;})]|$)/gm),
    ];
    return [...new Set(codes.map(([, how, code]) => `${how} ${code}`))].map((exit) => ({ runtime, verb, exit }));
  }),
);

describe('every way in which a document can end', () => {
  it('has a code of the closed list', () => {
    const codes = new Set(exits.map(({ exit }) => exit.split(' ')[1] ?? ''));

    expect([...codes].filter((code) => ![...successes, ...outcomeCodes].includes(code))).toEqual([]);
    expect(exits.length).toBeGreaterThan(80);
  });

  it.each(runtimes.flatMap((runtime) => verbs.map((verb) => ({ runtime, verb }))))(
    'prints one line that the schema accepts: $verb $runtime',
    async ({ runtime, verb }) => {
      const machine = await node.create();
      const parameters = parametersFor(verb, { runtime, version: defaultVersion(catalogue, runtime) });
      const environment = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`SSM_${name}`, value]));
      const own = exits.filter((one) => one.runtime === runtime && one.verb === verb);

      for (const { exit } of own) {
        const [how = '', code = ''] = exit.split(' ');
        const end = how === 'succeed' ? `succeed ${code}` : `fail ${code} ${worst}`;
        const text = scriptOf(documentOf(verb, runtime)).replace(
          /^ *take_lock$/m,
          () => `  take_lock\n  read_host\n  report_host\n  phase end\n  ${filled}\n  ${end}`,
        );
        const ended = await machine.run({ text, environment, timeoutSeconds: 30 });

        expect(ended.stdout.trimEnd().split('\n')).toHaveLength(1);
        expect(ended.stdout.length).toBeLessThanOrEqual(resultLimit);
        const read = readShown(ended);
        expect(read, `${exit}: ${ended.stdout}`).toMatchObject({ ok: true, result: { verb, runtime, outcome: code } });
        expect(ended.exitCode).toBe(successes.includes(code) ? 0 : 1);
      }
    },
  );
});
