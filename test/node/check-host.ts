import { HostError, requireRealHost } from '../../packages/lab/real-machines.ts';

// Before vitest starts, which would need to write into the checkout and would bury the reason under a stack.
try {
  requireRealHost();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
