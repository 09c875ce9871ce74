import type { ConsentMove } from '../../people/contacts/directory.ts';
import { statementsOf, type Fact } from './facts.ts';
import { newStatementIn } from './rules.ts';

/** The consent or opt-out that a user records by a write, at everything that the contact shows. */
export function recordedIn(move: ConsentMove): Fact[] {
  const entry = newStatementIn(move);
  if (move.after === null || entry?.by === undefined) return [];
  const { status, at } = entry;
  if (status !== 'opted-in' && status !== 'opted-out') return [];
  return statementsOf(move.after, { status, at, isRecorded: true });
}
