import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, it } from 'vitest';
import { AwsError } from '../../gateway/service.ts';
import { checkCall } from '../../models/check-call.ts';
import { checkValue } from '../../models/check-value.ts';
import { findModels, readServiceModel, type ServiceModel } from '../../models/service-model.ts';

const model: ServiceModel = {
  operations: {
    Send: {
      input: { shape: 'Request' },
      output: { shape: 'Result' },
      errors: [{ shape: 'NoSuchThing' }, { shape: 'Broken' }],
    },
  },
  shapes: {
    Request: {
      type: 'structure',
      required: ['Name', 'Token'],
      members: {
        Name: { shape: 'Name' },
        Token: { shape: 'Name', idempotencyToken: true },
        Ids: { shape: 'Ids' },
        Seconds: { shape: 'Seconds' },
        Tags: { shape: 'Tags' },
        At: { shape: 'Time' },
        Body: { shape: 'Body' },
        One: { shape: 'Either' },
      },
    },
    Result: { type: 'structure', members: { Status: { shape: 'Status' } } },
    Name: { type: 'string', min: 1, max: 4, pattern: '[a-z\\u{1F642}]+' },
    Ids: { type: 'list', min: 1, max: 2, member: { shape: 'Name' } },
    Seconds: { type: 'integer', min: 30, max: 60 },
    Tags: { type: 'map', max: 1, key: { shape: 'Name' }, value: { shape: 'Any' } },
    Time: { type: 'timestamp' },
    Body: { type: 'blob', max: 2 },
    Either: { type: 'structure', union: true, members: { a: { shape: 'Any' }, b: { shape: 'Any' } } },
    Any: { type: 'string' },
    Status: { type: 'string', enum: ['Pending', 'Success'] },
    NoSuchThing: { type: 'structure', members: { Thing: { shape: 'Any' } }, error: { httpStatusCode: 404 } },
    Broken: { type: 'structure', members: {}, fault: true },
  },
};

const differences = (value: unknown) =>
  [...checkValue(model, { shape: 'Request' }, value)].map(({ kind, member }) => `${kind} ${member}`);

describe("a value against AWS's model", () => {
  it('is complete, and within every limit', () => {
    const value = {
      Name: 'ab',
      Ids: ['a', 'b'],
      Seconds: 60,
      Tags: { a: '' },
      At: new Date(0),
      Body: 'ab',
      One: { a: '' },
    };
    expect(differences(value)).toEqual([]);
    expect(differences({ Name: 'ab', Ids: undefined, Body: new Uint8Array(2), Tags: {} })).toEqual([]);
  });

  it.each([
    [{}, ['missing Name']],
    [{ Name: 'a', Colour: 'red' }, ['unknown Colour']],
    [{ Name: '' }, ['length Name', 'pattern Name']],
    [{ Name: 'abcde' }, ['length Name']],
    [{ Name: 'a1' }, ['pattern Name']],
    [{ Name: 'a\n' }, ['pattern Name']],
    [{ Name: 1 }, ['type Name']],
    [{ Name: 'a', Ids: [] }, ['length Ids']],
    [{ Name: 'a', Ids: ['a', 'b', 'C'] }, ['length Ids', 'pattern Ids[2]']],
    [{ Name: 'a', Ids: 'a' }, ['type Ids']],
    [{ Name: 'a', Seconds: 29 }, ['range Seconds']],
    [{ Name: 'a', Seconds: 61 }, ['range Seconds']],
    [{ Name: 'a', Seconds: 45.5 }, ['type Seconds']],
    [{ Name: 'a', Tags: { a: '', b: '' } }, ['length Tags']],
    [{ Name: 'a', Tags: { A: '' } }, ['pattern the key Tags.A']],
    [{ Name: 'a', At: 'today' }, ['type At']],
    [{ Name: 'a', Body: 'äa' }, ['length Body']],
    [{ Name: 'a', One: {} }, ['type One']],
    [{ Name: 'a', One: { a: '', b: '' } }, ['type One']],
  ])('differs: %j', (value, expected) => {
    expect(differences(value)).toEqual(expected);
  });

  it('counts characters, not the halves of one', () => {
    const model: ServiceModel = { operations: {}, shapes: { Four: { type: 'string', max: 4 } } };
    expect([...checkValue(model, { shape: 'Four' }, '🙂🙂🙂🙂')]).toEqual([]);
  });
});

describe("a call against AWS's model", () => {
  const call = {
    principal: { kind: 'service', service: 'x', sourceArn: 'x' },
    service: 'things',
    operation: 'Send',
    input: { Name: 'a' },
  } as const;

  it('has an answer from the closed list', () => {
    expect(checkCall(model, { ...call, output: { Status: 'Success' } })).toEqual([]);
    expect(checkCall(model, { ...call, output: { Status: 'Done' } })).toEqual([
      'things:Send answers Status: "Done" is none of Pending, Success',
    ]);
  });

  it("fails only with the operation's own errors and common ones, with their status and members", () => {
    const failing = (...error: ConstructorParameters<typeof AwsError>) =>
      checkCall(model, { ...call, input: {}, error: new AwsError(...error) });
    expect(failing('NoSuchThing', '', 404, { Thing: 'a' })).toEqual([]);
    expect(failing('Broken', '', 500)).toEqual([]);
    expect(failing('ThrottlingException', '')).toEqual([]);
    expect(failing('NoSuchThing', '')).toEqual(['things:Send fails with NoSuchThing and 400, not 404']);
    expect(failing('NoSuchThing', '', 404, { Other: 1 })).toEqual([
      'things:Send fails with NoSuchThing, Other: is no member',
    ]);
    expect(failing('Gone', 'words')).toEqual(['things:Send fails with Gone, and has only NoSuchThing, Broken: words']);
  });
});

describe('the models', () => {
  it('are read from the newest folder of a service, packed or not', () => {
    const folder = join(inject('scratch'), 'models');
    for (const version of ['2011-12-05', '2012-08-10'])
      mkdirSync(join(folder, 'stepfunctions', version), { recursive: true });
    const old = join(folder, 'stepfunctions', '2011-12-05', 'service-2.json');
    writeFileSync(old, JSON.stringify({ operations: {}, shapes: {} }));
    const packed = gzipSync(JSON.stringify(model));
    writeFileSync(join(folder, 'stepfunctions', '2012-08-10', 'service-2.json.gz'), packed);
    expect(readServiceModel(folder, 'states')?.operations).toHaveProperty('Send');
    expect(readServiceModel(folder, 'nothing')).toBeUndefined();
  });

  it('must be in a folder that is named', () => {
    expect(() => findModels({ AWS_MODELS: '/nonexistent' })).toThrow('AWS_MODELS=/nonexistent');
  });
});
