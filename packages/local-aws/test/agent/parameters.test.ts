// Examples from
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
import { describe, expect, it } from 'vitest';
import { DocumentError, readDocument } from '../../agent/document.ts';
import { interpolate, olderAgent, resolveParameters } from '../../agent/parameters.ts';

const current = '3.3.2746.0';
const noStore = (name: string): string => {
  throw new Error(`asked for ${name}`);
};

function document(parameters: Record<string, unknown>, schemaVersion = '2.2') {
  return readDocument({ schemaVersion, parameters, mainSteps: [] });
}

describe('replacement in the text of a document', () => {
  const values = new Map<string, unknown>([
    ['Name', 'x'],
    ['List', ['a', 'b']],
    ['Number', 7],
    ['Dollar', 'a$$b'],
    ['Nested', '{{ Name }}'],
  ]);

  it('is textual, with or without blanks inside the braces', () => {
    expect(interpolate('echo {{ Name }} {{Name}}', values)).toBe('echo x x');
  });

  it('is done in one pass: an inserted value is not replaced again', () => {
    expect(interpolate('echo {{ Nested }}', values)).toBe('echo {{ Name }}');
  });

  it('keeps the type of a parameter that fills the whole string', () => {
    expect(interpolate({ a: '{{ Number }}', b: '{{ List }}', c: ['{{ List }}'] }, values)).toEqual({
      a: 7,
      b: ['a', 'b'],
      c: [['a', 'b']],
    });
  });

  it('writes a value that is not a string as JSON inside a text', () => {
    expect(interpolate('echo {{ List }} {{ Number }}', values)).toBe('echo ["a","b"] 7');
  });

  it('leaves an unknown name as it is', () => {
    expect(interpolate('echo {{ Other }}', values)).toBe('echo {{ Other }}');
  });

  it('turns $$ in an embedded value into $', () => {
    expect(interpolate('echo {{ Dollar }}', values)).toBe('echo a$b');
  });
});

describe('parameters', () => {
  it('take their default if nothing was sent', () => {
    const resolved = resolveParameters(document({ A: { type: 'String', default: 'd' } }), {}, current, noStore);

    expect(resolved.textual.get('A')).toBe('d');
  });

  it.each(['a{1,1001}', '(a{1,100}){1,100}', '(?=a)', '(a)\\1'])(
    'fail the document if Go cannot compile their pattern, whatever the value: %s',
    (allowedPattern) => {
      const declared = document({ A: { type: 'String', default: 'a', allowedPattern } });
      expect(() => resolveParameters(declared, {}, current, noStore)).toThrow(/error parsing regexp/);
    },
  );

  it('fail the document without a value and a default only if they have a pattern', () => {
    const resolve = (more: object) =>
      resolveParameters(document({ A: { type: 'String', ...more } }), {}, current, noStore).textual;

    expect(interpolate('echo {{ A }}', resolve({}))).toBe('echo null');
    expect(() => resolve({ allowedPattern: '.*' })).toThrow('parameter A: invalid parameter type');
  });

  it('whose name has other characters than letters and digits keep their default', () => {
    const declared = document({ 'A-B': { type: 'String', default: 'd' } });
    const { textual } = resolveParameters(declared, { 'A-B': ['sent'] }, current, noStore);

    expect(interpolate(['{{ A-B }}', 'x {{A-B}}'], textual)).toEqual(['d', 'x d']);
  });

  it('are checked against a pattern that the agent does not anchor', () => {
    const loose = document({ A: { type: 'String', allowedPattern: '[a-z]+' } });
    const anchored = document({ A: { type: 'String', allowedPattern: '^[a-z]+$' } });

    expect(resolveParameters(loose, { A: ['x; reboot'] }, current, noStore).textual.get('A')).toBe('x; reboot');
    expect(() => resolveParameters(anchored, { A: ['x; reboot'] }, current, noStore)).toThrow(
      'parameter A: "x; reboot" does not match allowedPattern ^[a-z]+$',
    );
  });

  it('are checked against the pattern even if the default is used', () => {
    const wrong = document({ A: { type: 'String', allowedPattern: '^[a-z]+$', default: '1' } });

    expect(() => resolveParameters(wrong, {}, current, noStore)).toThrow(DocumentError);
  });

  it('are not checked against allowedValues: the service does that, in SendCommand', () => {
    const limited = document({ A: { type: 'String', allowedValues: ['a'] } });

    expect(resolveParameters(limited, { A: ['b'] }, current, noStore).textual.get('A')).toBe('b');
  });

  it('are fetched from Parameter Store before the pattern is checked', () => {
    const definition = document({ A: { type: 'String', allowedPattern: '^secret$' } });

    const resolved = resolveParameters(definition, { A: ['{{ssm:/a/b}}'] }, current, (name) =>
      name === '/a/b' ? 'secret' : 'other',
    );

    expect(resolved.textual.get('A')).toBe('secret');
  });

  it('go only to the environment if the document requires it and the agent supports it', () => {
    const safe = document({ A: { type: 'String', interpolationType: 'ENV_VAR' } });

    const now = resolveParameters(safe, { A: ['v'] }, current, noStore);
    const before = resolveParameters(safe, { A: ['v'] }, '3.3.2700.9', noStore);

    expect(now).toEqual({ textual: new Map(), environment: { SSM_A: 'v' } });
    expect(before).toEqual({ textual: new Map([['A', 'v']]), environment: {} });
  });

  it('go to the environment only in schema 2.2', () => {
    const old = document({ A: { type: 'String', interpolationType: 'ENV_VAR' } }, '2.0');

    expect(resolveParameters(old, { A: ['v'] }, current, noStore).environment).toEqual({});
  });
});

describe('versions of the agent', () => {
  it('are compared number by number', () => {
    expect(olderAgent('3.3.987.0', current)).toBe(true);
    expect(olderAgent('3.3.2746.0', current)).toBe(false);
    expect(olderAgent('3.4.0.0', current)).toBe(false);
    expect(olderAgent('3.3', current)).toBe(true);
  });
});
