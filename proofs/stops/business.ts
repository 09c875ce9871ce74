import { randomBytes } from 'node:crypto';
import { signUp } from '../shared/account.ts';
import type { StopKind } from './plan.ts';

interface Accepted {
  readonly id: string;
  readonly contactId: string;
}

/** A client with one channel, as far as a try needs it. */
export interface Business {
  send(to: string): Promise<Accepted>;
  /** Stops these messages; returns the ids of those that the stop concerns. */
  stop(kind: StopKind, messages: readonly Accepted[]): Promise<ReadonlySet<string>>;
  /** Lifts a pause. */
  resume(): Promise<void>;
}

const manual = { source: 'proof', wording: 'no more' };

export async function createBusiness(apiUrl: string): Promise<Business> {
  const account = await signUp(apiUrl, 'stops');
  const channels = await account.read<{ items: { id: string }[] }>('/api/channels');
  const channelPath = `/api/channels/${channels.items[0]?.id ?? ''}`;

  async function change(method: 'POST' | 'PATCH', path: string, body: object = {}): Promise<number> {
    const { status, body: answer } = await account.request(path, { method, body });
    if (status !== 200 && status !== 409)
      throw new Error(`${path} answers ${status}: ${JSON.stringify(answer)}`);
    return status;
  }

  const stopContact = async (messages: readonly Accepted[], body: object) => {
    for (const contactId of new Set(messages.map((message) => message.contactId)))
      await change('PATCH', `/api/contacts/${contactId}`, body);
  };

  return {
    async send(to) {
      const { answer } = await account.sendTemplate(to, randomBytes(12).toString('hex'));
      if (answer.status !== 201) throw new Error(`a message was refused: ${JSON.stringify(answer)}`);
      return answer.body as Accepted;
    },

    async stop(kind, messages) {
      const all = new Set(messages.map(({ id }) => id));
      if (kind === 'pause') await change('POST', `${channelPath}/pause`);
      if (kind === 'block') await stopContact(messages, { isBlocked: true });
      if (kind === 'opt-out') await stopContact(messages, { optInStatus: 'opted-out', consent: manual });
      if (kind !== 'cancel') return all;
      const canceled = await Promise.all(
        messages.map(async ({ id }) =>
          (await change('POST', `/api/messages/${id}/cancel`)) === 200 ? [id] : [],
        ),
      );
      return new Set(canceled.flat());
    },

    async resume() {
      await change('POST', `${channelPath}/resume`);
    },
  };
}
