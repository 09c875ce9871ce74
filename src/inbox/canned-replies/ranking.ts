import type { Types } from 'mongoose';
import type { ListOrder } from '../../platform/listing.ts';
import { decodeCursor } from '../../platform/pagination.ts';

/** What a search looks at. */
interface Searched {
  readonly _id: Types.ObjectId;
  readonly shortCode: string;
}

type Conditions = Readonly<Record<string, unknown>>;

/** How well a reply fits: its code begins with the words, its code contains them, or only its text does. */
interface Tier {
  readonly code: Conditions;
  readonly others: Conditions;
}

const endOfPrefix = '\u{10ffff}';
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);

function tiersOf(words: string): readonly Tier[] {
  const [code, literal] = [codeOf(words), escaped(codeOf(words))];
  return [
    { code: { $gte: code, $lt: `${code}${endOfPrefix}` }, others: {} },
    { code: { $regex: `^(?!${literal}).*${literal}` }, others: {} },
    { code: { $not: { $regex: literal } }, others: { body: { $regex: escaped(words), $options: 'i' } } },
  ];
}

const codeOf = (words: string): string => words.normalize().toLowerCase();

function tierOf(words: string | undefined, { shortCode }: Searched): number {
  const code = codeOf(words ?? '');
  if (shortCode.startsWith(code)) return 0;
  return shortCode.includes(code) ? 1 : 2;
}

const everything: readonly Tier[] = [{ code: {}, others: {} }];

/** Replies that fit the words, best first, and by short code among equals; without words, all of them. */
export function rankedBy(words: string | undefined, cursor: string | undefined): ListOrder<Searched> {
  const tiers = words === undefined ? everything : tiersOf(words);
  const after = cursor === undefined ? null : decodeCursor(cursor, 'string');
  const tier = Number(after?.key.slice(0, 1));
  const current = tiers[tier];
  const shared = {
    sort: { shortCode: 1, _id: 1 } as const,
    cursorOf: (reply: Searched) => ({ key: `${tierOf(words, reply)}${reply.shortCode}`, id: reply._id }),
  };
  const [first = {}, ...rest] = tiers.map(rangeOf);
  // A cursor of another search has no place in this one, so the list starts from the beginning.
  if (after === null || current === undefined) return { ...shared, ranges: [first, ...rest] };
  const code = after.key.slice(1);
  return {
    ...shared,
    ranges: [
      { ...current.others, shortCode: code, _id: { $gt: after.id } },
      { ...current.others, shortCode: { ...current.code, $gt: code } },
      ...tiers.slice(tier + 1).map(rangeOf),
    ],
  };
}

const rangeOf = ({ code, others }: Tier): Conditions =>
  Object.keys(code).length === 0 ? others : { ...others, shortCode: code };
