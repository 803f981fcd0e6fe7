import { type GuardMutation, of } from './guard.ts';

const decide = of('domain/rollout/decide.ts', 'test/domain/rollout/decide.test.ts');
const steer = of('domain/rollout/decide.ts', 'test/domain/rollout/steered.test.ts');
const replace = of('domain/rollout/decide.ts', 'test/domain/rollout/replacement.test.ts');
const nodes = of('domain/rollout/nodes.ts', 'test/domain/rollout/nodes.test.ts');

/** Mistakes in what a rollout decides, and in what it knows of a node. */
export const rolloutGuards: readonly GuardMutation[] = [
  decide('a rollout moves nodes whose tag names a version', 'follows', '!$NODE.isPinned', 'true'),
  steer('a rollout begins with a node that was put back', 'wasPutBack', '$ROLLOUT.was === $TARGET', 'false'),
  steer('a pool goes back to a version that is withdrawn', 'targetOf', 'canInstall($ACT.to)', 'true'),
  steer('another rollout begins while nodes are half-way', 'beginRollout', '$OWN.some(isHalfWay)', 'false'),
  steer('an act is followed with each pass', 'followAct', '$ACT.at === $ROLLOUT.actAt', 'false'),
  decide('a rollout goes on over a node that failed', 'failureOf', 'failed !== undefined', 'false'),
  decide('a rollout goes on over a node that lost its proof', 'failureOf', 'lost !== undefined', 'false'),
  replace(
    'a rollout by replacement goes on over a substitute that failed',
    'failureOf',
    "($FAILED_LAUNCH?.endedAt ?? '') > $STARTED_AT",
    'false',
  ),
  replace(
    'a node that gives way is terminated outside the windows',
    'endGivingWay',
    '!isInWindow($SETTINGS.windows, $NOW)',
    'false',
  ),
  replace(
    'a node that gives way is terminated at once',
    'endGivingWay',
    "$NOW < Date.parse($ROLLOUT.endedAt ?? '') + $MINUTES * 60_000",
    'false',
  ),
  decide('the next wave does not wait for the soak time', 'continueWaves', '$NOW < $SOAKED', 'false'),
  decide(
    'a wave without a proven node leads to the next one',
    'continueWaves',
    '!$IN_WAVE.some(({ version }) => version === $TARGET)',
    'false',
  ),
  replace(
    'a rollout by replacement goes on before a node proved the version',
    'continueWaves',
    '$IS_UNPROVEN ? 0 : $NEXT',
    '$NEXT',
  ),
  steer('a paused rollout takes nodes out', 'startSome', '$ROLLOUT.pausedAt !== undefined', 'false'),
  steer(
    'a node is put back again and again',
    'putBack',
    '$ROLLOUT.to !== $TARGET || $ROLLOUT.was === $TARGET',
    'false',
  ),
  steer(
    'a rollback that cannot be followed waits for the next deploy',
    'followAct',
    'if (canInstall($ACT.to)) return $ROLLOUT;',
    'return $ROLLOUT;',
  ),
  decide(
    'nodes behind their gates for another cause do not count',
    'startSome',
    '$NODES.filter(({ isGated }) => isGated).length',
    '0',
  ),
  decide(
    'a node is taken out while its proof is repeated',
    'startSome',
    '$PENDING.filter(({ isBusy }) => !isBusy)',
    '$PENDING',
  ),
  nodes(
    'a node whose repeated proof failed counts as open',
    'hasOpenGate',
    "$OUTCOME === undefined || ($ENDING === 'held' && $OUTCOME === 'breaker-open')",
    'true',
  ),
  nodes(
    'a node that an operator closed counts as open',
    'hasOpenGate',
    "$ACT?.act === 'quarantine' || $ACT?.act === 'uninstall'",
    'false',
  ),
  nodes('a node that an operator changed has a proven version', 'poolNodeOf', '$IS_OPEN && !$IS_BY_HAND', '$IS_OPEN'),
  nodes('what a Node shows makes it available', 'poolNodeOf', '!$IS_OPEN || $IS_SEEN', '!$IS_OPEN && $IS_SEEN'),
  nodes(
    'a tag that was refused for another reason is pinned to a withdrawn version',
    'poolNodeOf',
    "$REFUSED?.outcome === 'version-withdrawn'",
    'true',
  ),
];
