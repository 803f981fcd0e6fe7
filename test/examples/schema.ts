import * as models from '@kubernetes/client-node';

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

/** The class of a type in the API's schema; undefined for texts, numbers and types without fields. */
function modelOf(type: string): Model | undefined {
  const found: unknown = Reflect.get(models, type);
  return typeof found === 'function' && 'getAttributeTypeMap' in found ? (found as unknown as Model) : undefined;
}

/**
 * The paths in an object that the API's schema does not know.
 *
 * @param type the name of the schema, for instance `V1Pod`
 */
export function unknownFields(type: string, value: unknown, path = ''): string[] {
  const element = /^Array<(.+)>$/.exec(type)?.[1];
  if (element !== undefined) {
    if (!Array.isArray(value)) return [`${path}: is no list`];
    return value.flatMap((one, index) => unknownFields(element, one, `${path}[${index}]`));
  }
  const model = modelOf(type);
  if (model === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: is no ${type}`];
  const types = new Map(model.getAttributeTypeMap().map(({ baseName, type: of }) => [baseName, of]));
  return Object.entries(value).flatMap(([name, one]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const of = types.get(name);
    return of === undefined ? [at] : unknownFields(of, one, at);
  });
}
