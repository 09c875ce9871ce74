import { randomBytes } from 'node:crypto';
import { signUp } from '../shared/account.ts';

/** A message as the API accepted it. */
export interface Accepted {
  readonly id: string;
  readonly contactId: string;
}

interface Proof {
  readonly acknowledgedAt: string;
  readonly canceledCount: number;
}

/** A client of its own, as far as a race needs it. */
export interface Business {
  readonly phoneNumberId: string;
  /** Null when the API refuses it because the contact has opted out. */
  send(to: string): Promise<Accepted | null>;
  /** The proof of the contact's stop; null until it is acknowledged. */
  proofOf(contactId: string): Promise<Proof | null>;
}

export async function createBusiness(apiUrl: string): Promise<Business> {
  const account = await signUp(apiUrl, 'stop-race');
  const channels = await account.read<{ items: { phoneNumberId: string }[] }>('/api/channels');
  return {
    phoneNumberId: channels.items[0]?.phoneNumberId ?? '',

    async send(to) {
      const { answer } = await account.sendTemplate(to, randomBytes(12).toString('hex'));
      if (answer.status === 201) return answer.body as Accepted;
      if ((answer.body as { code?: string }).code === 'contact-opted-out') return null;
      throw new Error(`a message was refused: ${JSON.stringify(answer)}`);
    },

    async proofOf(contactId) {
      const history = await account.read<{ entries: { status: string; proof: Proof | null }[] }>(
        `/api/contacts/${contactId}/consent`,
      );
      return history.entries.find(({ status }) => status === 'opted-out')?.proof ?? null;
    },
  };
}
