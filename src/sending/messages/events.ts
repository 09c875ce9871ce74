import type { NewEvent } from '../../events/declare.ts';
import { isSilent } from './store/marks.ts';
import type { MessageDoc } from './store/repository.ts';

/** What an event tells of a message, and what decides its type. */
export type ToldMessage = Pick<
  MessageDoc,
  | '_id'
  | 'clientId'
  | 'conversationId'
  | 'contactId'
  | 'channelId'
  | 'direction'
  | 'senderType'
  | 'messageType'
  | 'status'
  | 'failure'
  | 'awaitsOriginal'
  | 'isImported'
  | 'revision'
  | 'isUnannounced'
  | 'survey'
  | 'timestamp'
  | 'revokedAt'
>;

/**
 * The event of the present state of a message; null for one of which agents are not told. Pure.
 */
export function messageEventOf(message: ToldMessage): NewEvent | null {
  if (isSilent(message)) return null;
  const { status, failure } = message;
  return {
    type: typeOf(message),
    entity: { type: 'message', id: message._id },
    version: message.revision ?? 0,
    view: {
      conversationId: message.conversationId.toHexString(),
      contactId: message.contactId.toHexString(),
      channelId: message.channelId.toHexString(),
      direction: message.direction,
      senderType: message.senderType,
      messageType: message.messageType,
      status,
      failureCode: status === 'failed' ? (failure?.code ?? null) : null,
    },
  };
}

function typeOf({ direction, isUnannounced }: ToldMessage) {
  if (isUnannounced === true) return direction === 'inbound' ? 'message.received' : 'message.created';
  return direction === 'inbound' ? 'message.updated' : 'message.status';
}
