import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readFiles } from '../../cli/doctor/read-files.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

it.each(['terraform/main.tf', 'cdk/node-group.ts'])(
  '%s is not looked at: it is a program, and the reason names what is read instead',
  (name) => {
    expect(readFiles([example(name)])).toEqual({
      documents: [],
      unread: [
        { source: example(name), reason: expect.stringMatching(/^is a program; accepted: Karpenter manifests, /) },
      ],
    });
  },
);

it('a file that is not there is not looked at', () => {
  expect(readFiles(['/nowhere.yaml']).unread).toMatchObject([
    { reason: expect.stringContaining('cannot be read: ENOENT') },
  ]);
});
