import assert from 'node:assert/strict';
import type { ConversationListItemView } from '../../src/inbox/conversations/schemas.ts';
import type { MessageListItemView } from '../../src/sending/messages/list-schemas.ts';
import type { CrmUser } from './crm-client.ts';

/** A change of one of the fields of a number, as Meta sends it. */
export const fieldOf = (user: CrmUser, field: string, value: object) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: `sandbox-${user.clientId}`,
      time: Math.floor(Date.now() / 1_000),
      changes: [
        {
          field,
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '15550001000', phone_number_id: user.phoneNumberId },
            ...value,
          },
        },
      ],
    },
  ],
});

export const digitsOf = (phone: string): string => phone.replace('+', '');

/** Conversations of the business, latest first. */
export async function threadsOf(user: CrmUser, query = ''): Promise<readonly ConversationListItemView[]> {
  const { status, body } = await user.call<{ items: ConversationListItemView[] }>(
    `/api/conversations${query}`,
  );
  assert.equal(status, 200);
  return body.items;
}

/** Messages of the business or of one conversation, latest first. */
export async function messagesOf(user: CrmUser, conversationId?: string): Promise<MessageListItemView[]> {
  const query = conversationId === undefined ? '' : `?conversationId=${conversationId}`;
  const { status, body } = await user.call<{ items: MessageListItemView[] }>(`/api/messages${query}`);
  assert.equal(status, 200);
  return body.items;
}
