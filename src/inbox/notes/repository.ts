import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { indexFor, tokenIndex } from '../../platform/search/hints.ts';
import { conditionOf, type SearchQuery } from '../../platform/search/query.ts';
import { searchTokens } from '../../platform/search/tokens.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { withoutMentions } from './mentions.ts';
import { noteModel, type NoteDoc } from './model.ts';

export type { NoteDoc } from './model.ts';

export interface NoteFilter {
  readonly conversationId?: Types.ObjectId;
  /** Not empty. */
  readonly query?: SearchQuery;
}

const searchIndexes = { byToken: tokenIndex, byTime: 'clientId_1_createdAt_-1__id_-1' } as const;

/** The note as stored: the one place that writes its tokens. */
const withTokens = (note: NoteDoc): NoteDoc => ({
  ...note,
  searchTokens: searchTokens(withoutMentions(note.body)),
});

export type NoteRepository = ReturnType<typeof createNoteRepository>;

export function createNoteRepository(connection: Connection) {
  const notes = openTenantCollection(noteModel, connection);
  const hintFor = (scope: ClientScope, query: SearchQuery): Promise<string> =>
    indexFor(query, searchIndexes, (limit) =>
      notes.searchCount(scope, { searchTokens: conditionOf(query) }, { limit, hint: tokenIndex }),
    );

  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<NoteDoc | null> =>
      notes.findOne(scope, { _id }, { session }),

    /** Throws `search-too-broad` if the filter has a query. */
    async list(
      scope: ClientScope,
      { conversationId, query }: NoteFilter,
      order: ListOrder<NoteDoc>,
      limit: number,
    ): Promise<NoteDoc[]> {
      const filter: ScopedFilter<NoteDoc> = {
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(query === undefined ? {} : { searchTokens: conditionOf(query) }),
      };
      const hint =
        query === undefined || conversationId !== undefined ? {} : { hint: await hintFor(scope, query) };
      return readRanges(order, limit, (range, atMost) => {
        const found = { ...filter, ...(range as ScopedFilter<NoteDoc>) };
        const options = { projection: { searchTokens: 0 }, sort: order.sort, limit: atMost };
        return query === undefined
          ? notes.find(scope, found, options)
          : notes.search(scope, found, { ...options, ...hint });
      });
    },

    insert: (scope: ClientScope, fresh: NoteDoc, session: ClientSession): Promise<void> =>
      notes.insertOne(scope, withTokens(fresh), { session }),

    /** False if the note has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: NoteDoc,
      next: NoteDoc,
      session: ClientSession,
    ): Promise<boolean> => notes.replaceVersioned(scope, current, withTokens(next), session),

    remove: (scope: ClientScope, { _id, version }: NoteDoc, session: ClientSession): Promise<boolean> =>
      notes.deleteOne(scope, { _id, version }, { session }),
  };
}
