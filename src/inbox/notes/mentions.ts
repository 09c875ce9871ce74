import { Types } from 'mongoose';
import type { Issue } from '../../platform/errors.ts';

/** A mention is written `@[<id of the user>]`, so that a name may change and is never guessed. */
const markup = /@\[([0-9a-f]{24})\]/g;

export const maxMentions = 20;

/** The users whom a text mentions, as hexadecimal ids, in the order of their first mention. */
export const mentionedIn = (text: string): string[] => [
  ...new Set([...text.matchAll(markup)].flatMap(([, id]) => id ?? [])),
];

/** The text as it is searched: the id of a mentioned user is no word of it. */
export const withoutMentions = (text: string): string =>
  text.replace(markup, (mark) => ' '.repeat(mark.length));

/** As `mentionedIn`, as ids. */
export const mentionsOf = (text: string): Types.ObjectId[] =>
  mentionedIn(text).map((hex) => Types.ObjectId.createFromHexString(hex));

/** What is wrong with the mentions of a note: the list and the text must name the same users. Takes ids as text, too. */
export function mentionIssues(body: string, mentions: readonly (Types.ObjectId | string)[]): Issue[] {
  const listed = mentions.map(String);
  const written = mentionedIn(body);
  const issues = listed.flatMap((id, index) => {
    const message = faultOf(id, { isRepeated: listed.indexOf(id) < index, isWritten: written.includes(id) });
    return message === null ? [] : [{ path: `mentions.${index}`, message }];
  });
  const unlisted = written.filter((id) => !listed.includes(id));
  if (unlisted.length > 0)
    issues.push({ path: 'mentions', message: `The text also mentions ${unlisted.join(', ')}.` });
  return issues;
}

function faultOf(id: string, { isRepeated, isWritten }: { isRepeated: boolean; isWritten: boolean }) {
  if (isRepeated) return 'The user occurs twice.';
  return isWritten ? null : `The text does not mention the user as @[${id}].`;
}

/** The mentions that a change adds, each with its place in the list. */
export const addedMentions = (
  before: readonly Types.ObjectId[],
  after: readonly Types.ObjectId[],
): { readonly userId: Types.ObjectId; readonly index: number }[] =>
  after
    .map((userId, index) => ({ userId, index }))
    .filter(({ userId }) => !before.some((had) => had.equals(userId)));
