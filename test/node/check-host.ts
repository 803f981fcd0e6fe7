import { HostError, requireRealHost } from '../../packages/lab/real-machines.ts';

// This runs before vitest, which would write to the checkout and hide the reason under a stack.
try {
  requireRealHost();
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
