import { outputWidth, print, styled, wrap } from '../output/text.ts';
import { type Fleet, launchPhases } from './fleet.ts';

/** Prints the fleet for people. */
export function printFleet({ at, pools, underWay, attention, openBreakers, notChecked }: Fleet): void {
  const width = outputWidth();
  print(`${styled('bold', 'fleet')} at ${at}`);
  for (const { cluster, pool, nodes, versions } of pools) {
    print(wrap(`${styled('bold', `${cluster} ${pool || '(no launch)'}`)}: ${listed(nodes)}`, width));
    if (Object.keys(versions).length > 0) print(wrap(`released with ${listed(versions)}`, width, 2));
  }
  if (pools.length === 0) print('no launch in the last 90 days');
  if (underWay.length > 0) print(`\n${styled('bold', 'under way')}`);
  for (const { instanceId, nodeName, phase, ageSeconds } of underWay) {
    const done = launchPhases.indexOf(phase) + 1;
    const bar = '■'.repeat(done) + '□'.repeat(launchPhases.length - done);
    print(wrap(`${bar}  ${phase}, ${ageSeconds} s  ${instanceId}  ${nodeName}`, width, 2));
  }
  if (attention.length > 0) print(`\n${styled('bold', 'needs a person')} (airlock explain INSTANCE says more)`);
  for (const { instanceId, nodeName, state, reason } of attention) {
    print(wrap(`${styled('yellow', state)}  ${instanceId}  ${nodeName}`, width, 2));
    if (reason !== '') print(wrap(reason, width, 4));
  }
  if (openBreakers.length > 0) print(`\n${styled('bold', 'open breakers')}`);
  for (const { cluster, pool, version, openedAt = '' } of openBreakers) {
    print(wrap(`${cluster} ${pool} ${version}  since ${openedAt}`, width, 2));
  }
  for (const { resource, reason } of notChecked) print(`\n${wrap(`could not look at ${resource}: ${reason}`, width)}`);
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
