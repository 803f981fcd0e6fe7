/**
 * The event patterns of EventBridge, as https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * and eb-event-patterns.html describe them. Pure: a pattern goes in, a test of events comes out.
 */
import { AwsError } from '../../gateway/service.ts';

/** Says whether an event, parsed from its JSON, matches. */
export type EventTest = (event: unknown) => boolean;

/** Holds one rule of a list against the leaves of a field: its scalars, an array's elements each, none where the field is absent. */
type LeafRule = (leaves: readonly Scalar[]) => boolean;
type Scalar = string | number | boolean | null;

/**
 * Reads a pattern.
 *
 * @param pattern the parsed JSON of a rule's EventPattern
 * @throws AwsError InvalidEventPatternException, with the field and what is wrong with it, also for operators that are not modelled
 */
export function compilePattern(pattern: unknown): EventTest {
  return compileObject(pattern, '');
}

function compileObject(pattern: unknown, path: string): EventTest {
  if (!isRecord(pattern)) throw invalid(`${path || 'the pattern'} must be an object or an array`);
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalid(`Empty objects are not allowed at ${path || 'the top'}`);
  const tests = entries.map(([key, value]) => compileField(key, value, path === '' ? key : `${path}.${key}`));
  const test: EventTest = (event) => {
    // All fields must match in the same element: EventBridge keeps an array's objects apart.
    if (Array.isArray(event)) return event.some(test);
    const record = isRecord(event) ? event : {};
    return tests.every((one) => one(record));
  };
  return test;
}

function compileField(key: string, value: unknown, path: string): (event: Record<string, unknown>) => boolean {
  if (key === '$or') {
    if (!Array.isArray(value) || value.length < 2)
      throw invalid('There must have at least 2 Objects in $or relationship');
    const branches = value.map((branch, index) => compileObject(branch, `${path}[${index}]`));
    return (event) => branches.some((branch) => branch(event));
  }
  if (Array.isArray(value)) {
    if (value.length === 0) throw invalid(`Empty arrays are not allowed at ${path}`);
    const rules = value.map((rule) => compileRule(rule, path));
    return (event) => {
      const leaves = leavesOf(event[key]);
      return rules.some((rule) => rule(leaves));
    };
  }
  if (!isRecord(value)) throw invalid(`"${path}" must be an object or an array`);
  const nested = compileObject(value, path);
  return (event) => nested(event[key]);
}

function compileRule(rule: unknown, path: string): LeafRule {
  if (isScalar(rule)) return (leaves) => leaves.includes(rule);
  if (!isRecord(rule)) throw invalid(`${path}: a list holds values and operators, not lists`);
  const [operator, operand, ...others] = Object.entries(rule).flat();
  if (typeof operator !== 'string' || others.length > 0) {
    throw invalid(`${path}: one operator an object, not ${JSON.stringify(rule)}`);
  }
  if (operator === 'exists') {
    if (typeof operand !== 'boolean') throw invalid(`${path}: exists takes true or false`);
    return (leaves) => leaves.length > 0 === operand;
  }
  const holds = operator === 'anything-but' ? anythingBut(operand, path) : scalarTest(operator, operand, path);
  return (leaves) => leaves.some(holds);
}

function scalarTest(operator: string, operand: unknown, path: string): (value: Scalar) => boolean {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return affix(operator, operand, path);
    case 'equals-ignore-case': {
      const text = string(operand, operator, path).toLowerCase();
      return (value) => typeof value === 'string' && value.toLowerCase() === text;
    }
    case 'wildcard': {
      const expression = wildcard(string(operand, operator, path), path);
      return (value) => typeof value === 'string' && expression.test(value);
    }
    case 'numeric':
      return numeric(operand, path);
    default:
      throw invalid(
        `${path}: the operator ${operator} is not modelled here (known: prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, exists, $or)`,
      );
  }
}

function affix(side: 'prefix' | 'suffix', operand: unknown, path: string): (value: Scalar) => boolean {
  const ignoreCase = isRecord(operand) && Object.keys(operand).join() === 'equals-ignore-case';
  const text = string(ignoreCase ? operand['equals-ignore-case'] : operand, side, path);
  const wanted = ignoreCase ? text.toLowerCase() : text;
  return (value) => {
    if (typeof value !== 'string') return false;
    const seen = ignoreCase ? value.toLowerCase() : value;
    return side === 'prefix' ? seen.startsWith(wanted) : seen.endsWith(wanted);
  };
}

/** `anything-but` holds for a value that is there and is none of those named; it never holds for an absent field. */
function anythingBut(operand: unknown, path: string): (value: Scalar) => boolean {
  if (isRecord(operand)) {
    const [operator = '', inner] = Object.entries(operand).flat();
    if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(String(operator))) {
      throw invalid(
        `${path}: anything-but takes values, prefix, suffix, equals-ignore-case or wildcard, not ${operator}`,
      );
    }
    const tests = list(inner).map((one) => scalarTest(String(operator), one, path));
    return (value) => !tests.some((test) => test(value));
  }
  const values = list(operand);
  if (values.length === 0 || !values.every((value) => typeof value === 'string' || typeof value === 'number')) {
    throw invalid(`${path}: anything-but takes strings or numbers`);
  }
  const others: readonly unknown[] = values;
  return (value) => !others.includes(value);
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(operand: unknown, path: string): (value: Scalar) => boolean {
  const parts = Array.isArray(operand) ? operand : [];
  if (parts.length !== 2 && parts.length !== 4) throw invalid(`${path}: numeric takes one or two comparisons`);
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const compare = comparisons[String(parts[at])];
    const bound: unknown = parts[at + 1];
    // The range that the guide gives for numeric matching.
    if (compare === undefined || typeof bound !== 'number' || Math.abs(bound) > 5e9) {
      throw invalid(`${path}: numeric takes =, <, <=, > or >= and a number between -5e9 and 5e9`);
    }
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

/** `*` stands for any run of characters, `\*` and `\\` for the character itself. */
function wildcard(pattern: string, path: string): RegExp {
  if (/(?<!\\)\*\*/.test(pattern)) throw invalid(`${path}: Consecutive wildcard characters are not allowed`);
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (character === '*') source += '[\\s\\S]*';
    else if (character !== '\\') source += literal(character);
    else {
      const escaped = pattern.charAt(++at);
      if (escaped !== '*' && escaped !== '\\') throw invalid(`${path}: Invalid escape character in wildcard`);
      source += literal(escaped);
    }
  }
  return new RegExp(`^${source}$`);
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

function leavesOf(value: unknown): readonly Scalar[] {
  if (Array.isArray(value)) return value.flatMap((element) => leavesOf(element));
  return isScalar(value) ? [value] : [];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function string(value: unknown, operator: string, path: string): string {
  if (typeof value !== 'string') throw invalid(`${path}: ${operator} takes a string, not ${JSON.stringify(value)}`);
  return value;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
