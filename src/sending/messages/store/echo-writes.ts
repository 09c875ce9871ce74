import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageDoc } from './model.ts';

/** Runs a write that gives a message its provider's id. */
export type ReplaceEcho = (
  scope: ClientScope,
  providerMessageId: string | undefined,
  write: () => Promise<void>,
) => Promise<void>;

/**
 * An echo of our own message can be stored before the provider's answer to our call, and then holds the provider's id.
 * Our message is the one with the history, so the echo yields to it.
 */
export const createEchoReplacement =
  (messages: TenantCollection<MessageDoc>): ReplaceEcho =>
  async (scope, providerMessageId, write) => {
    try {
      await write();
    } catch (error) {
      if (!isDuplicateKey(error) || providerMessageId === undefined) throw error;
      const wasEcho = await messages.deleteOne(scope, { providerMessageId, senderType: 'phone' });
      if (!wasEcho) throw error;
      await write();
    }
  };
