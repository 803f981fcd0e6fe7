import { describe, expect, it } from 'vitest';
import { failureOfAnswer } from '../../../lambdas/adapters/kubernetes-errors.ts';

const answer = (code: number, message: string, causes?: readonly { reason: string }[]) => {
  const details = causes === undefined ? {} : { details: { causes } };
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', message, code, ...details });
  return failureOfAnswer({ code, body, headers: {} });
};
const quota = 'pods "x" is forbidden: exceeded quota: airlock-proof, requested: pods=1, used: pods=9, limited: pods=9';

describe('an answer of the API', () => {
  it.each([
    ['a test of a patch that failed: look again', 422, 'the server rejected our request', undefined, 'Conflict'],
    ['a taint that came meanwhile: look again', 422, 'x', [{ reason: 'FieldValueDuplicate' }], 'Conflict'],
    ['annotations that are too long: final', 422, 'x', [{ reason: 'FieldValueTooLong' }], 'Rejected'],
    ['a value that breaks a rule: final', 422, 'x', [{ reason: 'FieldValueInvalid' }], 'Rejected'],
    ['an object that is too large: final', 413, 'x', undefined, 'Rejected'],
    ['an older version: look again', 409, 'x', undefined, 'Conflict'],
    ['a full quota: wait', 403, quota, undefined, 'QuotaExceeded'],
    ['no right: final', 403, 'x', undefined, 'Forbidden'],
    ['an unknown identity: final', 401, 'x', undefined, 'Forbidden'],
    ['too many requests: wait', 429, 'x', undefined, 'Unreachable'],
    ['a request that makes no sense: a fault of ours', 400, 'x', undefined, 'UnexpectedAnswer'],
  ])('with %s', (_what, code, message, causes, name) => {
    expect(answer(code, message, causes).name).toBe(name);
  });

  it('is bounded and printable, whatever the server wrote', () => {
    expect(answer(500, `\u001b[31m${'x'.repeat(5_000)}`).message).toMatch(/^[ -~]{1,1000}$/);
    expect(failureOfAnswer({ code: 502, body: '<html>\u202e', headers: {} }).message).toBe('HTTP 502: <html>?');
  });
});
