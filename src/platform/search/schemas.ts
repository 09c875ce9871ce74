import { z } from 'zod';
import { excerptOf } from './excerpt.ts';
import type { SearchQuery } from './query.ts';

/** What people type into a search field: one meaning in every list that searches by words. */
export const searchText = (about: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({
      description:
        `${about} Words in any order; the last one may be unfinished. Case, accents and punctuation do not matter, and ` +
        'numbers are found with and without their separators.',
    });

export const SearchMatch = z
  .object({
    excerpt: z.string().meta({ description: 'One line of the text around the first place' }),
    ranges: z
      .array(
        z
          .object({ start: z.int().min(0), end: z.int().min(0) })
          .meta({ id: 'TextRange', description: 'UTF-16 code units, as in JavaScript; without `end`' }),
      )
      .meta({ description: 'What to highlight in the excerpt, in order' }),
  })
  .meta({
    id: 'SearchMatch',
    description: 'Where `q` was found',
    examples: [{ excerpt: 'Where is my order?', ranges: [{ start: 12, end: 17 }] }],
  });
type SearchMatch = z.input<typeof SearchMatch>;

export function toSearchMatch(text: string, query: SearchQuery): SearchMatch {
  const { text: excerpt, ranges } = excerptOf(text, query);
  return { excerpt, ranges: ranges.map(({ start, end }) => ({ start, end })) };
}
