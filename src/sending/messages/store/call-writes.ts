import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { CallContent, MessageDoc, StatusEntry } from './model.ts';

interface CallEvent {
  readonly event: StatusEntry;
  /** What the event adds to the call. */
  readonly call: Omit<CallContent, 'direction'>;
  /** When it was written, and its place in the thread. */
  readonly at: Date;
  readonly timestamp: Date;
}

export const createCallWrites = (messages: TenantCollection<MessageDoc>) => ({
  /** Adds an event to a stored call, once. The writes of its events commute. */
  async noteCallEvent(
    scope: ClientScope,
    _id: Types.ObjectId,
    { event, call, at, timestamp }: CallEvent,
  ): Promise<void> {
    const added = Object.fromEntries(
      Object.entries(call).map(([field, value]) => [`content.call.${field}`, value]),
    );
    await messages.updateOne(
      scope,
      { _id, messageType: 'call', 'statusHistory.key': { $ne: event.key } },
      {
        $push: { statusHistory: event },
        $min: { timestamp },
        ...(Object.keys(added).length === 0 ? {} : { $set: added }),
      },
    );
    await messages.updateOne(
      scope,
      { _id, messageType: 'call', writtenAt: { $gt: at } },
      { $set: { writtenAt: at } },
    );
  },
});
