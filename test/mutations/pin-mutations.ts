import { type GuardMutation, of } from './guard.ts';

const attested = of('cli/artifacts/attested.ts', 'test/cli/attested.test.ts');
const pooled = of('domain/rollout/settings.ts', 'test/domain/rollout/settings.test.ts');
const named = of('cli/doctor/examine-pool-names.ts', 'test/doctor/findings.test.ts');
const configured = of('lib/config/rollout-settings.ts', 'test/lib/rollout-config.test.ts');

/** Guards of pins that upstream signed, and of what a pool may set for itself. */
export const pinMutations: readonly GuardMutation[] = [
  attested('a pin is attested whatever checksum was signed', 'attestationOf', 'signed !== sha256', 'false'),
  attested("another release's attestation is taken", 'attestationOf', 'statement.predicate.tag !== tag', 'false'),
  attested(
    "another repository's attestation is taken",
    'attestationOf',
    'statement.predicate.repository !== repository',
    'false',
  ),
  pooled("a pool's own settings of rollouts are ignored", 'rolloutSettingsOf', '{ ...settings, ...own }', 'settings'),
  named('a pool that could not be read reads as missing', 'examinePoolNames', 'unread === undefined', 'true'),
  configured('a pool has settings of rollouts that are off', 'strayRollouts', 'rollout !== undefined', 'true'),
];
