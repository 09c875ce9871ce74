import type { Types } from 'mongoose';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageDoc } from './model.ts';

interface Given {
  readonly _id: Types.ObjectId;
  readonly providerMessageId: string | undefined;
}

/** Runs a write that gives a message its provider's id. */
export type ReplaceEcho = (scope: ClientScope, given: Given, write: () => Promise<void>) => Promise<void>;

/**
 * An echo of our own message can be stored before the provider's answer to our call, and then holds the provider's id.
 * Our message is the one with the history, so the echo yields to it.
 */
export const createEchoReplacement =
  (messages: TenantCollection<MessageDoc>): ReplaceEcho =>
  async (scope, { _id, providerMessageId }, write) => {
    try {
      await write();
    } catch (error) {
      if (!isDuplicateKey(error) || providerMessageId === undefined) throw error;
      const message = await messages.findOne(scope, { _id }, { projection: { channelId: 1 } });
      if (message === null) throw error;
      const { channelId } = message;
      const echo = { providerMessageId, channelId, senderType: 'phone' } as const;
      if (!(await messages.deleteOne(scope, echo))) throw error;
      await write();
    }
  };
