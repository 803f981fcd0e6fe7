import { inject, onTestFinished } from 'vitest';
import { pack } from '../../domain/packed.ts';
import type { FleetRollout } from '../../domain/rollout/settings.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { Copy } from '../mutations/assembly.ts';
import { type VersionChange, withVersions } from './deploy-version.ts';
import { grantRolloutsIn } from './grant-rollouts.ts';

/**
 * The sample's assembly with rollouts, and with another version that new launches get. It is removed after the test.
 */
export function withRollout(
  rollout: FleetRollout,
  runtime: Runtime,
  change: VersionChange,
  assembly = inject('assembly'),
): string {
  const copy = new Copy(assembly);
  onTestFinished(() => copy.remove());
  grantRolloutsIn(copy);
  for (const [, { Properties }] of copy.all('AWS::Lambda::Function')) {
    const variables = Properties['Environment']?.Variables ?? {};
    if ('ROLLOUT' in variables) variables['ROLLOUT'] = pack({ rollout });
    Object.assign(variables, withVersions(variables, runtime, change));
  }
  return copy.write();
}
