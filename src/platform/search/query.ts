import { foldText } from './folding.ts';
import { cut, joinedAt, maxSearchedLength, piecesOf, withoutZeros } from './tokens.ts';

/** What a text must have to be found: each of the words, and for each prefix a token that begins with it. */
export interface SearchQuery {
  readonly words: readonly string[];
  readonly prefixes: readonly string[];
}

/** Further words do not narrow a search. */
const maxTerms = 16;

interface Term {
  readonly text: string;
  /** Whether a token need only begin with it. */
  readonly isPrefix: boolean;
}

/** What a person types into a search field: words in any order, the last of which may be unfinished. Pure. */
export function searchQuery(q: string): SearchQuery {
  const terms = [...termsOf(q.slice(0, maxSearchedLength))].slice(0, maxTerms);
  const textsOf = (isPrefix: boolean) => [
    ...new Set(terms.filter((term) => term.isPrefix === isPrefix).map(({ text }) => text)),
  ];
  return { words: textsOf(false), prefixes: textsOf(true) };
}

/** Nothing is found by it: it has neither letters nor digits. */
export const isEmptyQuery = ({ words, prefixes }: SearchQuery): boolean =>
  words.length === 0 && prefixes.length === 0;

function* termsOf(q: string): Generator<Term> {
  const { text: folded } = foldText(q);
  const pieces = [...piecesOf(folded)];
  let index = 0;
  while (index < pieces.length) {
    const piece = pieces[index];
    if (piece === undefined) return;
    if ('run' in piece) {
      yield* termsOfRun(piece.run);
      index += 1;
      continue;
    }
    const [joined] = joinedAt(folded, pieces, index);
    const last = joined?.last ?? index;
    // Another number may follow the digits in the text, without more than a space between.
    if (joined?.kind === 'number') yield { text: withoutZeros(joined.text), isPrefix: true };
    else yield { text: cut(joined?.text ?? piece.text), isPrefix: last === pieces.length - 1 };
    index = last + 1;
  }
}

function* termsOfRun(run: string): Generator<Term> {
  const signs = Array.from(run);
  if (signs.length === 1) yield { text: run, isPrefix: true };
  for (const [index, sign] of signs.slice(1).entries())
    yield { text: `${signs[index] ?? ''}${sign}`, isPrefix: false };
}

/** Whether a text with these tokens is found. */
export const isFoundBy = (tokens: readonly string[], { words, prefixes }: SearchQuery): boolean =>
  words.every((word) => tokens.includes(word)) &&
  prefixes.every((prefix) => tokens.some((token) => token.startsWith(prefix)));

/** Whether a token is one of those that the query asks for. */
export const isAskedFor = (token: string, { words, prefixes }: SearchQuery): boolean =>
  words.includes(token) || prefixes.some((prefix) => token.startsWith(prefix));

/** The condition on an array of tokens; a pattern has letters, marks and digits only. For a query that is not empty. */
export const conditionOf = ({ words, prefixes }: SearchQuery) => ({
  $all: [...words, ...prefixes.map((prefix) => new RegExp(`^${prefix}`, 'u'))],
});
