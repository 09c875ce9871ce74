/** A variable that nobody reads, and the one that was probably meant. */
export interface MisspeltName {
  readonly name: string;
  readonly meant: string;
}

/** A line of warning for people. */
export const describeMisspelt = ({ name, meant }: MisspeltName): string =>
  `${name} is unknown and has no effect; did you mean ${meant}?`;

/** Unknown names that differ from a known one in case or in a few characters. Pure. */
export const findMisspelt = (given: readonly string[], known: readonly string[]): readonly MisspeltName[] =>
  given.flatMap((name) => {
    const meant = known.includes(name) ? undefined : nearestOf(name, known);
    return meant === undefined ? [] : [{ name, meant }];
  });

/** One slip for each four characters, at most two: more would also find names of other programs. */
const maxSlips = (name: string): number => Math.min(2, Math.floor(name.length / 4));

function nearestOf(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  const near = known
    .filter((candidate) => Math.abs(candidate.length - name.length) <= 2)
    .map((candidate) => ({ candidate, slips: slipsBetween(upper, candidate) }))
    .filter(({ candidate, slips }) => slips <= maxSlips(candidate));
  return near.toSorted((a, b) => a.slips - b.slips)[0]?.candidate;
}

/** Characters to add, to drop or to replace, and neighbours to swap, to make one text the other. */
function slipsBetween(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
}
