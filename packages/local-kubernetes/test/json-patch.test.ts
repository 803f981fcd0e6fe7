// The answers of gopkg.in/evanphx/json-patch.v4, as k8s.io/apiserver 0.36 calls it (endpoints/handlers/patch.go), to
// the same patches of the same document
import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../json-patch.ts';
import { ApiError } from '../server/status.ts';

const document = { labels: { a: '1', 'x/y~z': '2', gone: null }, taints: [{ key: 'g' }, { key: 'h' }] };
const taints = (...keys: readonly string[]) => ({ ...document, taints: keys.map((key) => ({ key })) });
const labels = (more: object) => ({ ...document, labels: { ...document.labels, ...more } });

function codeOf(patch: unknown): number {
  try {
    applyJsonPatch(document, patch);
    return 200;
  } catch (error) {
    return error instanceof ApiError ? error.code : 0;
  }
}

describe('a JSON patch', () => {
  it.each([
    [{ op: 'replace', path: '/labels/new', value: '3' }, labels({ new: '3' })],
    [{ op: 'add', path: '/labels/new' }, labels({ new: null })],
    [{ op: 'copy', from: '/labels/absent', path: '/labels/new' }, labels({ new: null })],
    [{ op: 'add', path: '/taints/-', value: { key: 'i' } }, taints('g', 'h', 'i')],
    [{ op: 'add', path: '/taints/-1', value: { key: 'i' } }, taints('g', 'h', 'i')],
    [{ op: 'add', path: '/taints/2', value: { key: 'i' } }, taints('g', 'h', 'i')],
    [{ op: 'remove', path: '/taints/-1' }, taints('g')],
    [{ op: 'remove', path: '/taints/+1' }, taints('g')],
    [{ op: 'move', from: '/taints/01', path: '/taints/0' }, taints('h', 'g')],
    [{ op: 'replace', path: '', value: { b: 1 } }, { b: 1 }],
    [{ op: 'test', path: '', value: document }, document],
    [{ op: 'test', path: '/labels/x~1y~0z', value: '2' }, document],
    [{ op: 'test', path: '/labels/absent', value: null }, document],
    [{ op: 'test', path: '/labels/absent' }, document],
    [{ op: 'test', path: '/labels/gone' }, document],
    [{ op: 'test', path: '/taints', value: [{ key: 'g' }, { key: 'h' }] }, document],
  ])('%j is applied', (operation, after) => {
    expect(applyJsonPatch(document, [operation])).toEqual(after);
  });

  it('can name a member __proto__, which changes nothing else', () => {
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { x: 1 } }]) as object;

    expect(JSON.stringify(patched)).toBe('{"__proto__":{"x":1}}');
  });

  it.each([
    { op: 'remove', path: '/labels/absent' },
    { op: 'replace', path: '/labels/a/b', value: '1' },
    { op: 'replace', path: '/absent/x', value: '1' },
    { op: 'replace', path: '', value: 'x' },
    { op: 'add', path: '', value: {} },
    { op: 'add', path: 'labels', value: {} },
    { op: 'add', path: '/taints/3', value: {} },
    { op: 'add', path: '/taints/x', value: {} },
    { op: 'add', path: 1, value: {} },
    { op: 'replace', path: '/taints/2', value: {} },
    { op: 'test', path: '/taints/2', value: null },
    { op: 'test', path: '/labels/a', value: 1 },
    { op: 'test', path: '/labels/a' },
    { op: 'test', path: '/taints', value: [{ key: 'h' }, { key: 'g' }] },
    { op: 'move', from: '/labels/absent', path: '/labels/b' },
    { op: 'move', from: '/labels/a', path: '' },
    { op: 'Add', path: '/labels/a', value: '1' },
    {},
    null,
  ])('%j is rejected with 422', (operation) => {
    expect(codeOf([operation])).toBe(422);
  });

  it.each([[{}], ['x'], [['x']], [[[]]]])('%j is no patch', (patch) => {
    expect(codeOf(patch)).toBe(400);
  });

  it('has at most 10,000 operations, and may have none', () => {
    const test = { op: 'test', path: '/labels/a', value: '1' };

    expect(codeOf(Array.from({ length: 10_000 }, () => test))).toBe(200);
    expect(codeOf(Array.from({ length: 10_001 }, () => test))).toBe(413);
    expect(codeOf(null)).toBe(200);
  });

  it('is applied whole or not at all', () => {
    const before = structuredClone(document);

    expect(
      codeOf([
        { op: 'remove', path: '/labels/a' },
        { op: 'test', path: '/labels/a', value: '1' },
      ]),
    ).toBe(422);
    expect(document).toEqual(before);
  });
});
