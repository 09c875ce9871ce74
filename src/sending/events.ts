import { z } from 'zod';
import { defineEvents } from '../events/declare.ts';
import { MessageStatus } from './messages/actions/schemas.ts';
import { MessageType } from './messages/names.ts';
import { MessageDirection, SenderType } from './messages/schemas.ts';

const MessageFacts = z
  .object({
    conversationId: z.string(),
    contactId: z.string(),
    channelId: z.string(),
    direction: MessageDirection,
    senderType: SenderType,
    messageType: MessageType,
    status: MessageStatus,
    failureCode: z.string().nullable().meta({ description: 'Of the failure, while the status is `failed`' }),
  })
  .meta({
    id: 'MessageFacts',
    examples: [
      {
        conversationId: '665f1c2ab7e4d3a9c8b01240',
        contactId: '665f1c2ab7e4d3a9c8b01220',
        channelId: '665f1c2ab7e4d3a9c8b01210',
        direction: 'outbound',
        senderType: 'agent',
        messageType: 'text',
        status: 'delivered',
        failureCode: null,
      },
    ],
  });

const ofMessage = { entity: 'message', audience: 'everyone', view: MessageFacts } as const;

export const sendingEvents = defineEvents({
  'message.received': { summary: 'A message or an event of a contact arrived', ...ofMessage },
  'message.created': { summary: 'An outbound message was accepted', ...ofMessage },
  'message.status': {
    summary: 'An outbound message has another status, send time or wording',
    ...ofMessage,
  },
  'message.updated': {
    summary: 'An inbound message was edited, deleted or moved by its author',
    ...ofMessage,
  },
});

type SendingEvents = typeof sendingEvents;

declare module '../events/declare.ts' {
  interface EventTypes extends SendingEvents {}
}
