/** The table of prices as its editor handles it. */
import type { TariffRow } from "./types";

/**
 * What somebody else has saved meanwhile, with the changes of this page on top: rows that were added or changed here
 * come last, rows that were taken away or changed here are gone. The order of the others' table stays.
 */
export function merged(base: readonly TariffRow[], mine: readonly TariffRow[], theirs: readonly TariffRow[]): TariffRow[] {
  const key = (row: TariffRow) => JSON.stringify([row.channel, row.to, row.unit, row.price, row.currency, row.valid_from]);
  const keys = (rows: readonly TariffRow[]) => new Set(rows.map(key));
  const [was, is, theirKeys] = [keys(base), keys(mine), keys(theirs)];
  const kept = theirs.filter((row) => is.has(key(row)) || !was.has(key(row)));
  const added = mine.filter((row) => !was.has(key(row)) && !theirKeys.has(key(row)));
  return [...kept, ...added].map((row) => ({ ...row }));
}
