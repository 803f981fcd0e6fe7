import { renameSync, writeFileSync } from 'node:fs';
import { isScalar, parseDocument } from 'yaml';
import { ConfigError } from '../../lib/config/config-error.ts';
import { parseConfig } from '../../lib/config/load.ts';

/** The copy of the catalogue that `airlock.yaml` names. */
export interface CataloguePin {
  readonly file: string;
  readonly sha256: string;
}

/**
 * Writes a pin into the text of `airlock.yaml`, and changes nothing else in it.
 *
 * @param name the file's name in messages
 * @throws ConfigError if the file has a form in which the pin cannot be written
 */
export function withPin(text: string, pin: CataloguePin, name = 'airlock.yaml'): string {
  const changed = replacePin(text, pin) ?? appendPin(text, pin);
  const { catalogue } = parseConfig(changed, name);
  if (catalogue?.file === pin.file && catalogue.sha256 === pin.sha256) return changed;
  throw new ConfigError(
    `${name}: catalogue: cannot be written into this form; accepted: file and sha256 on their lines`,
  );
}

/** The text with the values of a pin that it has; undefined if it has none. */
function replacePin(text: string, pin: CataloguePin): string | undefined {
  const document = parseDocument(text);
  const scalars = (['file', 'sha256'] as const).map((key) => ({ key, node: document.getIn(['catalogue', key], true) }));
  const edits = scalars.flatMap(({ key, node }) =>
    isScalar(node) && node.range ? [{ from: node.range[0], to: node.range[1], value: pin[key] }] : [],
  );
  if (edits.length < scalars.length) return undefined;
  const backwards = edits.toSorted((one, other) => other.from - one.from);
  return backwards.reduce((all, { from, to, value }) => all.slice(0, from) + value + all.slice(to), text);
}

function appendPin(text: string, { file, sha256 }: CataloguePin): string {
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${separator}\n# A copy of the catalogue, written by airlock catalogue update.\ncatalogue:\n  file: ${file}\n  sha256: ${sha256}\n`;
}

/** Replaces a file in one step, so that a reader finds the old content or the new. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.new`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}
