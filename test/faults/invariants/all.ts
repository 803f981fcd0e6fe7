import { alarmed } from './alarmed.ts';
import { oneInstallAtATime } from './alone.ts';
import { nothingInFlight } from './at-rest.ts';
import { endedOnce } from './ended.ts';
import { healed } from './healed.ts';
import type { Invariant } from './invariant.ts';
import { asModelled } from './modelled.ts';
import { notified } from './notified.ts';
import { provenBeforeRelease } from './proven.ts';
import { auditSuffices } from './published.ts';
import { quietAtTheEnd } from './quiet.ts';
import { receiptsRebuilt } from './rebuilt.ts';
import { badVersionStopped, noneHalfWay } from './rollout-ends.ts';
import { rolloutDone, rolloutReported } from './rollout-reported.ts';
import { roomKept } from './rollout-room.ts';
import { openAsProven, receiptsOfMachines } from './rollout-versions.ts';
import { terminatedByPolicy } from './terminated.ts';

/** Every rule that holds with every fault. */
export const invariants: readonly Invariant[] = [
  provenBeforeRelease,
  oneInstallAtATime,
  endedOnce,
  quietAtTheEnd,
  terminatedByPolicy,
  auditSuffices,
  receiptsRebuilt,
  nothingInFlight,
  healed,
  alarmed,
  notified,
  asModelled,
  roomKept,
  openAsProven,
  receiptsOfMachines,
  noneHalfWay,
  badVersionStopped,
  rolloutReported,
  rolloutDone,
];
