// Examples from https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
import { describe, expect, it } from 'vitest';
import { Bench } from './machine.ts';

describe('transforming-data: expressions', () => {
  const cases: [string, unknown, unknown, unknown][] = [
    ['a string without brackets is itself', 'a $states.input', {}, 'a $states.input'],
    ['one in brackets is evaluated', '{% $states.input.a + 1 %}', { a: 1 }, 2],
    ['they nest', { a: ['{% $states.input.b %}', { c: true }] }, { b: 'x' }, { a: ['x', { c: true }] }],
    ['data that looks like one is not evaluated again', '{% $states.input.a %}', { a: '{% 1 + 1 %}' }, '{% 1 + 1 %}'],
    ['null is a value', '{% null %}', {}, null],
    ['$partition', '{% $partition([1,2,3,4,5], 2) %}', {}, [[1, 2], [3, 4], [5]]],
    ['$range', '{% $range(1, 9, 4) %}', {}, [1, 5, 9]],
    ['$hash', '{% $hash("a", "MD5") %}', {}, '0cc175b9c0f1b6a831c399e269772661'],
    ['$parse', '{% $parse(\'{"a": [1]}\').a[0] %}', {}, 1],
    ['$random with a seed is repeatable', '{% $random(7) = $random(7) and $random(7) < 1 %}', {}, true],
    ['$uuid', '{% $match($uuid(), /^[0-9a-f-]{36}$/).index = 0 %}', {}, true],
    ['$now is the time of the clock', '{% $now() %}', {}, '2026-11-21T09:00:00.000Z'],
    ['$now takes a picture', "{% $now('[Y]') %}", {}, '2026'],
    ['$millis is the time of the clock', '{% $millis() %}', {}, Date.parse('2026-11-21T09:00:00Z')],
  ];
  it.each(cases)('%s', async (_name, template, input, expected) => {
    expect(await new Bench().output(template, input)).toEqual(expected);
  });
});

describe('States.QueryEvaluationError', () => {
  const cases: [string, unknown, string | RegExp][] = [
    [
      'an expression that gives nothing, with its field and the state',
      { v: '{% $states.input.missing %}' },
      "An error occurred while executing the state 'P' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Output/v' returned nothing (undefined).",
    ],
    ['an expression that fails', '{% $abs("a") %}', /field 'Output' threw an error during evaluation\. T0410: /],
    ['$eval', '{% $eval("1") %}', /\$eval is not supported/],
    ['a function as a value', '{% function($x) { $x } %}', /returned an unsupported result type/],
    ['an expression that does not parse', '{% 1 + %}', /threw an error during evaluation\. S0207/],
  ];
  it.each(cases)('%s', async (_name, template, cause) => {
    const failed = (await new Bench().output(template)) as { error: string; cause: string };
    expect(failed.error).toBe('States.QueryEvaluationError');
    if (typeof cause === 'string') expect(failed.cause).toBe(cause);
    else expect(failed.cause).toMatch(cause);
  });
});
