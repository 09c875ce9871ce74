import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import { admitBody } from '../../src/webhooks/admission.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { storedBytes } from '../support/stored-bytes.ts';

const count = 20;
const timestamp = '1795430000';

/** Each call names another person. */
let persons = 12_020_000_000;
const person = (): string => String((persons += 1));
const list = (make: () => object, length = count) => Array.from({ length }, make);

const message = (fields: object) => ({ from: person(), id: `wamid.${newSecret(9)}`, timestamp, ...fields });
const text = (body: string) => message({ type: 'text', text: { body } });
const long = 'x'.repeat(8_000);

describe('api › what webhook bodies store', function () {
  this.timeout(60_000);
  const api = useApi('webhook-storage');
  let user: CrmUser;
  let processor: TestProcessor;
  let path: string;

  beforeEach(async () => {
    user = await api().signUp();
    const key = newSecret();
    path = `/webhook/incoming/${key}`;
    await api()
      .collection('channels')
      .updateOne({ _id: new Types.ObjectId(user.channelId) }, { $set: { webhookKeyHash: sha256Hex(key) } });
    processor = await startTestProcessor(api());
  });
  afterEach(() => processor.close());

  const valueOf = (fields: object) => ({ metadata: { phone_number_id: user.phoneNumberId }, ...fields });
  const changeOf = (field: string, fields: object) => ({
    entry: [{ id: 'any account', changes: [{ field, value: valueOf(fields) }] }],
  });

  const bodies: readonly [string, () => object][] = [
    ['the shortest messages, each of a new person', () => valueOf({ messages: list(() => text('a')) })],
    ['long texts', () => valueOf({ messages: list(() => text(long)) })],
    [
      'long answers of a kind that keeps the provider’s object',
      () =>
        valueOf({
          messages: list(() =>
            message({
              type: 'interactive',
              interactive: { type: 'list_reply', list_reply: { id: long, title: long, description: long } },
            }),
          ),
        }),
    ],
    [
      'messages of an unknown kind',
      () => valueOf({ messages: list(() => message({ type: 'hologram', hologram: { a: long } })) }),
    ],
    [
      'opt-outs by WhatsApp’s switch',
      () =>
        changeOf('user_preferences', {
          user_preferences: list(() => ({
            ...{ wa_id: person(), value: 'stop', category: 'marketing_messages', detail: 'd' },
            timestamp,
          })),
        }),
    ],
    ['messages that say STOP', () => valueOf({ messages: list(() => text('STOP')) })],
    [
      'calls',
      () =>
        changeOf('calls', {
          calls: list(() => ({ id: `c${person()}`, from: person(), to: '1', event: 'connect', timestamp })),
        }),
    ],
    [
      'account events',
      () => ({ entry: [{ changes: list(() => ({ field: `unknown ${person()}`, value: { a: 1 } })) }] }),
    ],
    ['errors', () => valueOf({ errors: list(() => ({ code: 1, title: `t${person()}` })) })],
  ];
  for (const [what, make] of bodies) {
    it(`${what} › no more than they take of the day of the business`, async () => {
      const raw = JSON.stringify(make());
      const before = await storedBytes(api());
      assert.equal((await call(`${api().url}${path}`, { method: 'POST', raw })).status, 200);
      await processor.drain();
      const stored = (await storedBytes(api())) - before;
      const { storedBytes: taken } = admitBody(raw);
      assert.ok(stored > raw.length, 'something was stored');
      assert.ok(stored <= taken, `${stored} bytes stored, ${taken} taken, ${raw.length} sent`);
    });
  }
});
