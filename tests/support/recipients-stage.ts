import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageActivityDeps } from '../../activities/messages.ts';
import { newUuid } from '../../src/platform/ids.ts';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { DispatchResult } from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { createTimerRepository } from '../../src/timers/repository.ts';
import { createTimerRunner } from '../../src/timers/runner.ts';
import type { GatewayAnswer } from '../../src/whatsapp/gateway.ts';
import type { MessageBody } from '../../src/whatsapp/payload.ts';
import { newWamid } from './consent.ts';
import { signUp, type CrmUser } from './crm-client.ts';
import { runActivity } from './dispatch-stage.ts';
import type { MessagingApi } from './messaging-api.ts';
import { connect } from './ownership-stage.ts';

/** A business whose messages are dispatched by hand, to a gateway that notes whom it was asked to call. */
export interface RecipientsStage {
  readonly user: CrmUser;
  /** Gives the business a second number; from then on a message must name its channel. */
  addChannel(): Promise<string>;
  /** The recipients of all calls, in order. */
  readonly called: readonly string[];
  /** Runs at the beginning of each call. */
  onCall(check: (to: string, messageId: string) => Promise<void>): void;
  /** The answers of the next calls; accepted after them. */
  readonly answers: GatewayAnswer[];
  /** Dispatches the message, by default at a time after its `sendAt`. */
  dispatch(id: string, options?: DispatchOptions): Promise<DispatchResult | 'again'>;
  /** The person with this number, or this user id, writes to the business. */
  write(
    from: Sender,
    text: string,
    options?: { readonly atMs?: number; readonly wamid?: string; readonly channelId?: string },
  ): Promise<void>;
  /** Fires the timers that are due, as the worker does a second later at most; returns how many. */
  fireTimers(): Promise<number>;
  stored(id: string): Promise<MessageDoc>;
  correct(contactId: string, fields: object): Promise<number>;
}

export type Sender =
  | { readonly from: string; readonly fromUserId?: string }
  | { readonly fromUserId: string };

export interface DispatchOptions {
  readonly changes?: (deps: MessageActivityDeps) => Partial<MessageActivityDeps>;
  readonly aheadMs?: number;
}

const dayMs = 24 * 3_600_000;

export const accepted = (): GatewayAnswer => ({
  kind: 'accepted',
  providerMessageId: newWamid(),
  isHeld: false,
});

/** 131026: the provider cannot deliver to this number. */
export const undeliverable: GatewayAnswer = {
  kind: 'rejected',
  error: { code: 131_026, title: 'Message undeliverable', detail: 'Check the number.' },
};

/** 130429: the provider asks for another call later. */
export const tooFast: GatewayAnswer = {
  kind: 'rejected',
  error: { code: 130_429, title: 'Rate limit hit', detail: '' },
};

/** Grants every place: these tests are not about pace. */
const freeRates = (rates: MessageActivityDeps['rates']): MessageActivityDeps['rates'] => ({
  ...rates,
  acquire: async () => ({
    kind: 'permit',
    stillHolds: () => true,
    done: () => undefined,
    giveBack: () => undefined,
  }),
  reservePair: async () => ({ granted: true }),
  reserveUser: async () => ({ granted: true }),
});

export async function setRecipientsStage(api: MessagingApi): Promise<RecipientsStage> {
  const user = await signUp(api.url);
  const { core } = api.api;
  const scope = scopeOf(new Types.ObjectId(user.clientId));
  const called: string[] = [];
  const answers: GatewayAnswer[] = [];
  let check = async (_to: string, _messageId: string): Promise<void> => undefined;
  const gateway = {
    async send(_sender: unknown, body: MessageBody) {
      const to = 'to' in body ? body.to : body.recipient;
      await check(String(to), String(body.biz_opaque_callback_data).split(':')[0] ?? '');
      called.push(String(to));
      return answers.shift() ?? accepted();
    },
  };

  return {
    user,
    called,
    answers,
    async addChannel() {
      const number = { phoneNumberId: newUuid(), wabaId: newUuid(), accessToken: newUuid() };
      return (await connect(user, number)).id;
    },
    onCall(next) {
      check = next;
    },
    async dispatch(id, { changes = () => ({}), aheadMs = 0 } = {}) {
      const clock = { now: () => new Date(core.clock.now().getTime() + aheadMs) };
      const deps = { ...core, gateway, clock, rates: freeRates(core.rates) };
      const input = { clientId: user.clientId, messageId: id, channelId: user.channelId };
      return runActivity({ ...deps, ...changes(deps) }, 'dispatch', input).catch((error: unknown) => {
        const { type } = error as { type?: string };
        // The server repeats such an attempt.
        if (typeof type === 'string' && type.startsWith('W')) return 'again' as const;
        throw error;
      });
    },
    async write(sender, text, { atMs = Date.now(), wamid = newWamid(), channelId = user.channelId } = {}) {
      const from = 'from' in sender ? { ...sender, from: sender.from.replace('+', '') } : sender;
      const item = {
        phoneNumberId: null,
        providerMessageId: wamid,
        ...from,
        messageType: 'text',
        timestampMs: Math.floor(atMs / 1_000) * 1_000,
        text,
        raw: { id: newUuid(), type: 'text', text: { body: text } },
      };
      assert.ok(await core.inbound.receive(scope, new Types.ObjectId(channelId), item));
    },
    async fireTimers() {
      const { clock, logger, areas } = core;
      const timers = createTimerRepository(api.connection);
      return createTimerRunner({ timers, handlers: areas.consent.timerHandlers, clock, logger }).fireDue();
    },
    async stored(id) {
      const found = await api.collection<MessageDoc>('messages').findOne({ _id: new Types.ObjectId(id) });
      assert.ok(found !== null);
      return found;
    },
    async correct(contactId, body) {
      return (await user.call(`/api/contacts/${contactId}`, { method: 'PATCH', body })).status;
    },
  };
}

export const tomorrow = (): string => new Date(Date.now() + dayMs).toISOString();
/** Ahead of `tomorrow()`. */
export const twoDaysMs = 2 * dayMs;
