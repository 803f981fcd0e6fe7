import { isRecord, type StoredObject } from '../object.ts';
import { ApiError } from './status.ts';

/** The fields that the API server's selectors support for each kind, besides name and namespace. */
const fields: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec.nodeName', 'spec.restartPolicy', 'status.phase'],
  Event: [
    'involvedObject.kind',
    'involvedObject.name',
    'involvedObject.namespace',
    'involvedObject.uid',
    'reason',
    'type',
  ],
};

/**
 * Compiles a field selector: `a=b`, `a==b` and `a!=b`, joined by commas.
 *
 * @throws {@link ApiError} 400 for anything else, and for a field that the kind does not support
 */
export function fieldSelector(kind: string, text: string): (object: StoredObject) => boolean {
  if (text === '') return () => true;
  const requirements = text.split(',').map((part) => {
    const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (operator === undefined)
      throw new ApiError(400, 'BadRequest', `invalid selector: '${text}'; can't understand '${part}'`);
    if (!['metadata.name', 'metadata.namespace', ...(fields[kind] ?? [])].includes(field)) {
      throw new ApiError(400, 'BadRequest', `field label not supported: ${field}`);
    }
    return (object: StoredObject) => (valueAt(object, field) === value) === (operator !== '!=');
  });
  return (object) => requirements.every((holds) => holds(object));
}

function valueAt(object: StoredObject, field: string): string {
  let at: unknown = object;
  for (const step of field.split('.')) at = isRecord(at) ? at[step] : undefined;
  return typeof at === 'string' ? at : '';
}
