import type { Template } from './assembly.ts';
import { noValue, resolve, type Scope } from './intrinsics.ts';
import type { Created, Stack } from './resource.ts';
import { TemplateError } from './template-error.ts';

/** One stack's references, while its resources are created. */
export class StackScope implements Scope {
  readonly #template: Template;
  readonly #pseudo: Readonly<Record<string, unknown>>;
  readonly #created: ReadonlyMap<string, Created>;
  readonly #conditions = new Map<string, boolean>();

  constructor(stack: Stack, template: Template, created: ReadonlyMap<string, Created>) {
    const { name, id, env } = stack;
    this.#template = template;
    this.#created = created;
    this.#pseudo = {
      'AWS::AccountId': env.account,
      'AWS::Region': env.region,
      'AWS::Partition': env.partition,
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': name,
      'AWS::StackId': id,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': noValue,
    };
  }

  ref(name: string): unknown {
    if (name in this.#pseudo) return this.#pseudo[name];
    const parameter = this.#template.Parameters?.[name];
    if (parameter !== undefined) return parameterValue(name, parameter);
    return this.#resource(name).ref;
  }

  attribute(logicalId: string, attribute: string): unknown {
    const { attributes } = this.#resource(logicalId);
    if (attribute in attributes) return attributes[attribute];
    const type = this.#template.Resources[logicalId]?.Type;
    throw new TemplateError(
      `${logicalId} (${type}) has no attribute ${attribute} here; known: ${Object.keys(attributes).join(', ') || 'none'}`,
    );
  }

  condition(name: string): boolean {
    const known = this.#conditions.get(name);
    if (known !== undefined) return known;
    const expression = this.#template.Conditions?.[name];
    if (expression === undefined) throw new TemplateError(`the condition ${name} is not in the template`);
    const value = resolve(expression, this);
    if (typeof value !== 'boolean')
      throw new TemplateError(`the condition ${name} must be true or false, not ${JSON.stringify(value)}`);
    this.#conditions.set(name, value);
    return value;
  }

  mapping(map: string, first: string, second: string): unknown {
    const top = (this.#template.Mappings?.[map] ?? {}) as Record<string, Record<string, unknown>>;
    const value = top[first]?.[second];
    if (value === undefined) throw new TemplateError(`the mapping ${map} has no entry ${first}.${second}`);
    return value;
  }

  #resource(logicalId: string): Created {
    const created = this.#created.get(logicalId);
    if (created === undefined) throw new TemplateError(`${logicalId} is no parameter and no resource of the template`);
    return created;
  }
}

/**
 * The local cloud uses every parameter's default; AWS reads the bootstrap version from SSM, so its default is a name.
 */
function parameterValue(name: string, parameter: Readonly<Record<string, unknown>>): unknown {
  const { Type: type, Default: value } = parameter;
  if (value === undefined)
    throw new TemplateError(`the parameter ${name} has no default, and the local cloud gives none`);
  const known = ['String', 'Number', 'CommaDelimitedList', 'AWS::SSM::Parameter::Value<String>'];
  if (typeof type !== 'string' || !known.includes(type)) {
    throw new TemplateError(
      `the type of the parameter ${name} must be one of ${known.join(', ')}, not ${JSON.stringify(type)}`,
    );
  }
  return type === 'CommaDelimitedList'
    ? String(value)
        .split(',')
        .map((one) => one.trim())
    : value;
}
