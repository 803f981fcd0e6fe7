// Examples from https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html: its table
// and examples
import { describe, expect, it } from 'vitest';
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
  it('every field that the pattern names must match', () => {
    const pattern = { source: ['aws.ec2'], detail: { state: ['terminated', 'stopped'] } };
    expect(compilePattern(pattern)(terminated)).toBe(true);
    expect(compilePattern({ ...pattern, source: ['aws.fargate'] })(terminated)).toBe(false);
    expect(compilePattern({ detail: { state: ['running'] } })(terminated)).toBe(false);
  });

  it('an array in the event matches if any of its elements does', () => {
    const pattern = compilePattern({ resources: ['other', terminated.resources[0]] });
    expect(pattern(terminated)).toBe(true);
    expect(pattern({ ...terminated, resources: [] })).toBe(false);
  });

  it('fields of one object in an array are matched against the same element', () => {
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

  it('null and the empty string match themselves and not an absent field', () => {
    const pattern = compilePattern({ detail: { a: [null], b: [''] } });
    expect(pattern({ detail: { a: null, b: '' } })).toBe(true);
    expect(pattern({ detail: { b: '' } })).toBe(false);
  });
});

describe('eb-create-pattern-operators', () => {
  const cases: [string, unknown, unknown, boolean][] = [
    ['prefix', { time: [{ prefix: '2017-10-02' }] }, { time: '2017-10-02T18:43:48Z' }, true],
    ['prefix, other case', { s: [{ prefix: 'eventb' }] }, { s: 'EventBridge' }, false],
    ['anything-but a value', { state: [{ 'anything-but': 'initializing' }] }, { state: 'running' }, true],
    ['anything-but a list', { state: [{ 'anything-but': ['stopped', 'overloaded'] }] }, { state: 'stopped' }, false],
    ['anything-but a number', { x: [{ 'anything-but': [100, 200] }] }, { x: 300 }, true],
    ['anything-but, absent field', { state: [{ 'anything-but': 'x' }] }, {}, false],
    ['a value or an operator', { s: ['x', { prefix: 'ab' }] }, { s: 'abc' }, true],
  ];
  it.each(cases)('%s', (_name, pattern, event, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected);
  });
});

describe('patterns that are refused', () => {
  const cases: [string, unknown, RegExp][] = [
    ['a bare value', { source: 'aws.ec2' }, /"source" must be an object or an array/],
    ['an empty list', { source: [] }, /Empty arrays are not allowed at source/],
    ['an empty object', { detail: {} }, /Empty objects are not allowed at detail/],
    ['an operator that is not modelled', { ip: [{ cidr: '10.0.0.0/24' }] }, /ip: the operator cidr is not modelled/],
    ['anything-but with an operator', { a: [{ 'anything-but': { prefix: 'x' } }] }, /takes strings or numbers/],
    ['a prefix with an operator', { a: [{ prefix: { 'equals-ignore-case': 'x' } }] }, /prefix takes a string/],
    ['$or', { $or: [{ a: [1] }, { b: [1] }] }, /\$or is not modelled/],
    ['two operators in one object', { a: [{ prefix: 'a', suffix: 'b' }] }, /one operator an object/],
  ];
  it.each(cases)('%s', (_name, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});
