import * as v from 'valibot';
import { type CatalogueChange, catalogueParts, isSuspicious } from '../../domain/catalogue-diff.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';

/** What `airlock catalogue update --json` prints. */
export const CatalogueUpdateSchema = v.strictObject({
  version: v.literal(1),
  /** Where the catalogue comes from. */
  from: v.string(),
  /** Its SHA-256, which airlock.yaml pins. */
  sha256: v.string(),
  /** The copy in your repository. */
  file: v.string(),
  /** Whether the copy and airlock.yaml were written. */
  written: v.boolean(),
  /** How it differs from the catalogue in use until now. */
  changes: v.array(
    v.strictObject({
      runtime: v.string(),
      part: v.picklist(catalogueParts),
      name: v.string(),
      before: v.string(),
      after: v.string(),
      /**
       * Whether no new release makes such a change: another file under a known version, or an advisory that is gone.
       */
      suspicious: v.boolean(),
    }),
  ),
  /** What a deployment with it warns of. */
  warnings: v.array(v.string()),
});

export type CatalogueUpdate = v.InferOutput<typeof CatalogueUpdateSchema>;

/** A change as the command shows it. */
export function showChange(change: CatalogueChange): CatalogueUpdate['changes'][number] {
  return { ...change, suspicious: isSuspicious(change) };
}

/** Prints an update for people. */
export function printUpdate(
  { from, sha256, file, written, changes, warnings }: CatalogueUpdate,
  dryRun: boolean,
): void {
  const width = outputWidth();
  for (const change of changes) {
    const { runtime, part, name, before, after, suspicious } = change;
    const title = [runtime, part, name].filter((word) => word !== '').join(' ');
    print(suspicious ? styled('red', `${title}  CHECK THIS: no new release changes it`) : styled('bold', title));
    if (before !== '') print(wrap(`- ${before}`, width, 2));
    if (after !== '') print(wrap(`+ ${after}`, width, 2));
  }
  const count = changes.length === 1 ? '1 difference' : `${changes.length} differences`;
  print(`${changes.length === 0 ? 'nothing differs' : count} from the catalogue in use`);
  for (const warning of warnings) print(wrap(`${styled('yellow', 'warning')}: ${warning}`, width));
  print(wrap(`${from} has the SHA-256 ${sha256}`, width));
  if (written) print(wrap(`written to ${file} and pinned in airlock.yaml: review both, commit them and deploy`, width));
  else print(dryRun ? 'nothing was written' : 'it was pinned before: nothing was written');
}
