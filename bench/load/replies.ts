import type { ApiClient } from './api-client.ts';

/** A contact who has written and waits for an agent. */
export interface Thread {
  readonly conversationId: string;
  readonly customerName: string;
}

/** Sends an agent's reply in a thread; returns the API's answer. */
export const postReply = (
  api: ApiClient,
  { conversationId, customerName }: Thread,
): Promise<Readonly<Record<string, unknown>>> =>
  api.post('/api/messages', {
    conversationId,
    content: { type: 'text', body: `Good morning ${customerName}, your order arrives today.` },
  });
