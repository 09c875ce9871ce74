import type { ClientSession, Connection, Types } from 'mongoose';
import { newId } from '../../../platform/ids.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { openTenantCollection } from '../../../platform/tenant-collection.ts';
import { messageSourceModel, type MessageSourceDoc } from './model.ts';
import { sourceOf } from './prune.ts';

export type MessageSource = Pick<MessageSourceDoc, 'eventId' | 'json' | 'isCut'>;

/** Of one message and its changes. */
const maxSources = 50;

/** The provider's objects beside the messages. */
export function createSourceRepository(connection: Connection) {
  const sources = openTenantCollection(messageSourceModel, connection);
  return {
    /** Keeps the provider's object, cut to its limit; a repetition changes nothing. */
    async keepSource(
      scope: ClientScope,
      { messageId, eventId }: { readonly messageId: Types.ObjectId; readonly eventId: string },
      given: { readonly object: Readonly<Record<string, unknown>>; readonly at: Date },
      session?: ClientSession,
    ): Promise<void> {
      const fresh = { _id: newId(), ...sourceOf(given.object), createdAt: given.at };
      await sources.upsertOne(scope, { messageId, eventId }, { $setOnInsert: fresh }, { session });
    },

    /** Of the message itself and of its changes. */
    findSources: (scope: ClientScope, messageId: Types.ObjectId): Promise<MessageSource[]> =>
      sources.find<MessageSource>(
        scope,
        { messageId },
        { projection: { eventId: 1, json: 1, isCut: 1 }, limit: maxSources },
      ),
  };
}
