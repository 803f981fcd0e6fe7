import { type Command, Option } from 'commander';
import { EnvelopeSchema } from '../../domain/attestation.ts';
import { defineCommand } from '../output/command.ts';
import { readAge } from '../report/age.ts';
import { CheckedReceiptSchema } from './check.ts';

/** Adds a value of an option that may be given several times. */
export function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The command `airlock receipt`, with `verify` below it. */
export function receiptCommand(): Command {
  const verify = defineCommand('verify <file>', 'Check a signed receipt, without access to AWS', {
    examples: [
      ['receipt verify receipt.json --key airlock.pem', 'the signature, the subject and the pinned version'],
      [
        'receipt verify - --key airlock.pem --max-age 24h',
        'from standard input, and of a run that ended since yesterday',
      ],
    ],
    json: { 'airlock receipt verify --json': CheckedReceiptSchema },
  })
    .addOption(
      new Option('--key <file>', 'public keys in PEM, as the output ReceiptKey has them (repeatable)')
        .argParser(gather)
        .default([]),
    )
    .option('--instance <id>', 'what the receipt must be about')
    .option('--launched-at <time>', 'the launch that it must be about')
    .option('--node-uid <uid>', 'the Node that it must be about, by metadata.uid')
    .option('--max-age <time>', 'the longest time since the end of its run, for instance 24h', readAge)
    .option('--any-outcome', 'accept a receipt that reports a failure, too', false)
    .action(async (file, options) => {
      const { verifyReceipt } = await import('./receipt.ts');
      process.exitCode = verifyReceipt(file, options);
    });
  return defineCommand('receipt <node|instance>', 'Print the signed receipt of the latest run', {
    examples: [['receipt ip-10-0-0-4 > receipt.json', 'keep it, or hand it to an auditor']],
    json: { 'airlock receipt': EnvelopeSchema },
  })
    .enablePositionalOptions()
    .action(async (name) => {
      const { printReceipt } = await import('./receipt.ts');
      process.exitCode = await printReceipt(name);
    })
    .addCommand(verify);
}
