import type { ApiClient } from './api-client.ts';

/** A contact who wrote and waits for an agent. */
export interface Thread {
  readonly conversationId: string;
  readonly customerName: string;
}

/** An agent's answer in a thread; answers what the API says of the accepted message. */
export const postReply = (
  api: ApiClient,
  { conversationId, customerName }: Thread,
): Promise<Readonly<Record<string, unknown>>> =>
  api.post('/api/messages', {
    conversationId,
    content: { type: 'text', body: `Good morning ${customerName}, your order arrives today.` },
  });
