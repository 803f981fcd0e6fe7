import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { assembleDocument, scriptOf } from '../../ssm-documents/assemble.ts';
import { readShown } from '../ssm-documents/shown.ts';
import { onNode } from './installation.ts';
import { targets } from './targets.ts';

const catalogue = parseCatalogue(readFileSync(new URL('../../ssm-documents/catalogue.yaml', import.meta.url), 'utf8'));

it.each(targets.filter(({ series }) => series === '1.6'))(
  '$name: a gVisor whose shim it does not understand is refused with the reason, and nothing is downloaded',
  async (target) => {
    await onNode(target, {}, async (machine) => {
      const text = scriptOf(assembleDocument(catalogue, 'gvisor', 'install'));

      const ended = await machine.run({ text, environment: { SSM_Version: '20260928.0' }, timeoutSeconds: 100 });

      expect(readShown(ended)).toMatchObject({
        ok: true,
        result: {
          outcome: 'host-unsupported',
          detail: expect.stringContaining('answers in JSON'),
          config: 'untouched',
        },
      });
    });
  },
);
