import { inject, it } from 'vitest';
import { type ScenarioName, scenarios } from './registry.ts';

it.each(Object.keys(scenarios) as ScenarioName[])('%s', (name) => scenarios[name](inject('assembly')));
