import { type LedgerKey, type LedgerRow, rowName } from '../../domain/ledger.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { admitAll } from '../admit/admit-all.ts';

/** What the ledger has of some launches. */
interface Ledger {
  /** The rows of the latest ways by the names of the rows of their first. */
  readonly rows: ReadonlyMap<string, LedgerRow>;
  /** The names of the first rows of those whose latest way could not be begun: they are left to the next run. */
  readonly unbegun: ReadonlySet<string>;
}

/** Reads the latest ways of some launches. A way that a run noted and did not begin is begun here. */
export async function latestRowsOf(launches: readonly LedgerKey[]): Promise<Ledger> {
  const first = await rowsOf(launches);
  const ways = [...first.values()].flatMap(({ wayAfter }) => wayAfter ?? []);
  const later = await rowsOf(ways.map(({ node }) => node));
  const noted = ways.filter(({ node }) => later.get(rowName(node))?.admittedAt === undefined);
  await admitAll(noted);
  const begun = new Map([...later, ...(await rowsOf(noted.map(({ node }) => node)))]);
  const rows = new Map(first);
  const unbegun = new Set<string>();
  for (const [name, { wayAfter }] of first) {
    if (wayAfter === undefined) continue;
    const row = begun.get(rowName(wayAfter.node));
    if (row?.admittedAt === undefined) unbegun.add(name);
    else rows.set(name, row);
  }
  return { rows, unbegun };
}
