import type { Family } from '../fault.ts';
import { agentFaults } from './agents.ts';
import { apiFaults } from './api.ts';
import { busFaults } from './bus.ts';
import { clusterFaults } from './clusters.ts';
import { commandFaults } from './commands.ts';
import { deployFaults } from './deploys.ts';
import { driftFaults } from './drift.ts';
import { errorFaults } from './errors.ts';
import { eventFaults } from './events.ts';
import { functionFaults } from './functions.ts';
import { instanceFaults } from './instances.ts';
import { nodeFaults } from './nodes.ts';
import { queueFaults } from './queues.ts';
import { timeFaults } from './time.ts';
import { tokenFaults } from './tokens.ts';

/** Every fault of the matrix, by name. */
export const faults: Family = {
  ...eventFaults,
  ...busFaults,
  ...queueFaults,
  ...apiFaults,
  ...errorFaults,
  ...functionFaults,
  ...tokenFaults,
  ...commandFaults,
  ...agentFaults,
  ...instanceFaults,
  ...nodeFaults,
  ...clusterFaults,
  ...deployFaults,
  ...driftFaults,
  ...timeFaults,
};
