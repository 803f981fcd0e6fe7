import { inject, it } from 'vitest';
import { clusterScenarios } from './registry/cluster.ts';
import { type ScenarioName, scenarios } from './registry.ts';

it.each(Object.keys(scenarios) as ScenarioName[])('%s', (name) =>
  // What a deployment does in a cluster is tested on one that does it.
  scenarios[name](inject(name in clusterScenarios ? 'assembly' : 'prepared')),
);
