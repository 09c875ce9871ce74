import type { ClientSession, Connection, Types } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { noteModel, type NoteDoc } from './model.ts';

export type { NoteDoc } from './model.ts';

export interface NoteFilter {
  readonly conversationId?: Types.ObjectId;
}

export type NoteRepository = ReturnType<typeof createNoteRepository>;

export function createNoteRepository(connection: Connection) {
  const notes = openTenantCollection(noteModel, connection);
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<NoteDoc | null> =>
      notes.findOne(scope, { _id }, { session }),

    list: (
      scope: ClientScope,
      filter: NoteFilter,
      order: ListOrder<NoteDoc>,
      limit: number,
    ): Promise<NoteDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        notes.find(
          scope,
          { ...filter, ...(range as ScopedFilter<NoteDoc>) },
          { sort: order.sort, limit: atMost },
        ),
      ),

    insert: (scope: ClientScope, fresh: NoteDoc, session: ClientSession): Promise<void> =>
      notes.insertOne(scope, fresh, { session }),

    /** False if the note has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: NoteDoc,
      next: NoteDoc,
      session: ClientSession,
    ): Promise<boolean> => notes.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: NoteDoc, session: ClientSession): Promise<boolean> =>
      notes.deleteOne(scope, { _id, version }, { session }),
  };
}
