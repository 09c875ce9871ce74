import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { MessageActivityDeps } from '../../activities/messages.ts';
import type { ContactRecord } from '../../src/people/contacts/store/model.ts';
import type { GatewayAnswer } from '../../src/whatsapp/gateway.ts';
import { newWamid } from '../support/consent.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import {
  accepted,
  setRecipientsStage,
  tomorrow,
  tooFast,
  twoDaysMs,
  undeliverable,
  type RecipientsStage,
} from '../support/recipients-stage.ts';

/** What people and contacts do; indexes count modulo what there is. */
type Deed =
  | {
      readonly does: 'correct';
      readonly contact: number;
      readonly number: number;
      /** Also removes the `wa_id` that the old number left. */
      readonly isWhole: boolean;
    }
  | {
      readonly does: 'say';
      readonly number: number;
      readonly word: 'STOP' | 'START';
      /** To the second number of the business; messages leave from the first. */
      readonly isElsewhere: boolean;
    }
  | { readonly does: 'create'; readonly number: number }
  | { readonly does: 'optOut'; readonly contact: number }
  | { readonly does: 'delete'; readonly created: number }
  | { readonly does: 'block'; readonly contact: number; readonly isBlocked: boolean };

type Point = 'before the permit' | 'before the claim' | 'after the claim';

type Step =
  | Deed
  | { readonly does: 'send'; readonly contact: number; readonly isLater: boolean }
  | { readonly does: 'sendToNumber'; readonly number: number }
  | { readonly does: 'retry'; readonly message: number }
  | {
      readonly does: 'dispatch';
      readonly message: number;
      readonly answer: number;
      readonly meanwhile: { readonly deed: Deed; readonly point: Point } | null;
    };

const index = fc.nat({ max: 4 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('correct'),
      contact: index,
      number: index,
      isWhole: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('say'),
      number: index,
      word: fc.constantFrom('STOP', 'START'),
      isElsewhere: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('create'), number: index }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('optOut'), contact: index }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('delete'), created: index }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('block'), contact: index, isBlocked: fc.boolean() }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: deed },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('send'), contact: index, isLater: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('sendToNumber'), number: index }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('retry'), message: fc.nat({ max: 9 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('dispatch'),
      message: fc.nat({ max: 9 }),
      answer: index,
      meanwhile: fc.option(
        fc.record({
          deed,
          point: fc.constantFrom<Point>('before the permit', 'before the claim', 'after the claim'),
        }),
      ),
    }),
  },
);

const answers: readonly (() => GatewayAnswer)[] = [accepted, () => undeliverable, () => tooFast];

/** Runs the step at one point of a dispatch. */
const at =
  (point: Point, run: () => Promise<void>) =>
  ({ rates, messages }: MessageActivityDeps): Partial<MessageActivityDeps> => ({
    rates: {
      ...rates,
      async acquire(...args) {
        if (point === 'before the permit') await run();
        return rates.acquire(...args);
      },
    },
    messages: {
      ...messages,
      async claim(...args) {
        if (point === 'before the claim') await run();
        const claim = await messages.claim(...args);
        if (point === 'after the claim') await run();
        return claim;
      },
    },
  });

describe('recipients › any sequence of corrections and opt-outs', function () {
  this.timeout(300_000);
  const api = useMessagingApi('recipients-property');
  const seen = { calls: 0, readdressed: 0, canceled: 0, toCorrected: 0, deleted: 0 };

  /** One business, its contacts, and the words that were said from each number. */
  class World {
    readonly numbers = ['01', '02', '03', '04', '05'].map(phoneEndingIn);
    readonly lastWord = new Map<string, string>();
    readonly contacts: string[] = [];
    /** By hand. Some have no conversation, so they can be deleted. */
    readonly created: string[] = [];
    readonly messages: string[] = [];
    private secondsAgo = 3_000;
    private readonly stage: RecipientsStage;

    private readonly otherChannelId: string;

    constructor(stage: RecipientsStage, otherChannelId: string) {
      this.stage = stage;
      this.otherChannelId = otherChannelId;
      stage.onCall((to, id) => this.assertAllowed(to, id));
    }

    private async assertAllowed(to: string, id: string): Promise<void> {
      const { contactId, readdressed } = await this.stage.stored(id);
      const contact = await api().collection<ContactRecord>('contacts').findOne({ _id: contactId });
      assert.equal(to, contact?.phoneNumber, 'the call goes to the number of the contact at this moment');
      assert.notEqual(this.lastWord.get(to), 'STOP', `${to} has said STOP`);
      assert.notEqual(contact?.isBlocked, true, 'the contact is blocked');
      seen.calls += 1;
      if (readdressed !== undefined) seen.toCorrected += 1;
    }

    private numberAt = (place: number): string => this.numbers[place % this.numbers.length] ?? assert.fail();

    private async send(body: object): Promise<void> {
      const { channelId } = this.stage.user;
      const sent = await this.stage.user.trySend({ ...body, channelId });
      if (sent.status !== 201) return;
      this.messages.push(sent.body.id);
      if (!this.contacts.includes(sent.body.contactId)) this.contacts.push(sent.body.contactId);
    }

    private async say({ number, word, isElsewhere }: Extract<Deed, { does: 'say' }>): Promise<void> {
      const from = this.numberAt(number);
      const { user } = this.stage;
      this.secondsAgo -= 2;
      const said = {
        ...{ atMs: Date.now() - this.secondsAgo * 1_000, wamid: newWamid() },
        channelId: isElsewhere ? this.otherChannelId : user.channelId,
      };
      const isThrough = await this.stage.write({ from }, word, said).then(
        () => true,
        (error: unknown) => {
          assert.match(String(error), /being handed to the provider/);
          return false;
        },
      );
      this.lastWord.set(from, word);
      // The processor repeats an event that is not through.
      if (!isThrough) this.pending.push(() => this.stage.write({ from }, word, said));
    }

    private async create(phoneNumber: string): Promise<void> {
      const { status, body } = await this.stage.user.call<{ id: string }>('/api/contacts', {
        method: 'POST',
        body: { phoneNumber },
      });
      if (status !== 201) return;
      this.contacts.push(body.id);
      this.created.push(body.id);
    }

    /** By hand, for the number that the contact has now. */
    private async optOut(contactId: string): Promise<void> {
      const contacts = api().collection<ContactRecord>('contacts');
      const before = await contacts.findOne({ _id: new Types.ObjectId(contactId) });
      const status = await this.stage.correct(contactId, { optInStatus: 'opted-out' });
      if (status === 200 && before?.phoneNumber !== undefined) this.lastWord.set(before.phoneNumber, 'STOP');
    }

    private async delete(contactId: string | undefined): Promise<void> {
      if (contactId === undefined) return;
      const { status } = await this.stage.user.call(`/api/contacts/${contactId}`, { method: 'DELETE' });
      // 409: it has a conversation.
      assert.ok([204, 409].includes(status), `deletion is answered with ${status}`);
      if (status === 409) return;
      seen.deleted += 1;
      this.created.splice(this.created.indexOf(contactId), 1);
      this.contacts.splice(this.contacts.indexOf(contactId), 1);
    }

    private readonly pending: (() => Promise<void>)[] = [];

    async do(given: Step): Promise<void> {
      const contactId = 'contact' in given ? this.contacts[given.contact % this.contacts.length] : undefined;
      const message = 'message' in given ? this.messages[given.message % this.messages.length] : undefined;
      switch (given.does) {
        case 'correct':
          if (contactId !== undefined)
            await this.stage.correct(contactId, {
              phoneNumber: this.numberAt(given.number),
              ...(given.isWhole ? { whatsappId: null } : {}),
            });
          return;
        case 'block':
          if (contactId !== undefined) await this.stage.correct(contactId, { isBlocked: given.isBlocked });
          return;
        case 'say':
          return this.say(given);
        case 'create':
          return this.create(this.numberAt(given.number));
        case 'optOut':
          if (contactId !== undefined) await this.optOut(contactId);
          return;
        case 'delete':
          return this.delete(this.created[given.created % this.created.length]);
        case 'sendToNumber':
          return this.send({ to: this.numberAt(given.number) });
        case 'send': {
          if (contactId === undefined) return;
          const later = given.isLater ? { sendAt: tomorrow() } : {};
          return this.send({ contactId, ...later });
        }
        case 'retry': {
          if (message === undefined) return;
          const path = `/api/messages/${message}/retry`;
          const { status, body } = await this.stage.user.call<{ id: string }>(path, {
            method: 'POST',
            body: {},
          });
          if (status === 201) this.messages.push(body.id);
          return;
        }
        case 'dispatch':
          if (message !== undefined) await this.dispatch(message, given);
      }
    }

    private async dispatch(
      id: string,
      { answer, meanwhile }: Pick<Extract<Step, { does: 'dispatch' }>, 'answer' | 'meanwhile'>,
    ): Promise<void> {
      this.stage.answers.splice(0, 1, (answers[answer] ?? accepted)());
      let isDone = false;
      const run = async (): Promise<void> => {
        if (isDone || meanwhile === null) return;
        isDone = true;
        await this.do(meanwhile.deed);
      };
      const changes = meanwhile === null ? {} : { changes: at(meanwhile.point, run) };
      await this.stage.dispatch(id, { aheadMs: twoDaysMs, ...changes });
      for (const repeat of this.pending.splice(0)) await repeat();
    }

    /** Every message ends, and counts. */
    async end(): Promise<void> {
      for (const id of this.messages) {
        await this.dispatch(id, { answer: 0, meanwhile: null });
        const { status, readdressed = [] } = await this.stage.stored(id);
        assert.ok(['sent', 'failed', 'canceled'].includes(status), `${id} is ${status}`);
        if (status === 'canceled') seen.canceled += 1;
        seen.readdressed += readdressed.length;
      }
    }
  }

  it('every call › goes to the number that the contact has at that moment, and never to one whose last word was STOP', async () => {
    const numRuns = Number(process.env['RECIPIENT_RUNS'] ?? 12);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 24 }), async (steps) => {
        const stage = await setRecipientsStage(api());
        const world = new World(stage, await stage.addChannel());
        await world.do({ does: 'sendToNumber', number: 0 });
        await world.do({ does: 'sendToNumber', number: 1 });
        await world.do({ does: 'send', contact: 0, isLater: true });
        for (const number of [2, 3]) await world.do({ does: 'create', number });
        for (const given of steps) await world.do(given);
        await world.end();
      }),
      { numRuns, endOnFailure: true },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `${what}: none`);
  });
});
