import { type Condition, condition } from './conditions.ts';
import { PolicyError } from './policy-error.ts';
import { checkVariables } from './variables.ts';

/** The principals in a statement of a resource policy or a trust policy. */
interface Principals {
  readonly everyone: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
}

/** One parsed and checked statement. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: { readonly patterns: readonly string[]; readonly except: boolean };
  readonly resources: { readonly patterns: readonly string[]; readonly except: boolean } | undefined;
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
}

/** A parsed and checked policy document. */
export interface Policy {
  readonly statements: readonly Statement[];
}

type Json = Readonly<Record<string, unknown>>;

const statementKeys = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'Condition',
] as const;

/**
 * Parses a policy document.
 *
 * @param document the JSON, as an object or as text
 * @throws PolicyError that names what is malformed or unsupported: an element, an effect, an operator, a variable
 */
export function readPolicy(document: unknown): Policy {
  const json = typeof document === 'string' ? parse(document) : document;
  if (!isJson(json)) throw new PolicyError(`a policy must be a JSON object, not ${JSON.stringify(json)}`);
  for (const key of Object.keys(json)) {
    if (!['Version', 'Id', 'Statement'].includes(key))
      throw new PolicyError(`the policy element ${key} is not known here`);
  }
  if (json['Version'] !== '2012-10-17') {
    throw new PolicyError(`the policy Version must be "2012-10-17", not ${JSON.stringify(json['Version'])}`);
  }
  const statements = Array.isArray(json['Statement']) ? json['Statement'] : [json['Statement']];
  return { statements: statements.map(readStatement) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PolicyError(`a policy must be JSON, not ${text.slice(0, 80)}`);
  }
}

/** Resource policies are assembled for each call from statements that stay the same. */
const read = new WeakMap<object, Statement>();

function readStatement(statement: unknown): Statement {
  if (!isJson(statement)) throw new PolicyError(`a statement must be a JSON object, not ${JSON.stringify(statement)}`);
  const known = read.get(statement) ?? checkStatement(statement);
  read.set(statement, known);
  return known;
}

function checkStatement(statement: Json): Statement {
  for (const key of Object.keys(statement)) {
    if (!(statementKeys as readonly string[]).includes(key)) {
      throw new PolicyError(`the policy element ${key} is not known here; known: ${statementKeys.join(', ')}`);
    }
  }
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicyError(`Effect must be "Allow" or "Deny", not ${JSON.stringify(effect)}`);
  }
  const actions = choice(statement, 'Action', 'NotAction');
  if (actions === undefined) throw new PolicyError('a statement needs Action or NotAction');
  return {
    sid: typeof statement['Sid'] === 'string' ? statement['Sid'] : undefined,
    effect,
    actions,
    resources: choice(statement, 'Resource', 'NotResource'),
    principals: 'Principal' in statement ? readPrincipals(statement['Principal']) : undefined,
    conditions: readConditions(statement['Condition']),
  };
}

function choice(statement: Json, plain: string, negated: string): Statement['actions'] | undefined {
  if (plain in statement && negated in statement) throw new PolicyError(`${plain} and ${negated} exclude each other`);
  const key = plain in statement ? plain : negated in statement ? negated : undefined;
  if (key === undefined) return undefined;
  const patterns = strings(key, statement[key]);
  for (const pattern of patterns) checkVariables(pattern);
  return { patterns, except: key === negated };
}

function readPrincipals(value: unknown): Principals {
  if (value === '*') return { everyone: true, aws: [], services: [] };
  if (!isJson(value)) throw new PolicyError(`Principal must be "*" or an object, not ${JSON.stringify(value)}`);
  for (const key of Object.keys(value)) {
    if (key !== 'AWS' && key !== 'Service')
      throw new PolicyError(`the principal type ${key} is not known here; known: AWS, Service`);
  }
  const aws = 'AWS' in value ? strings('Principal.AWS', value['AWS']) : [];
  const services = 'Service' in value ? strings('Principal.Service', value['Service']) : [];
  return { everyone: aws.includes('*'), aws: aws.filter((one) => one !== '*'), services };
}

function readConditions(block: unknown): readonly Condition[] {
  if (block === undefined) return [];
  if (!isJson(block)) throw new PolicyError(`Condition must be an object, not ${JSON.stringify(block)}`);
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isJson(keys)) throw new PolicyError(`Condition.${operator} must be an object, not ${JSON.stringify(keys)}`);
    return Object.entries(keys).map(([key, values]) => condition(operator, key, strings(`${operator}.${key}`, values)));
  });
}

function strings(name: string, value: unknown): readonly string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') return String(one);
    throw new PolicyError(`${name} must be a string or a list of strings, not ${JSON.stringify(one)}`);
  });
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
