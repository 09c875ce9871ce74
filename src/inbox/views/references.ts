import type { Types } from 'mongoose';
import type { ConversationSearch } from '../conversations/search-schemas.ts';

/** The fields of a search that name an object, with its noun. */
const nouns = {
  channelId: 'channel',
  assignedAgentId: 'user',
  teamId: 'team',
  leadId: 'lead',
  contactId: 'contact',
  labelId: 'label',
} as const;

export type ReferenceField = keyof typeof nouns;

const fields = Object.keys(nouns) as ReferenceField[];

/** Something that a search names. */
export interface Reference {
  readonly field: ReferenceField;
  readonly id: Types.ObjectId;
}

/** What searches name, by field: `present` for what is there, `inactive` for a disabled user; nothing for what is gone. */
export type Known = Readonly<Record<ReferenceField, ReadonlyMap<string, 'present' | 'inactive'>>>;

/** Something that a search names in vain. */
export interface Fault extends Reference {
  readonly isGone: boolean;
  readonly message: string;
}

/** What a search names; `me` and `none` are no objects. */
export const referencesOf = (search: ConversationSearch): readonly Reference[] =>
  fields.flatMap((field) => {
    const named = search[field];
    return named === undefined || typeof named === 'string' ? [] : [{ field, id: named }];
  });

/** The ids that searches name, by field, each once. */
export function namedIn(
  searches: readonly ConversationSearch[],
): Readonly<Record<ReferenceField, readonly Types.ObjectId[]>> {
  const all = searches.flatMap(referencesOf);
  const idsOf = (wanted: ReferenceField): readonly Types.ObjectId[] => [
    ...new Map(all.flatMap(({ field, id }) => (field === wanted ? [[id.toHexString(), id]] : []))).values(),
  ];
  const [channelId, assignedAgentId, teamId] = [
    idsOf('channelId'),
    idsOf('assignedAgentId'),
    idsOf('teamId'),
  ];
  return {
    ...{ channelId, assignedAgentId, teamId },
    ...{ leadId: idsOf('leadId'), contactId: idsOf('contactId'), labelId: idsOf('labelId') },
  };
}

/** What is wrong with the names of a search. Pure. */
export const faultsOf = (search: ConversationSearch, known: Known): readonly Fault[] =>
  referencesOf(search).flatMap(({ field, id }): Fault[] => {
    const state = known[field].get(id.toHexString());
    if (state === 'present') return [];
    const isGone = state === undefined;
    const noun = nouns[field];
    return [
      { field, id, isGone, message: isGone ? `There is no such ${noun}.` : `The ${noun} is not active.` },
    ];
  });
