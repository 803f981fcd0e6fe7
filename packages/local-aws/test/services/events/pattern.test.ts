// Vectors of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html: its table and examples
import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../../services/events/pattern.ts';

/** A trimmed copy of the sample event of the guide's page "Amazon EventBridge event patterns". */
const terminated = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '111122223333',
  resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0'],
  detail: { 'instance-id': 'i-1234567890abcdef0', state: 'terminated' },
};

describe('eb-event-patterns: matching fields', () => {
  test('every field that the pattern names has to match', () => {
    const pattern = { source: ['aws.ec2'], detail: { state: ['terminated', 'stopped'] } };
    expect(compilePattern(pattern)(terminated)).toBe(true);
    expect(compilePattern({ ...pattern, source: ['aws.fargate'] })(terminated)).toBe(false);
    expect(compilePattern({ detail: { state: ['running'] } })(terminated)).toBe(false);
  });

  test('an array in the event matches where any of its elements does', () => {
    const pattern = compilePattern({ resources: ['other', terminated.resources[0]] });
    expect(pattern(terminated)).toBe(true);
    expect(pattern({ ...terminated, resources: [] })).toBe(false);
  });

  test('fields of one object in an array are held against the same element', () => {
    const pattern = compilePattern({ employees: { name: ['Anna'], dept: ['eng'] } });
    expect(pattern({ employees: [{ name: 'Anna', dept: 'eng' }] })).toBe(true);
    expect(
      pattern({
        employees: [
          { name: 'Anna', dept: 'sales' },
          { name: 'Bo', dept: 'eng' },
        ],
      }),
    ).toBe(false);
  });

  test('null and the empty string match themselves and not an absent field', () => {
    const pattern = compilePattern({ detail: { a: [null], b: [''] } });
    expect(pattern({ detail: { a: null, b: '' } })).toBe(true);
    expect(pattern({ detail: { b: '' } })).toBe(false);
  });
});

describe('eb-create-pattern-operators', () => {
  const cases: [string, unknown, unknown, boolean][] = [
    ['prefix', { time: [{ prefix: '2017-10-02' }] }, { time: '2017-10-02T18:43:48Z' }, true],
    ['prefix, other case', { s: [{ prefix: 'eventb' }] }, { s: 'EventBridge' }, false],
    ['prefix, case ignored', { s: [{ prefix: { 'equals-ignore-case': 'EventB' } }] }, { s: 'eventbridge' }, true],
    ['suffix', { FileName: [{ suffix: '.png' }] }, { FileName: 'a.png' }, true],
    ['suffix, case ignored', { f: [{ suffix: { 'equals-ignore-case': '.png' } }] }, { f: 'A.PNG' }, true],
    ['equals-ignore-case', { t: [{ 'equals-ignore-case': 'alice' }] }, { t: 'ALICE' }, true],
    ['anything-but a value', { state: [{ 'anything-but': 'initializing' }] }, { state: 'running' }, true],
    ['anything-but a list', { state: [{ 'anything-but': ['stopped', 'overloaded'] }] }, { state: 'stopped' }, false],
    ['anything-but a number', { x: [{ 'anything-but': [100, 200] }] }, { x: 300 }, true],
    ['anything-but, absent field', { state: [{ 'anything-but': 'x' }] }, {}, false],
    ['anything-but a prefix', { state: [{ 'anything-but': { prefix: 'init' } }] }, { state: 'initializing' }, false],
    ['anything-but prefixes', { s: [{ 'anything-but': { prefix: ['init', 'error'] } }] }, { s: 'running' }, true],
    ['anything-but suffixes', { f: [{ 'anything-but': { suffix: ['.txt', '.rtf'] } }] }, { f: 'a.rtf' }, false],
    [
      'anything-but ignoring case',
      { s: [{ 'anything-but': { 'equals-ignore-case': ['a', 'b'] } }] },
      { s: 'A' },
      false,
    ],
    ['anything-but a wildcard', { p: [{ 'anything-but': { wildcard: '*/lib/*' } }] }, { p: '/usr/lib/x' }, false],
    ['numeric range', { c: [{ numeric: ['>', 0, '<=', 5] }] }, { c: 5 }, true],
    ['numeric range, outside', { c: [{ numeric: ['>', 0, '<=', 5] }] }, { c: 0 }, false],
    ['numeric equality', { c: [{ numeric: ['=', 3.018e2] }] }, { c: 301.8 }, true],
    ['numeric against a string', { c: [{ numeric: ['=', 3] }] }, { c: '3' }, false],
    ['exists', { detail: { state: [{ exists: true }] } }, { detail: { state: 'x' } }, true],
    ['exists looks at leaves only', { detail: { state: [{ exists: true }] } }, { detail: { state: { a: 1 } } }, false],
    ['exists false', { detail: { c: [{ exists: false }] } }, { detail: {} }, true],
    ['exists false under an absent parent', { detail: { c: [{ exists: false }] } }, {}, true],
    ['wildcard', { p: [{ wildcard: 'dir/*.png' }] }, { p: 'dir/a/b.png' }, true],
    ['wildcard, escaped star', { p: [{ wildcard: 'a\\*b' }] }, { p: 'axb' }, false],
    ['a value or an operator', { s: ['x', { prefix: 'ab' }] }, { s: 'abc' }, true],
    ['$or', { $or: [{ c: [1] }, { d: [{ exists: true }] }] }, { d: 0 }, true],
    ['$or, none', { $or: [{ c: [1] }, { d: [{ exists: true }] }] }, { c: 2 }, false],
    ['$or beside a field', { source: ['a'], $or: [{ c: [1] }, { d: [1] }] }, { source: 'b', c: 1 }, false],
  ];
  test.each(cases)('%s', (_name, pattern, event, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected);
  });
});

describe('patterns that are refused', () => {
  const cases: [string, unknown, RegExp][] = [
    ['a bare value', { source: 'aws.ec2' }, /"source" must be an object or an array/],
    ['an empty list', { source: [] }, /Empty arrays are not allowed at source/],
    ['an empty object', { detail: {} }, /Empty objects are not allowed at detail/],
    ['an operator that is not modelled', { ip: [{ cidr: '10.0.0.0/24' }] }, /ip: the operator cidr is not modelled/],
    ['two operators in one object', { a: [{ prefix: 'a', suffix: 'b' }] }, /one operator an object/],
    ['two stars in a row', { a: [{ wildcard: 'a**b' }] }, /Consecutive wildcard characters/],
    ['a numeric bound out of range', { a: [{ numeric: ['<', 6e9] }] }, /between -5e9 and 5e9/],
    ['an $or of one', { $or: [{ a: [1] }] }, /at least 2 Objects/],
  ];
  test.each(cases)('%s', (_name, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});
