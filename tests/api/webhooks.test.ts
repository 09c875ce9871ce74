import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { createCipher } from '../../src/platform/cipher.ts';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser } from '../support/crm-client.ts';
import { call, type Answer, type CallOptions } from '../support/http.ts';
import { changeOf, envelopeOf, postSigned, signatureOf, statusesOf, textOf } from '../support/meta.ts';
import { assertRefused } from '../support/problems.ts';
import { accountEvent, eventsAbout } from '../support/provider-events.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';
import { waitUntilTold } from '../support/tenant-data.ts';

const secrets = { current: 'the current app secret', next: 'the next app secret' };
const verifyToken = 'a verify token of the test';
const fourMegabytes = 4 * 1024 * 1024;

describe('api › webhook', function () {
  this.timeout(60_000);
  const api = useApi('webhooks', {
    env: { WHATSAPP_APP_SECRETS: Object.values(secrets).join(','), WEBHOOK_VERIFY_TOKEN: verifyToken },
  });
  let user: CrmUser;
  let processor: TestProcessor;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    await api().collection('webhook_events').deleteMany({});
  });
  afterEach(() => {
    assert.deepEqual(processor.probe.takeViolations(), []);
  });
  after(() => processor.close());

  const incoming = (path = '') => `${api().url}/webhook/incoming${path}`;
  const events = () => api().collection('webhook_events');
  const post = (
    raw: string | Uint8Array<ArrayBuffer>,
    headers: CallOptions['headers'] = {},
  ): Promise<Answer> => call(incoming(), { method: 'POST', raw, headers });

  /** Sent messages without workflows: their receipts are applied directly. */
  async function makeSent(owner: CrmUser, count: number): Promise<MessageDoc[]> {
    const messages = api().collection<MessageDoc>('messages');
    const { id } = await owner.send({ to: phoneEndingIn('01') });
    const source = await messages.findOne({ _id: new Types.ObjectId(id) });
    assert.ok(source !== null);
    const made = Array.from({ length: count }, (): MessageDoc => {
      const _id = new Types.ObjectId();
      return {
        ...source,
        _id,
        status: 'sent',
        providerMessageId: `wamid.${_id.toHexString()}`,
        dispatch: { attempt: 1, isCalling: false, attempts: [] },
      };
    });
    await messages.insertMany(made);
    return made;
  }
  const statusOf = async ({ _id }: MessageDoc) =>
    (await api().collection<MessageDoc>('messages').findOne({ _id }))?.status;
  const wamidOf = ({ providerMessageId = '' }: MessageDoc) => providerMessageId;

  describe('handshake', () => {
    const ask = (query: Readonly<Record<string, string>>, path = '') =>
      call(`${incoming(path)}?${new URLSearchParams(query).toString()}`);
    const good = { 'hub.mode': 'subscribe', 'hub.verify_token': verifyToken, 'hub.challenge': '<b>115</b>' };

    it('the right token › the challenge as it is, as plain text, on both addresses', async () => {
      for (const path of ['', '/any-key']) {
        const answer = await ask(good, path);
        assert.deepEqual([answer.status, answer.text], [200, good['hub.challenge']]);
        assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      }
    });

    it('anything missing or wrong › 403', async () => {
      const { 'hub.challenge': _challenge, ...unasked } = good;
      const wrong = [
        {},
        unasked,
        { ...good, 'hub.mode': 'unsubscribe' },
        { ...good, 'hub.verify_token': `${verifyToken}x` },
        { ...good, 'hub.verify_token': '' },
      ];
      for (const query of wrong) {
        const answer = await ask(query);
        assertRefused(answer, JSON.stringify(query));
        assert.deepEqual([answer.status, answer.body['code']], [403, 'verify-token-mismatch']);
      }
    });
  });

  describe('signature', () => {
    const body = JSON.stringify(statusesOf('1000', [{ id: 'wamid.x', status: 'read' }]));
    const right = signatureOf(body, secrets.current);

    it('either of the current secrets › 200 and stored byte for byte', async () => {
      for (const secret of Object.values(secrets)) {
        const answer = await post(body, { 'x-hub-signature-256': signatureOf(body, secret) });
        assert.deepEqual([answer.status, answer.text], [200, 'OK']);
      }
      const stored = await events().find({}).toArray();
      assert.deepEqual(
        stored.map((event) => [event['body'], event['status']]),
        [
          [body, 'pending'],
          [body, 'pending'],
        ],
      );
    });

    it('missing, malformed, another algorithm, secret or text › 401, nothing stored', async () => {
      const hex = right.slice('sha256='.length);
      const wrong: Readonly<Record<string, string>> = {
        empty: '',
        'no algorithm': hex,
        'another algorithm': `sha1=${hex}`,
        short: right.slice(0, -1),
        long: `${right}0`,
        'upper case': `sha256=${hex.toUpperCase()}`,
        'not hexadecimal': `sha256=${'z'.repeat(64)}`,
        'two in one': `${right}, ${right}`,
        'another secret': signatureOf(body, 'another secret'),
        'an empty secret': signatureOf(body, ' '),
        'of another body': signatureOf(`${body} `, secrets.current),
      };
      assertRefused(await post(body), 'none');
      for (const [what, signature] of Object.entries(wrong)) {
        const answer = await post(body, { 'x-hub-signature-256': signature });
        assertRefused(answer, what);
        assert.deepEqual([answer.status, answer.body['code']], [401, 'invalid-signature'], what);
      }
      assert.equal(await events().countDocuments({}), 0);
    });

    it('one bit of the body or of the signature turned › 401', async () => {
      const bytes = Buffer.from(body);
      for (let place = 0; place < bytes.length; place += 7) {
        const turned = new Uint8Array(bytes);
        turned[place] = (turned[place] ?? 0) ^ (1 << (place % 8));
        assert.equal((await post(turned, { 'x-hub-signature-256': right })).status, 401, `byte ${place}`);
      }
      for (let place = 7; place < right.length; place += 1) {
        const digit = right[place] === '0' ? '1' : '0';
        const turned = `${right.slice(0, place)}${digit}${right.slice(place + 1)}`;
        assert.equal((await post(body, { 'x-hub-signature-256': turned })).status, 401, `digit ${place}`);
      }
      assert.equal(await events().countDocuments({}), 0);
    });

    it('bytes that are not UTF-8, or not JSON, correctly signed › stored, and a dead letter later', async () => {
      const bytes = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]);
      assert.equal(
        (await post(bytes, { 'x-hub-signature-256': signatureOf(bytes, secrets.current) })).status,
        200,
      );
      assert.equal((await postSigned(incoming(), 'not JSON', secrets.current)).status, 200);
      await processor.drain();
      const stored = await events().find({}).toArray();
      assert.deepEqual(
        stored.map((event) => event['status']),
        ['dead', 'dead'],
      );
    });

    it('4 MB › taken; a byte more › 413, nothing stored', async () => {
      for (const [size, status] of [
        [fourMegabytes, 200],
        [fourMegabytes + 1, 413],
      ] as const) {
        const raw = 'x'.repeat(size);
        const answer = await post(raw, { 'x-hub-signature-256': signatureOf(raw, secrets.current) });
        assert.equal(answer.status, status);
      }
      assert.equal(await events().countDocuments({}), 1);
    });

    it('another method › 405 with Allow', async () => {
      const answer = await call(incoming(), { method: 'PUT', raw: body });
      assertRefused(answer, 'PUT');
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, POST']);
    });
  });

  /** State of a client that a provider event could change. */
  const everythingOf = async (owner: CrmUser) => {
    const clientId = new Types.ObjectId(owner.clientId);
    const names = [
      'channels',
      'templates',
      'messages',
      'contacts',
      'conversations',
      'leads',
      'template_syncs',
    ];
    await waitUntilTold(api(), clientId);
    return Promise.all(names.map((name) => api().collection(name).find({ clientId }).toArray()));
  };

  describe('a channel’s own address', () => {
    async function giveKey(owner: CrmUser, appSecret?: string): Promise<string> {
      const key = newSecret();
      const _id = new Types.ObjectId(owner.channelId);
      const cipher = createCipher(Buffer.from(api().config.credentials.key.reveal(), 'base64'));
      const sealed = appSecret === undefined ? {} : { appSecret: cipher.seal(appSecret, owner.channelId) };
      await api()
        .collection('channels')
        .updateOne({ _id }, { $set: { webhookKeyHash: sha256Hex(key), ...sealed } });
      return `/${key}`;
    }

    it('an unknown key › 401, nothing stored, even if correctly signed', async () => {
      const answer = await postSigned(incoming('/unknown'), statusesOf('1', []), secrets.current);
      assertRefused(answer, 'unknown key');
      assert.deepEqual([answer.status, answer.body['code']], [401, 'unauthenticated']);
      assert.equal(await events().countDocuments({}), 0);
    });

    it('every shape without a signature › applied to the messages of this channel', async () => {
      const path = await giveKey(user);
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const [first, second, third] = await makeSent(user, 3);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const shapes = [
        { statuses: [{ id: wamidOf(first), status: 'delivered', timestamp }] },
        [{ id: wamidOf(second), status: 'read', timestamp: Date.now() }],
        statusesOf(user.phoneNumberId, [{ id: wamidOf(third), status: 'read' }]),
      ];
      for (const json of shapes) assert.equal((await call(incoming(path), { json })).status, 200);
      await processor.drain();
      assert.deepEqual(await Promise.all([first, second, third].map(statusOf)), [
        'delivered',
        'read',
        'read',
      ]);
    });

    it('statuses about another channel’s messages › not applied, whatever their status', async () => {
      const path = await giveKey(user);
      const victim = await api().signUp();
      const [message] = await makeSent(victim, 1);
      assert.ok(message !== undefined);
      const opaque = { biz_opaque_callback_data: `${message._id.toHexString()}:1` };
      const status = { id: wamidOf(message), status: 'failed', timestamp: '1795430000' };
      const forged = [
        { statuses: [status] },
        { statuses: [{ ...status, ...opaque }] },
        statusesOf(victim.phoneNumberId, [{ ...status, ...opaque }]),
        statusesOf(user.phoneNumberId, [{ ...status, ...opaque }]),
      ];
      for (const json of forged) assert.equal((await call(incoming(path), { json })).status, 200);
      await processor.drain();
      assert.equal(await statusOf(message), 'sent');
      const parked = await events().countDocuments({ status: 'parked', lastError: /^unmatched/ });
      assert.equal(parked, forged.length);
    });

    const kinds = ['status', 'message', 'preference', 'template', 'account', 'capability'] as const;
    for (const kind of kinds) {
      it(`${kind} about another client › unmatched, nothing changes; on the client’s own address it does`, async () => {
        const path = await giveKey(user);
        const victim = await api().signUp();
        const victimPath = await giveKey(victim);
        const [message] = await makeSent(victim, 1);
        assert.ok(message !== undefined);
        const before = await everythingOf(victim);
        const forged = eventsAbout(victim, message)[kind];
        for (const json of forged) assert.equal((await call(incoming(path), { json })).status, 200);
        await processor.drain();
        assert.deepEqual(await everythingOf(victim), before);
        const stored = await events().find({}).toArray();
        assert.deepEqual(
          stored.map((event) => [event['status'], String(event['lastError']).split(':')[0]]),
          forged.map(() => ['parked', 'unmatched']),
        );
        for (const json of forged) {
          const known = await everythingOf(victim);
          assert.equal((await call(incoming(victimPath), { json })).status, 200);
          await processor.drain();
          assert.notDeepEqual(await everythingOf(victim), known, JSON.stringify(json));
        }
      });
    }

    it('a channel with an app secret › its signature is required as well', async () => {
      const path = await giveKey(user, 'the channel’s own secret');
      const body = statusesOf(user.phoneNumberId, []);
      assert.equal((await call(incoming(path), { json: body })).status, 401);
      assert.equal((await postSigned(incoming(path), body, secrets.current)).status, 401);
      assert.equal((await postSigned(incoming(path), body, 'the channel’s own secret')).status, 200);
    });
  });

  describe('processing', () => {
    it('an unknown account › unmatched', async () => {
      const body = accountEvent('404', 'account_update', { event: 'ACCOUNT_DELETED' });
      await postSigned(incoming(), body, secrets.current);
      await processor.drain();
      assert.equal(await events().countDocuments({ status: 'parked', lastError: /^unmatched/ }), 1);
    });

    it('one body about two clients › each gets its own', async () => {
      const other = await api().signUp();
      const [mine] = await makeSent(user, 1);
      const [theirs] = await makeSent(other, 1);
      assert.ok(mine !== undefined && theirs !== undefined);
      const statuses = (message: MessageDoc, status: string) => ({
        statuses: [{ id: wamidOf(message), status, timestamp: '1795430000' }],
      });
      const body = envelopeOf(
        changeOf(user.phoneNumberId, statuses(mine, 'read')),
        changeOf(other.phoneNumberId, statuses(theirs, 'delivered')),
      );
      assert.equal((await postSigned(incoming(), body, secrets.current)).status, 200);
      await processor.drain();
      assert.deepEqual([await statusOf(mine), await statusOf(theirs)], ['read', 'delivered']);
    });

    it('an unreadable item among good ones › the good ones are applied, the event becomes a dead letter', async () => {
      const [message] = await makeSent(user, 1);
      assert.ok(message !== undefined);
      const statuses = [
        { nonsense: true },
        { id: wamidOf(message), status: 'read', timestamp: '1795430000' },
      ];
      const body = envelopeOf(changeOf(user.phoneNumberId, { statuses }));
      await postSigned(incoming(), body, secrets.current);
      await processor.drain();
      assert.equal(await statusOf(message), 'read');
      const [event] = await events().find({}).toArray();
      assert.equal(event?.['status'], 'dead');
      assert.match(String(event['lastError']), /statuses\[0\]/);
    });

    it('a free entry point › its end is stored on the conversation; only a later one replaces it', async () => {
      const [message] = await makeSent(user, 1);
      assert.ok(message !== undefined);
      const until = 1_764_147_600;
      for (const expiration of [until, until - 60]) {
        const conversation = {
          expiration_timestamp: String(expiration),
          origin: { type: 'referral_conversion' },
        };
        const status = { id: wamidOf(message), status: 'sent', conversation };
        await postSigned(incoming(), statusesOf(user.phoneNumberId, [status]), secrets.current);
        await processor.drain();
      }
      const { body } = await user.call(`/api/conversations/${message.conversationId.toHexString()}`);
      assert.equal(
        (body as { freeEntryPointExpiresAt: string }).freeEntryPointExpiresAt,
        new Date(until * 1_000).toISOString(),
      );
    });

    it('a person’s STOP behind a batch of receipts › processed before them, and they after it', async () => {
      const sent = await makeSent(user, 210);
      const read = (message: MessageDoc) => ({ id: wamidOf(message), status: 'read' });
      for (const message of sent) {
        await postSigned(incoming(), statusesOf(user.phoneNumberId, [read(message)]), secrets.current);
      }
      const [receipt] = statusesOf(user.phoneNumberId, sent.slice(0, 1).map(read)).entry;
      const [stop] = textOf(user.phoneNumberId, '+15550009944', 'STOP', 'wamid.urgent-stop').entry;
      assert.ok(receipt !== undefined && stop !== undefined);
      await postSigned(incoming(), { ...statusesOf('', []), entry: [receipt, stop] }, secrets.current);

      assert.equal(await processor.processBatch('urgent'), 1);
      const contact = await api().collection('contacts').findOne({ phoneNumber: '+15550009944' });
      assert.equal(contact?.['optInStatus'], 'opted-out');
      assert.equal(await events().countDocuments({ status: 'pending' }), sent.length);
      assert.equal(await processor.processBatch('urgent'), 0);

      await processor.drain();
      assert.equal(await events().countDocuments({ status: 'done' }), sent.length + 1);
    });

    it('an unknown status › kept in the history, changes nothing', async () => {
      const [message] = await makeSent(user, 1);
      assert.ok(message !== undefined);
      const body = statusesOf(user.phoneNumberId, [{ id: wamidOf(message), status: 'teleported' }]);
      await postSigned(incoming(), body, secrets.current);
      await processor.drain();
      const stored = await api().collection<MessageDoc>('messages').findOne({ _id: message._id });
      assert.equal(stored?.status, 'sent');
      const last = stored.statusHistory.at(-1);
      assert.deepEqual([last?.status, last?.raw?.['word']], ['unknown', 'teleported']);
    });

    it('600 receipts, a third doubled, shuffled, 50 posts at a time, two processors › all read, each fact once', async () => {
      const messages = await makeSent(user, 150);
      const words = ['sent', 'delivered', 'read', 'delivered'];
      const facts = messages.flatMap((message) =>
        words.map((status, index) => ({
          id: wamidOf(message),
          status,
          timestamp: String(1_795_430_000 + index),
        })),
      );
      const all = shuffle([...facts, ...facts.filter((_fact, index) => index % 3 === 0)]);
      const bodies = Array.from({ length: 100 }, (_, index) =>
        statusesOf(
          user.phoneNumberId,
          all.filter((_fact, place) => place % 100 === index),
        ),
      );
      const second = await startTestProcessor(api());
      try {
        const waiting = bodies.values();
        const postInTurn = async () => {
          for (const body of waiting) {
            assert.equal((await postSigned(incoming(), body, secrets.current)).status, 200);
          }
        };
        const posting = Promise.all(Array.from({ length: 50 }, postInTurn));
        await Promise.all([posting, processor.drain(), second.drain()]);
        await Promise.all([processor.drain(), second.drain()]);
      } finally {
        await second.close();
      }
      assert.equal(await events().countDocuments({ status: { $ne: 'done' } }), 0);
      for (const message of messages) {
        const stored = await api().collection<MessageDoc>('messages').findOne({ _id: message._id });
        assert.equal(stored?.status, 'read');
        const keys = stored.statusHistory.map(({ key }) => key);
        assert.equal(new Set(keys).size, keys.length, 'a fact stands twice in the history');
        assert.equal(keys.filter((key) => key.startsWith('wamid.')).length, words.length);
      }
    });

    it('one inbound message twenty times at once › stored once, one contact, one conversation', async () => {
      const from = phoneEndingIn('33');
      const body = textOf(user.phoneNumberId, from, 'Hello', `wamid.${newSecret(9)}`);
      await Promise.all(Array.from({ length: 20 }, () => postSigned(incoming(), body, secrets.current)));
      const second = await startTestProcessor(api());
      await Promise.all([processor.drain(), second.drain()]);
      await second.close();
      const clientId = new Types.ObjectId(user.clientId);
      for (const name of ['messages', 'contacts', 'leads', 'conversations']) {
        assert.equal(await api().collection(name).countDocuments({ clientId }), 1, name);
      }
      const conversation = await api().collection('conversations').findOne({ clientId });
      assert.equal(conversation?.['unreadCount'], 1);
    });
  });
});

describe('api › webhook with a small intake', function () {
  this.timeout(60_000);
  const api = useApi('webhooks-small', {
    env: { WHATSAPP_APP_SECRETS: secrets.current, WEBHOOK_MAX_QUEUED: '1' },
  });

  it('more than can be stored › 503 with Retry-After for the rest; every body answered with 200 is stored', async () => {
    await api().signUp();
    const bodies = Array.from({ length: 300 }, (_, index) => `{"number":${index}}`);
    const answers = await Promise.all(
      bodies.map((body) => postSigned(`${api().url}/webhook/incoming`, body, secrets.current)),
    );
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0, 'nothing was refused');
    for (const { headers, body } of refused) {
      assert.equal(body['code'], 'overloaded');
      assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    }
    const taken = bodies.filter((_body, index) => answers[index]?.status === 200);
    assert.equal(taken.length + refused.length, bodies.length);
    const stored = await api().collection('webhook_events').find({}).toArray();
    assert.deepEqual(stored.map((event) => String(event['body'])).toSorted(), taken.toSorted());
  });
});

function shuffle<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
