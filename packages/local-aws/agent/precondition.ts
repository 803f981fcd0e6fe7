import type { Step } from './document.ts';
import { asText, interpolate, type Resolved } from './parameters.ts';

/** Whether the agent runs a step, and the message of the result if it does not. */
export type Operation = { readonly does: 'run' } | { readonly does: 'skip' | 'fail'; readonly message: string };

/**
 * Decides whether a step runs, by `getStepExecutionOperation` and `evaluatePreconditions` of the agent's
 * agent/framework/runpluginutil/runpluginutil.go.
 */
export function operationOf(step: Step, schemaVersion: string, resolved: Resolved): Operation {
  const { action, name, precondition = {} } = step;
  const fail = (message: string): Operation => ({ does: 'fail', message: `${message} Step name: ${name}` });
  const judged = Object.entries(precondition).flatMap(([operator, operands]) => judge(operator, operands, resolved));
  const reasons = judged.map(({ reason }) => reason).join(', ');
  if (schemaVersion === '2.2' && judged.some(({ isUnmet }) => isUnmet)) {
    const message = `Step execution skipped due to unsatisfied preconditions: '${reasons}'. Step name: ${name}`;
    return { does: 'skip', message };
  }
  if (action !== 'aws:runShellScript') return { does: 'fail', message: `plugin ${action} is not simulated` };
  if (schemaVersion !== '2.2' && Object.keys(precondition).length > 0) {
    return fail('Precondition is not supported for document schema version prior to 2.2.');
  }
  if (judged.length === 0) return { does: 'run' };
  return fail(`Unrecognized precondition(s): '${reasons}', please update agent to latest version.`);
}

/** One objection to a precondition: it is not met, or the agent cannot evaluate it. */
interface Objection {
  readonly reason: string;
  readonly isUnmet?: boolean;
}

function judge(operator: string, operands: readonly string[], resolved: Resolved): readonly Objection[] {
  if (operator !== 'StringEquals') return [{ reason: `unrecognized operator: "${operator}"` }];
  const objection = (what: string): readonly Objection[] => [{ reason: `"StringEquals": ${what}` }];
  const [one, other] = operands;
  if (one === undefined || other === undefined || operands.length > 2) {
    return objection('operator accepts exactly 2 arguments');
  }
  const unmet = [{ reason: `"StringEquals": [${one}, ${other}]`, isUnmet: true }];
  if (one === other) {
    return objection(
      one === 'platformType' ? '[platformType platformType]' : "operator's arguments can't be identical",
    );
  }
  if (operands.some((operand) => /\{\{ *ssm:[/\w.:-]+ *\}\}/.test(operand))) {
    return objection("operator's arguments can't contain SSM parameters");
  }
  const values = operands.map((operand) => asText(interpolate(operand, resolved.textual)));
  if (operands.includes('platformType')) {
    const at = one === 'platformType' ? 1 : 0;
    if (operands[at]?.toLowerCase() !== values[at]?.toLowerCase()) {
      return objection("the second argument for the platformType variable can't contain document parameters");
    }
    return operands[at]?.toLowerCase() === 'linux' ? [] : unmet;
  }
  if (values[0] === one && values[1] === other) {
    return objection("at least one of operator's arguments must contain a valid document parameter");
  }
  return values[0] === values[1] ? [] : unmet;
}
