import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { EnvelopeSchema } from '../../domain/attestation.ts';
import { launchTimeOf } from '../../domain/ledger.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { deployedSource } from '../explain/explain.ts';
import { type LaunchSource, readRuns, readTrail } from '../explain/read-launch.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { print, styled } from '../output/text.ts';
import { CheckedReceiptSchema, checkReceipt, type Expectations, readKeys } from './check.ts';

/** `airlock receipt NODE`: the signed receipt of the latest run, as JSON. */
export async function printReceipt(name: string): Promise<ExitCode> {
  const envelope = await findEnvelope(await deployedSource(), name);
  if (envelope === undefined) {
    const reasons = 'set receiptKey in airlock.yaml before the launch, and wait for the end of the run';
    process.stderr.write(`The audit trail has no signed receipt of ${name}: ${reasons}\n`);
    return exitCodes.findings;
  }
  printJson(EnvelopeSchema, envelope);
  return exitCodes.fine;
}

/** Finds the signed receipt of the latest run of an instance or a node. */
export async function findEnvelope(source: LaunchSource, name: string) {
  const latest = (await readRuns(source, name)).toSorted((one, other) =>
    one.launchedAt < other.launchedAt ? 1 : -1,
  )[0];
  if (latest === undefined) return undefined;
  const number = latest.launch?.rerun?.attempt ?? 0;
  const events = await readTrail(source, latest.instanceId, launchTimeOf(latest));
  const signed = events.flatMap(({ type, detail }) => {
    const parsed = v.safeParse(v.object({ run: v.literal(number), signed: EnvelopeSchema }), detail);
    return type === 'Receipt Signed' && parsed.success ? [parsed.output.signed] : [];
  });
  return signed.at(-1);
}

/** The options of `airlock receipt verify`. */
export interface VerifyOptions {
  readonly json: boolean;
  readonly key: readonly string[];
  readonly instance?: string;
  readonly launchedAt?: string;
  readonly nodeUid?: string;
  /** In milliseconds. */
  readonly maxAge?: number;
  readonly anyOutcome: boolean;
}

/** `airlock receipt verify FILE`: checks a signed receipt without access to AWS. */
export function verifyReceipt(file: string, options: VerifyOptions): ExitCode {
  const { instance: instanceId, launchedAt, nodeUid, maxAge } = options;
  if (options.key.length === 0) throw new UsageError('--key is missing; accepted: a file with public keys in PEM');
  const given = Object.entries({ instanceId, launchedAt, nodeUid }).filter(([, value]) => value !== undefined);
  const expected: Expectations = {
    keys: options.key.flatMap(readKeyFile),
    catalogue: loadSettings().catalogue,
    now: Date.now(),
    maxAgeMs: maxAge,
    anyOutcome: options.anyOutcome,
    subject: Object.fromEntries(given),
  };
  const checked = checkReceipt(readText(file), expected);
  if (options.json) printJson(CheckedReceiptSchema, { ...checked, checks: [...checked.checks] });
  else {
    for (const { check, holds, detail } of checked.checks) {
      print(`${holds ? styled('green', '✔') : styled('red', '✘')} ${check.padEnd(9)}  ${detail}`);
    }
  }
  return checked.checks.every(({ holds }) => holds) ? exitCodes.fine : exitCodes.findings;
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? process.stdin.fd : file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function readKeyFile(file: string) {
  try {
    return readKeys(readText(file));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`--key ${file}: ${(cause as Error).message}`, { cause });
  }
}
