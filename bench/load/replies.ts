import type { ApiClient } from './api-client.ts';

/** A contact who wrote and waits for an agent. */
export interface Thread {
  readonly conversationId: string;
  readonly customerName: string;
}

/** An agent's answer in a thread; answers what the API says of the accepted message. The one place that knows how. */
export const postReply = (
  api: ApiClient,
  { conversationId, customerName }: Thread,
): Promise<Readonly<Record<string, unknown>>> =>
  api.post('/api/messages/template', {
    conversationId,
    templateName: 'order_update',
    variables: { body: [customerName, '1042'] },
  });
