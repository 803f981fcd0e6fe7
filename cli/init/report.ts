import { basename } from 'node:path';
import * as v from 'valibot';
import { runtimeTraits } from '../../domain/runtimes.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { AccountReading } from './reading.ts';
import type { Snippet } from './snippets.ts';

/** What `airlock init --json` prints. */
export const InitSchema = v.strictObject({
  version: v.literal(1),
  /** The configuration that was written. */
  file: v.string(),
  /** Each value, and where it comes from: `option`, `account`, `answer`, `pools` or `assumed`. */
  values: v.array(v.strictObject({ field: v.string(), value: v.string(), from: v.string() })),
  pools: v.array(
    v.strictObject({
      kind: v.string(),
      runtime: v.string(),
      /** The file that was written, or a name for one. */
      file: v.string(),
      text: v.string(),
      /** What you still have to replace in it. */
      placeholders: v.array(v.string()),
    }),
  ),
  notRead: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

/** Where a value comes from, in words. */
const origins: Readonly<Record<string, string>> = {
  option: 'from the options',
  account: 'found in the account',
  answer: 'your answer',
  assumed: 'assumed; check it',
  pools: 'for these pools',
};

/**
 * Prints what was done for people.
 *
 * @param folder where the snippets were written; undefined if they are to be printed
 */
export function printInit(
  { file, values, notRead }: v.InferInput<typeof InitSchema>,
  snippets: readonly Snippet[],
  folder: string | undefined,
): void {
  const width = outputWidth();
  print(`wrote ${styled('bold', file)}`);
  for (const { field, value, from } of values) print(wrap(`${field}: ${value}  (${origins[from]})`, width, 2));
  printNotRead(notRead);
  for (const { kind, runtime, file: name, text, placeholders } of snippets) {
    const replace = placeholders.length === 0 ? '' : `; replace ${placeholders.join(', ')}`;
    const what = `${kind}, ${runtimeTraits[runtime].title}`;
    if (folder !== undefined) print(wrap(`wrote ${styled('bold', name)}  (${what}${replace})`, width));
    else print(`\n${styled('bold', wrap(`# --- ${name}: ${what}${replace} ---`, width))}\n${text.trimEnd()}`);
  }
  const checkable = folder === undefined ? [] : snippets.filter(({ kind }) => kind !== 'cdk' && kind !== 'terraform');
  const files = checkable.map((one) => one.file).join(' ') || 'FILES_WITH_YOUR_POOLS';
  print(`\n${styled('bold', 'next')}`);
  const own = basename(file) === 'airlock.yaml' ? undefined : file;
  print(`  npx airlock doctor${own === undefined ? '' : ` --config ${own}`} --pre ${files}`);
  print(`  npx cdk deploy${own === undefined ? '' : ` -c config=${own}`}`);
}

/** Prints what could not be read of the account. */
export function printNotRead(notRead: AccountReading['notRead']): void {
  for (const { resource, reason } of notRead) print(wrap(`could not read ${resource}: ${reason}`, outputWidth()));
}
