import { EventBus, type EventPattern, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';

/** The nodes that Airlock could not release. */
const quarantined: EventPattern = {
  source: ['airlock'],
  detailType: ['Node Quarantined', 'Reverification Failed'],
  detail: { schema: [1] },
};

/** Sends them to a target of yours, in your own CDK app. */
export function onQuarantine(scope: Construct, target: IRuleTarget): Rule {
  const eventBus = EventBus.fromEventBusName(scope, 'AirlockBus', 'Airlock');
  return new Rule(scope, 'Quarantined', { eventBus, eventPattern: quarantined, targets: [target] });
}
