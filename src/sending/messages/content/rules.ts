/** Decisions about the content of messages. Pure. */

/** Made by a constructor, because the language level of the project does not know the flag as a literal. */
const oneEmoji = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');

/** Makes a symbol that is text by default an emoji: ❤ and ❤️ are both written. */
const emojiSelector = '\uFE0F';

/** Whether a text is exactly one emoji, whatever it is joined of. */
export const isEmoji = (text: string): boolean => oneEmoji.test(text) || oneEmoji.test(text + emojiSelector);

/** The items whose key an item before them has. */
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

/** A list shows at most this many rows, whatever their sections. */
const maxRows = 10;

/** What is wrong with the sections of a list as a whole. */
export function sectionIssues(sections: readonly Section[]): PlacedIssue[] {
  const rows = sections.flatMap((section, place) =>
    section.rows.map(({ id }, row) => ({ id, path: [place, 'rows', row, 'id'] })),
  );
  const untitled = sections.flatMap(({ title }, place) => (title === undefined ? [place] : []));
  return [
    ...(rows.length > maxRows
      ? [{ path: [], message: `There are ${rows.length} rows in all; ${maxRows} are allowed.` }]
      : []),
    ...(sections.length > 1
      ? untitled.map((place) => ({
          path: [place, 'title'],
          message: 'Each of several sections needs a title.',
        }))
      : []),
    ...repeated(rows, ({ id }) => id).map(({ path }) => ({ path, message: 'Another row has this id.' })),
  ];
}
