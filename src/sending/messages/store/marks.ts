import type { mongo } from 'mongoose';
import { markWrites } from '../../../events/marks/collection.ts';
import { createMarkQueries } from '../../../events/marks/queries.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { MessageDoc } from './model.ts';

/** What clients are told of: a change of one of these marks the message. */
const toldFields: readonly (keyof MessageDoc)[] = [
  ...(['status', 'sendAt', 'failure', 'content', 'changes', 'editedAt', 'revokedAt'] as const),
  ...(['conversationId', 'isImported', 'awaitsOriginal'] as const),
];
const isToldField = new Set<string>(toldFields);

/** Agents are told neither of the place of a message that has not arrived, nor of the backlog of a phone. Pure. */
export const isSilent = ({
  awaitsOriginal,
  isImported,
}: Pick<MessageDoc, 'awaitsOriginal' | 'isImported'>): boolean =>
  awaitsOriginal === true || isImported === true;

/** Whether an update changes what clients are told of. */
const isTold = (update: mongo.Document): boolean =>
  Object.values(update).some(
    (fields: unknown) =>
      typeof fields === 'object' &&
      fields !== null &&
      Object.keys(fields).some((path) => isToldField.has(path.split('.')[0] ?? '')),
  );

/** The collection of messages, whose writes mark what clients must be told. */
export const markMessages = (messages: TenantCollection<MessageDoc>): TenantCollection<MessageDoc> =>
  markWrites(messages, { isTold, isSilent });

const toldProjection: Readonly<Record<string, 1>> = {
  ...{ clientId: 1, conversationId: 1, contactId: 1, channelId: 1, direction: 1, senderType: 1 },
  ...{ messageType: 1, status: 1, 'failure.code': 1, awaitsOriginal: 1, isImported: 1 },
  ...{ revision: 1, unpublishedAt: 1, isUnannounced: 1, survey: 1, timestamp: 1, revokedAt: 1 },
};

export const createMessageMarkQueries = (messages: TenantCollection<MessageDoc>) =>
  createMarkQueries(messages, toldProjection);
