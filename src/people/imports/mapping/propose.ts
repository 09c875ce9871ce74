import { isPhoneLike } from '../cells/phone-text.ts';
import { normaliseHeader } from './folding.ts';
import { fieldOfHeader } from './header-names.ts';
import type { Column } from './headers.ts';
import { targetKey, type FieldDefinition, type Target } from './targets.ts';

export interface ColumnProposal {
  readonly column: Column;
  readonly target?: Target;
  /** `content` if only the cells say it, which nobody should trust unseen. */
  readonly because?: 'header' | 'key' | 'label' | 'content';
  /** The header names a target that another column has. */
  readonly isTaken?: boolean;
}

interface Candidate {
  readonly column: Column;
  readonly target: Target;
  readonly because: NonNullable<ColumnProposal['because']>;
  readonly rank: number;
}

/** A target for each column whose header names one; every target at most once. */
export function proposeMapping(
  columns: readonly Column[],
  definitions: readonly FieldDefinition[],
  sample: readonly (readonly string[])[],
): readonly ColumnProposal[] {
  const named = columns.flatMap((column) => candidateOf(column, definitions));
  const candidates = named.some(isPhone) ? named : [...named, ...phoneByContent(columns, named, sample)];
  const hasWholeName = candidates.some(({ target }) => targetKey(target) === 'name');
  const chosen = new Map<string, Candidate>();
  for (const candidate of candidates.toSorted((a, b) => a.rank - b.rank || a.column.index - b.column.index)) {
    const key = targetKey(candidate.target);
    // Exports have the whole name beside its parts.
    const isPart = key === 'firstName' || key === 'lastName';
    if (!chosen.has(key) && !(isPart && hasWholeName)) chosen.set(key, candidate);
  }
  const winners = new Map([...chosen.values()].map((candidate) => [candidate.column.index, candidate]));
  const losers = new Set(candidates.map(({ column }) => column.index));
  return columns.map((column) => {
    const winner = winners.get(column.index);
    if (winner !== undefined) return { column, target: winner.target, because: winner.because };
    return losers.has(column.index) ? { column, isTaken: true } : { column };
  });
}

const isPhone = ({ target }: Candidate): boolean =>
  target.kind === 'contact' && target.field === 'phoneNumber';

/** Fields of contacts come before custom fields, keys before labels. */
function candidateOf(column: Column, definitions: readonly FieldDefinition[]): Candidate[] {
  const { header } = column;
  const field = fieldOfHeader(header);
  if (field !== undefined)
    return [{ column, target: { kind: 'contact', field: field.field }, because: 'header', rank: field.rank }];
  const word = normaliseHeader(header);
  if (word === '') return [];
  const byKey = definitions.find(({ key }) => key === header.trim() || normaliseHeader(key) === word);
  if (byKey !== undefined)
    return [{ column, target: { kind: 'custom', key: byKey.key }, because: 'key', rank: 0 }];
  const byLabel = definitions.filter(({ label }) => normaliseHeader(label) === word);
  const [only, another] = byLabel;
  if (only === undefined || another !== undefined) return [];
  return [{ column, target: { kind: 'custom', key: only.key }, because: 'label', rank: 1 }];
}

/** The column with the most phone numbers, if most of its cells are some. */
function phoneByContent(
  columns: readonly Column[],
  named: readonly Candidate[],
  sample: readonly (readonly string[])[],
): Candidate[] {
  const taken = new Set(named.map(({ column }) => column.index));
  const counted = columns
    .filter(({ index }) => !taken.has(index))
    .map((column) => {
      const cells = sample.map((row) => (row[column.index] ?? '').trim()).filter((cell) => cell !== '');
      return { column, cells: cells.length, phones: cells.filter(isPhoneLike).length };
    })
    .filter(({ cells, phones }) => phones > 0 && phones >= cells * 0.8)
    .toSorted((a, b) => b.phones - a.phones);
  const [best] = counted;
  if (best === undefined) return [];
  const target = { kind: 'contact', field: 'phoneNumber' } as const;
  return [{ column: best.column, target, because: 'content', rank: 0 }];
}
