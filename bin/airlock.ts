#!/usr/bin/env node
import { airlockProgram } from '../cli/commands.ts';
import { reportError } from '../cli/output/report-error.ts';

// A reader such as head may close the pipe before all is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  await airlockProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error, process.argv.includes('--debug'));
}
