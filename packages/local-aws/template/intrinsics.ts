import { TemplateError } from './template-error.ts';

/** The source of references' values. */
export interface Scope {
  /** A parameter, pseudo parameter or resource. Throws {@link TemplateError} if there is none. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
}

/** Marks a value that `AWS::NoValue` removes. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

type Resolve = (argument: unknown, scope: Scope) => unknown;

/** Every supported intrinsic function. */
const intrinsics: Readonly<Record<string, Resolve>> = {
  Ref: (argument, scope) => scope.ref(text('Ref', argument)),
  'Fn::GetAtt': (argument, scope) => scope.attribute(...attributePath(argument, scope)),
  'Fn::Sub': (argument, scope) => sub(argument, scope),
  'Fn::Join': (argument, scope) => {
    const [separator, values] = pair('Fn::Join', argument);
    return list('Fn::Join', resolve(values, scope)).map(String).join(text('Fn::Join', separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, values] = pair('Fn::Select', argument);
    const all = list('Fn::Select', resolve(values, scope));
    const chosen = all[Number(resolve(index, scope))];
    if (chosen === undefined)
      throw new TemplateError(`Fn::Select: no element ${String(index)} in ${JSON.stringify(all)}`);
    return chosen;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, value] = pair('Fn::Split', argument);
    return text('Fn::Split', resolve(value, scope)).split(text('Fn::Split', separator));
  },
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list('Fn::If', argument);
    return resolve(scope.condition(text('Fn::If', name)) ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [one, other] = pair('Fn::Equals', argument);
    return String(resolve(one, scope)) === String(resolve(other, scope));
  },
  'Fn::And': (argument, scope) => list('Fn::And', argument).every((one) => truth(one, scope)),
  'Fn::Or': (argument, scope) => list('Fn::Or', argument).some((one) => truth(one, scope)),
  'Fn::Not': (argument, scope) => !truth(list('Fn::Not', argument)[0], scope),
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = list('Fn::FindInMap', argument).map((one) =>
      text('Fn::FindInMap', resolve(one, scope)),
    );
    return scope.mapping(map ?? '', first ?? '', second ?? '');
  },
  'Fn::Base64': (argument, scope) => {
    return Buffer.from(text('Fn::Base64', resolve(argument, scope))).toString('base64');
  },
};

/** The intrinsic function in an object, recognized by its form: one key, `Ref` or `Fn::…`. */
export function intrinsicOf(value: unknown): { readonly name: string; readonly argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [entry, ...rest] = Object.entries(value);
  if (entry === undefined || rest.length > 0) return undefined;
  const [name, argument] = entry;
  return name === 'Ref' || name.startsWith('Fn::') ? { name, argument } : undefined;
}

/** Whether the intrinsic function is supported. */
export function isKnownIntrinsic(name: string): boolean {
  return name in intrinsics;
}

/**
 * Replaces every intrinsic function in a value.
 *
 * @throws TemplateError for an unsupported intrinsic, by name, and for a malformed argument
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, scope)).filter((one) => one !== noValue);
  if (typeof value !== 'object' || value === null) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== undefined) {
    const known = intrinsics[intrinsic.name];
    if (known === undefined) throw new TemplateError(`the intrinsic function ${intrinsic.name} is not known here`);
    return known(intrinsic.argument, scope);
  }
  const entries = Object.entries(value).map(([key, one]) => [key, resolve(one, scope)] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== noValue));
}

function truth(value: unknown, scope: Scope): boolean {
  if (typeof value === 'object' && value !== null && 'Condition' in value) {
    return scope.condition(text('Condition', value.Condition));
  }
  const result = resolve(value, scope);
  if (result === true || result === 'true') return true;
  if (result === false || result === 'false') return false;
  throw new TemplateError(`a condition must be true or false, not ${JSON.stringify(result)}`);
}

function attributePath(argument: unknown, scope: Scope): [logicalId: string, attribute: string] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    return [argument.slice(0, dot), argument.slice(dot + 1)];
  }
  const [logicalId, attribute] = pair('Fn::GetAtt', argument);
  return [text('Fn::GetAtt', logicalId), text('Fn::GetAtt', resolve(attribute, scope))];
}

/** The references in a text of `Fn::Sub`; `${!x}` is a literal. */
export function subReferences(template: string): readonly string[] {
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.trim());
}

function sub(argument: unknown, scope: Scope): string {
  const [template, variables] = Array.isArray(argument) ? pair('Fn::Sub', argument) : [argument, {}];
  const given = resolve(variables, scope) as Record<string, unknown>;
  return text('Fn::Sub', template).replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, raw: string) => {
    if (literal === '!') return `\${${raw}}`;
    const name = raw.trim();
    if (name in given) return String(given[name]);
    const dot = name.indexOf('.');
    return String(dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1)));
  });
}

function pair(name: string, argument: unknown): [unknown, unknown] {
  const [one, other, ...rest] = list(name, argument);
  if (other === undefined || rest.length > 0)
    throw new TemplateError(`${name} takes two elements, not ${JSON.stringify(argument)}`);
  return [one, other];
}

function list(name: string, argument: unknown): readonly unknown[] {
  if (!Array.isArray(argument)) throw new TemplateError(`${name} takes a list, not ${JSON.stringify(argument)}`);
  return argument;
}

function text(name: string, argument: unknown): string {
  if (typeof argument === 'string') return argument;
  if (typeof argument === 'number') return String(argument);
  throw new TemplateError(`${name} takes a text, not ${JSON.stringify(argument)}`);
}
