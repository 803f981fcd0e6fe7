import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commentedConfig, sampleSettings } from '../../lib/config/commented.ts';
import { defaultConfig } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { type Answers, decideAnswers, needsAccount } from './answers.ts';
import { personToAsk } from './ask.ts';
import type { InitOptions } from './options.ts';
import type { AccountReading } from './reading.ts';
import { InitSchema, printInit, printNotRead } from './report.ts';
import { type Snippet, snippetOf } from './snippets.ts';

/**
 * `airlock init`: writes `airlock.yaml`, and the declarations of pools.
 *
 * @returns 3 if a value had to be assumed because the account could not be read
 * @throws UsageError if a value is missing or a file is in the way; ConfigError if a value is not accepted
 */
export async function init(options: InitOptions): Promise<ExitCode> {
  const file = options.config ?? process.env['AIRLOCK_CONFIG'] ?? defaultConfig;
  requireFree(file, options.force);
  const account = needsAccount(options) ? await readAccountLazily() : { region: undefined, clusters: [], notRead: [] };
  const ask = personToAsk(options.json);
  // A person is asked for what could not be read, and learns why before.
  if (ask !== undefined) printNotRead(account.notRead);
  const answers = await decideAnswers(options, account, ask);
  const text = commentedConfig(answers);
  const snippets = snippetsFor(answers, account).map((one) => inFolder(one, options.snippets));
  if (options.snippets !== undefined) {
    for (const one of snippets) requireFree(one.file, options.force);
    mkdirSync(options.snippets, { recursive: true });
    for (const one of snippets) writeFileSync(one.file, one.text);
  }
  writeFileSync(file, text);
  const report = {
    version: 1 as const,
    file,
    values: [...answers.origins, { field: 'gate', value: answers.gate, from: 'pools' }],
    pools: snippets.map((one) => ({ ...one, placeholders: [...one.placeholders] })),
    notRead: [...account.notRead],
  };
  if (options.json) printJson(InitSchema, report);
  else printInit(ask === undefined ? report : { ...report, notRead: [] }, snippets, options.snippets);
  return isAssumed(answers, account) ? exitCodes.couldNotLook : exitCodes.fine;
}

async function readAccountLazily(): Promise<AccountReading> {
  const { readAccount } = await import('./read-account.ts');
  return readAccount();
}

/** The sample that comes with the project is free, as long as it is unchanged. */
function requireFree(file: string, force: boolean): void {
  if (force || !existsSync(file)) return;
  if (readFileSync(file, 'utf8') === commentedConfig(sampleSettings)) return;
  throw new UsageError(`${file} is there already; accepted: --force to overwrite it, or another file`);
}

function snippetsFor({ clusters, kinds, runtimes, gate }: Answers, account: AccountReading): readonly Snippet[] {
  const [first] = clusters;
  if (first === undefined) return [];
  const { endpoint, certificateAuthority, kubernetes } = account.clusters.find((one) => one.name === first.name) ?? {};
  const values = { cluster: first.name, gate, region: account.region, endpoint, certificateAuthority, kubernetes };
  return kinds.flatMap((kind) => runtimes.map((runtime) => snippetOf(kind, runtime, values)));
}

function inFolder(snippet: Snippet, folder: string | undefined): Snippet {
  return folder === undefined ? snippet : { ...snippet, file: join(folder, snippet.file) };
}

/** Whether a value of the account was assumed because the account could not be read. */
function isAssumed({ origins }: Answers, { notRead }: AccountReading): boolean {
  return notRead.length > 0 && origins.some(({ field, from }) => from === 'assumed' && field !== 'runtimes');
}
