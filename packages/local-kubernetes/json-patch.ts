import jsonPatch, { type Operation } from 'fast-json-patch';
import { isRecord } from './object.ts';
import { ApiError } from './server/status.ts';

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/**
 * Applies a JSON Patch like the API server: all of it or nothing.
 *
 * @throws {@link ApiError} 400 if the text is not a patch, 422 if a `test` fails or a path does not exist. The server
 * gives the same message for both, so a client cannot tell them apart.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch) || !patch.every(isOperation)) {
    throw new ApiError(400, 'BadRequest', 'error decoding patch: json: cannot unmarshal into a list of operations');
  }
  const copy = structuredClone(document);
  try {
    for (const operation of patch) {
      if (testsAbsence(copy, operation)) continue;
      jsonPatch.applyOperation(copy, operation, true, true);
    }
  } catch {
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
  return copy;
}

/** The server's library reads a `test` for null as a test for absence. */
function testsAbsence(document: unknown, operation: Operation): boolean {
  if (operation.op !== 'test' || operation.value !== null) return false;
  return jsonPatch.getValueByPointer(document, operation.path) === undefined;
}

function isOperation(value: unknown): value is Operation {
  if (!isRecord(value)) return false;
  const { op, path } = value;
  return typeof op === 'string' && operations.includes(op) && typeof path === 'string';
}
