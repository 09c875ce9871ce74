import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { newId } from '../../src/platform/ids.ts';

/** A message as accepted by the API, with its own client, channel and conversation. */
export function buildMessage(changes: Partial<MessageDoc> = {}): MessageDoc {
  const timestamp = new Date('2026-11-23T09:00:00.000Z');
  const status = changes.status ?? 'queued';
  return {
    _id: newId(),
    clientId: newId(),
    conversationId: newId(),
    channelId: newId(),
    contactId: newId(),
    direction: 'outbound',
    senderType: 'agent',
    messageType: 'template',
    to: '+15550001101',
    content: { text: 'Hello World', template: { name: 'hello_world', language: { code: 'en_US' } } },
    templateName: 'hello_world',
    status,
    timestamp,
    statusHistory: [{ key: `${status}:${timestamp.getTime()}`, status, timestamp }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
    ...changes,
  };
}
