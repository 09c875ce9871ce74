/** Rules of message content. Pure. */

/** By constructor, because the project's language level does not allow the `v` flag in a literal. */
const oneEmoji = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');

/** Turns a text symbol into an emoji: callers write both ❤ and ❤️. */
const emojiSelector = '\uFE0F';

/** Whether a text is exactly one emoji, including joined sequences. */
export const isEmoji = (text: string): boolean => oneEmoji.test(text) || oneEmoji.test(text + emojiSelector);

/** Items whose key occurs earlier in the list. */
export function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}

export interface PlacedIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface Titled {
  readonly title?: string | undefined;
}

/** Several sections each need a title. */
const titleIssues = (sections: readonly Titled[]): PlacedIssue[] =>
  sections.flatMap(({ title }, place) =>
    sections.length > 1 && title === undefined
      ? [{ path: [place, 'title'], message: 'Required if there are several sections.' }]
      : [],
  );

const countIssues = (count: number, max: number, what: string): PlacedIssue[] =>
  count > max
    ? [{ path: [], message: `There are ${count} ${what} in total; at most ${max} are allowed.` }]
    : [];

export interface Section extends Titled {
  readonly rows: readonly { readonly id: string }[];
}

/** Maximum rows of a list, over all its sections. */
const maxRows = 10;

/** Issues that concern several sections or rows of a list. */
export function sectionIssues(sections: readonly Section[]): PlacedIssue[] {
  const rows = sections.flatMap((section, place) =>
    section.rows.map(({ id }, row) => ({ id, path: [place, 'rows', row, 'id'] })),
  );
  return [
    ...countIssues(rows.length, maxRows, 'rows'),
    ...titleIssues(sections),
    ...repeated(rows, ({ id }) => id).map(({ path }) => ({ path, message: 'Another row has this id.' })),
  ];
}

export interface ProductSection extends Titled {
  readonly productIds: readonly string[];
}

/** Maximum products of a list, over all its sections. */
export const maxProducts = 30;

/** Issues that concern several sections of a list of products. */
export const productIssues = (sections: readonly ProductSection[]): PlacedIssue[] => [
  ...countIssues(sections.flatMap(({ productIds }) => productIds).length, maxProducts, 'products'),
  ...titleIssues(sections),
];
