import { cutText } from '../text.ts';
import { isAskedFor, type SearchQuery } from './query.ts';
import { tokensOf } from './tokens.ts';

export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** The part of a text where something was found. The places are UTF-16 code units of `text`. */
export interface Excerpt {
  readonly text: string;
  readonly ranges: readonly TextRange[];
}

export const maxExcerptLength = 200;
/** What an excerpt shows before the first place. */
const lead = 40;
const ellipsis = '…';

/** One line of the text around the first place that the query asks for, with all places in it. Pure. */
export function excerptOf(text: string, query: SearchQuery): Excerpt {
  const found = mergedRanges(text, query);
  const from = startOf(text, found[0]?.start ?? 0);
  const shown = cutText(text.slice(from), maxExcerptLength);
  const to = from + shown.length;
  const before = from > 0 ? ellipsis : '';
  const shift = before.length - from;
  return {
    text: `${before}${shown.replace(/[\r\n\t]/g, ' ')}${to < text.length ? ellipsis : ''}`,
    ranges: found
      .filter(({ start, end }) => start >= from && end <= to)
      .map(({ start, end }) => ({ start: start + shift, end: end + shift })),
  };
}

/** The places in order; those that touch are one. */
function mergedRanges(text: string, query: SearchQuery): TextRange[] {
  const places = [...tokensOf(text)]
    .filter((token) => isAskedFor(token.text, query))
    .toSorted((one, other) => one.start - other.start || one.end - other.end);
  const merged: TextRange[] = [];
  for (const { start, end } of places) {
    const last = merged.at(-1);
    if (last === undefined || start > last.end) merged.push({ start, end });
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) };
  }
  return merged;
}

/** The beginning of a word, a little before the place. */
function startOf(text: string, place: number): number {
  if (place <= lead) return 0;
  const space = /\s/.exec(text.slice(place - lead, place));
  return space === null ? place : place - lead + space.index + 1;
}
