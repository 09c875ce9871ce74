import type { ClientSession, Connection, Types } from 'mongoose';
import { mergeByName, readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../platform/tenant-queries.ts';
import { macroModel, type MacroDoc } from './model.ts';

export type { MacroAction, MacroDoc } from './model.ts';

export type MacroRepository = ReturnType<typeof createMacroRepository>;

export function createMacroRepository(connection: Connection) {
  const macros = openTenantCollection(macroModel, connection);
  return {
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<MacroDoc | null> =>
      macros.findOne(scope, { _id }, { session }),

    findByNameKey: (
      scope: ClientScope,
      { ownerId, nameKey }: Pick<MacroDoc, 'ownerId' | 'nameKey'>,
    ): Promise<MacroDoc | null> => macros.findOne(scope, { ownerId, nameKey }),

    /** The shared ones and those of the user, by name. One query for each owner, whose names are unique: their index serves each in order. */
    async listFor(
      scope: ClientScope,
      userId: Types.ObjectId,
      order: ListOrder<MacroDoc>,
      limit: number,
    ): Promise<MacroDoc[]> {
      const lists = [null, userId].map((ownerId) =>
        readRanges(order, limit, (range, atMost) =>
          macros.find(
            scope,
            { ...(range as ScopedFilter<MacroDoc>), ownerId },
            { sort: { nameKey: 1 }, limit: atMost },
          ),
        ),
      );
      return mergeByName(await Promise.all(lists), limit);
    },

    /** Throws the duplicate key error if the owner has a macro with the name. */
    insert: (scope: ClientScope, fresh: MacroDoc, session: ClientSession): Promise<void> =>
      macros.insertOne(scope, fresh, { session }),

    /** As `insert`; false if the macro has changed since it was read. */
    replace: (
      scope: ClientScope,
      current: MacroDoc,
      next: MacroDoc,
      session: ClientSession,
    ): Promise<boolean> => macros.replaceVersioned(scope, current, next, session),

    remove: (scope: ClientScope, { _id, version }: MacroDoc, session: ClientSession): Promise<boolean> =>
      macros.deleteOne(scope, { _id, version }, { session }),
  };
}
