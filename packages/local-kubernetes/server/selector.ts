import { ApiError } from './status.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Compiles a label selector in the API's query format: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)` and
 * `a notin (b,c)`, joined by commas. As in Kubernetes, `!=` and `notin` also match if the label is absent.
 *
 * @throws {@link ApiError} 400 for anything else
 */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const requirements = split(text).map(requirement);
  return (labels) => requirements.every((holds) => holds(labels));
}

function split(text: string): readonly string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function requirement(text: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const among = (labels: Labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === 'in' ? among : (labels) => !among(labels);
  }
  const pair = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(text);
  if (pair !== null) {
    const [, key = '', operator, value = ''] = pair;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const exists = /^(!?)([^\s=!()]+)$/.exec(text);
  if (exists !== null) {
    const [, not, key = ''] = exists;
    return (labels) => (labels[key] !== undefined) === (not === '');
  }
  throw new ApiError(400, 'BadRequest', `unable to parse requirement: found '${text}'`);
}
