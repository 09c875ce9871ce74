import assert from 'node:assert/strict';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import { phoneEndingIn } from './crm-client.ts';
import { call, type Answer } from './http.ts';
import { addMember, signUpAdmin, useMessagingApi, type Member } from './messaging-api.ts';
import { hear } from './talk.ts';
import { useWorkerCore } from './worker-core.ts';

/** A read mark as the sandbox received it. */
export interface ReceivedMark {
  readonly messageId: string;
  readonly isTyping: boolean;
}

interface LedgerItem {
  readonly phoneNumberId: string;
  readonly mark?: ReceivedMark;
  readonly body: { readonly status?: string };
}

/** A business with an agent, and a contact who has written. */
export interface Talk {
  readonly admin: Member;
  readonly agent: Member;
  readonly channelId: string;
  readonly conversationId: string;
  /** The contact writes; returns our id of the message, and the provider's. */
  say(agoMs?: number): Promise<{ readonly id: string; readonly wamid: string }>;
  read(messageId?: string): Promise<Answer>;
  type(who?: Member): Promise<Answer>;
  show(): Promise<Answer>;
  /** The read marks that the provider accepted. */
  marks(): Promise<readonly ReceivedMark[]>;
  /** All calls with a read mark, also refused ones. */
  countCalls(): Promise<number>;
}

let wamids = 0;

/** The API with a sandbox, and the timers of a worker, which tests fire by hand. */
export function useMarksStage(name: string) {
  const api = useMessagingApi(name);
  const worker = useWorkerCore(api);
  const atSandbox = (path: string, options = {}) => call(`${api().sandbox.url}/sandbox${path}`, options);
  afterEach(async () => {
    await atSandbox('/behaviour', { method: 'DELETE' });
  });

  async function ledgerOf(phoneNumberId: string): Promise<readonly LedgerItem[]> {
    const { body } = await atSandbox('/ledger?limit=1000');
    return (body['items'] as LedgerItem[]).filter((item) => item.phoneNumberId === phoneNumberId);
  }

  return {
    api,
    worker,
    behave: (settings: object) => atSandbox('/behaviour', { method: 'PUT', json: settings }),

    async begin(): Promise<Talk> {
      const admin = await signUpAdmin(api());
      const agent = await addMember(api(), admin);
      const channels = (await admin.get('/api/channels')).body['items'] as {
        id: string;
        phoneNumberId: string;
      }[];
      const [channel] = channels;
      assert.ok(channel !== undefined);
      const { id: channelId, phoneNumberId } = channel;
      const phone = phoneEndingIn('01');
      const say = async (agoMs = 0) => {
        const wamid = `wamid.mark-${(wamids += 1)}-${channelId}`;
        const of = { clientId: admin.clientId.toHexString(), channelId };
        return { wamid, id: await hear(api(), of, phone, { id: wamid, agoMs }) };
      };
      await say();
      const [conversation] = (await admin.get('/api/conversations')).body['items'] as { id: string }[];
      const conversationId = conversation?.id ?? assert.fail('no conversation');
      const path = `/api/conversations/${conversationId}`;
      return {
        ...{ admin, agent, channelId, conversationId, say },
        read: (messageId) => agent.post(`${path}/read`, messageId === undefined ? undefined : { messageId }),
        type: (who = agent) => who.post(`${path}/typing`),
        show: () => agent.get(path),
        marks: async () => (await ledgerOf(phoneNumberId)).flatMap(({ mark }) => mark ?? []),
        countCalls: async () =>
          (await ledgerOf(phoneNumberId)).filter(({ body }) => body.status === 'read').length,
      };
    },

    /** What the worker does once so much time has passed. */
    async fireAfter(ms = 0): Promise<void> {
      const { mongo, areas } = worker();
      const runner = createTimerRunner({
        ...{ timers: createTimerRepository(mongo), handlers: areas.sending.timerHandlers },
        ...{ clock: { now: () => new Date(Date.now() + ms) }, logger: api().log.logger },
      });
      await runner.fireDue();
    },
  };
}
