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

export interface Section {
  readonly title?: string | undefined;
  readonly rows: readonly { readonly id: string }[];
}

export interface PlacedIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Maximum rows of a list, over all its sections. */
const maxRows = 10;

/** Issues that concern several sections or rows of a list. */
export function sectionIssues(sections: readonly Section[]): PlacedIssue[] {
  const rows = sections.flatMap((section, place) =>
    section.rows.map(({ id }, row) => ({ id, path: [place, 'rows', row, 'id'] })),
  );
  const untitled = sections.flatMap(({ title }, place) => (title === undefined ? [place] : []));
  return [
    ...(rows.length > maxRows
      ? [{ path: [], message: `There are ${rows.length} rows in total; at most ${maxRows} are allowed.` }]
      : []),
    ...(sections.length > 1
      ? untitled.map((place) => ({
          path: [place, 'title'],
          message: 'Required if there are several sections.',
        }))
      : []),
    ...repeated(rows, ({ id }) => id).map(({ path }) => ({ path, message: 'Another row has this id.' })),
  ];
}
