import type { Clock } from '../local-aws/clock.ts';
import type { Controllers } from './controllers.ts';
import type { NodeTaint, StoredObject } from './object.ts';

/** A NodeReadinessRule, and the cluster in which node-readiness-controller applies it. */
export interface ReadinessRule {
  readonly api: { watchNodes(listener: (node: StoredObject) => void): () => void };
  readonly controllers: Controllers;
  readonly clock: Clock;
  /** The type of the condition that must be True. */
  readonly condition: string;
  readonly taint: NodeTaint;
}

/** From a change of a Node until the controller has read it. */
const delayMs = 500;

/**
 * node-readiness-controller with one rule in the mode `continuous`: the taint is there exactly while the condition is
 * not True.
 *
 * @returns a function that stops it
 */
export function enforceReadiness({ api, controllers, clock, condition, taint }: ReadinessRule): () => void {
  const isDue = ({ spec, status }: StoredObject) => {
    const ready = status?.conditions?.some(({ type, status: said }) => type === condition && said === 'True') ?? false;
    return ready === (spec?.taints?.some(({ key }) => key === taint.key) ?? false);
  };
  return api.watchNodes((node) => {
    if (!isDue(node)) return;
    clock.after(delayMs, () => {
      void controllers.change(node.metadata.name, (now) => {
        if (!isDue(now)) return [];
        const others = (now.spec?.taints ?? []).filter(({ key }) => key !== taint.key);
        const had = others.length !== (now.spec?.taints ?? []).length;
        return [{ op: 'add', path: '/spec/taints', value: had ? others : [...others, taint] }];
      });
    });
  });
}
