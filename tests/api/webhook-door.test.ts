import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { Types } from 'mongoose';
import { createCipher } from '../../src/platform/cipher.ts';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { postSigned, signatureOf, statusesOf } from '../support/meta.ts';
import { assertRefused } from '../support/problems.ts';
import { openRawRequest } from '../support/raw-client.ts';
import { waitFor } from '../support/wait.ts';

const appSecret = 'the app secret of the deployment';
const ownSecret = 'the app secret of the channel';
const megabyte = 1024 * 1024;
const promptMs = 2_000;

describe('api › webhook door', function () {
  this.timeout(60_000);
  const api = useApi('webhook-door', {
    env: {
      WHATSAPP_APP_SECRETS: appSecret,
      WEBHOOK_CHANNEL_REQUESTS_PER_MINUTE: '20',
      WEBHOOK_CHANNEL_MB_PER_MINUTE: '12',
      WEBHOOK_CLIENT_MB_PER_DAY: '64',
      WEBHOOK_UNVERIFIED_MB_PER_DAY: '1',
      WEBHOOK_UNKNOWN_KEYS_PER_MINUTE: '5',
    },
  });
  const events = () => api().collection('webhook_events');
  const stored = (channelId: string) => events().countDocuments({ channelId: new Types.ObjectId(channelId) });
  beforeEach(() => events().deleteMany({}));

  /** A user whose channel has a webhook address of its own. */
  async function giveAddress(secret?: string): Promise<CrmUser & { readonly path: string }> {
    const user = await api().signUp();
    const key = newSecret();
    const cipher = createCipher(Buffer.from(api().config.credentials.key.reveal(), 'base64'));
    const sealed = secret === undefined ? {} : { appSecret: cipher.seal(secret, user.channelId) };
    await api()
      .collection('channels')
      .updateOne(
        { _id: new Types.ObjectId(user.channelId) },
        { $set: { webhookKeyHash: sha256Hex(key), ...sealed } },
      );
    return Object.assign(user, { path: `/webhook/incoming/${key}` });
  }

  const sized = (bytes: number): string => `{"text":"${'x'.repeat(bytes - '{"text":""}'.length)}"}`;
  const post = (path: string, raw: string, headers: Readonly<Record<string, string>> = {}) =>
    call(`${api().url}${path}`, { raw, headers: { 'content-type': 'application/json', ...headers } });

  it('many channels of one business › their events are one source, so it has one share of the processing', async () => {
    const user = await giveAddress();
    const channels = api().collection('channels');
    const first = await channels.findOne({ _id: new Types.ObjectId(user.channelId) });
    const keys = [newSecret(), newSecret(), newSecret()];
    await channels.insertMany(
      keys.map((key, index) => ({
        ...first,
        _id: new Types.ObjectId(),
        phoneNumberId: `${user.phoneNumberId}${index}`,
        place: index + 1,
        webhookKeyHash: sha256Hex(key),
      })),
    );
    for (const key of keys) assert.equal((await post(`/webhook/incoming/${key}`, '{}')).status, 200);
    const other = await giveAddress();
    await post(other.path, '{}');
    const found = await events().find().sort({ _id: 1 }).toArray();
    const [a, b, c, d] = found.map(({ source }) => String(source));
    assert.deepEqual([a === b, b === c, c === d], [true, true, false]);
  });

  it('a compressed event › 415, so the relay repeats it without compression', async () => {
    const { path } = await giveAddress();
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const response = await fetch(`${api().url}${path}`, { method: 'POST', headers, body: gzipSync('{}') });
    assert.equal(response.status, 415);
    assert.equal(await events().countDocuments(), 0);
  });

  describe('what the headers say › refused before the body is sent', () => {
    const length = 4 * megabyte - 1;
    const wellFormed = { 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` };

    for (const [situation, path, headers, status] of [
      ['no signature', '/webhook/incoming', {}, 401],
      ['a malformed signature', '/webhook/incoming', { 'X-Hub-Signature-256': 'sha256=no' }, 401],
      ['an unknown address', '/webhook/incoming/unknown', wellFormed, 401],
    ] as const) {
      it(`${situation} › ${status}`, async () => {
        const client = await openRawRequest(api().url, { path, headers, length });
        assert.equal(await client.answered(promptMs), status);
        client.socket.destroy();
      });
    }

    it('a declared length over the limit › 413, on both addresses', async () => {
      const { path } = await giveAddress();
      for (const address of ['/webhook/incoming', path]) {
        const request = { path: address, headers: wellFormed, length: 4 * megabyte + 1 };
        const client = await openRawRequest(api().url, request);
        assert.equal(await client.answered(promptMs), 413, address);
        client.socket.destroy();
      }
    });

    it('a channel with an app secret, no signature › 401; with one › stored', async () => {
      const { path, channelId } = await giveAddress(ownSecret);
      const client = await openRawRequest(api().url, { path, length });
      assert.equal(await client.answered(promptMs), 401);
      client.socket.destroy();
      const body = sized(100);
      assert.equal(
        (await post(path, body, { 'x-hub-signature-256': signatureOf(body, 'another') })).status,
        401,
      );
      assert.equal(
        (await post(path, body, { 'x-hub-signature-256': signatureOf(body, ownSecret) })).status,
        200,
      );
      assert.equal(await stored(channelId), 1);
    });
  });

  it('too many requests to one channel › 429 with Retry-After, and other channels are taken', async () => {
    const [busy, calm] = [await giveAddress(), await giveAddress()];
    const answers = await Promise.all(Array.from({ length: 25 }, () => post(busy.path, sized(100))));
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(refused.length, 5);
    for (const answer of refused) {
      assertRefused(answer, 'busy');
      assert.equal(answer.body['code'], 'too-many-requests');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
    }
    assert.equal(await stored(busy.channelId), 20);
    assert.equal((await post(calm.path, sized(100))).status, 200);
  });

  it('too many bytes per minute › 429 before the body is sent', async () => {
    const { path } = await giveAddress(ownSecret);
    // Refused for their signature, so they take nothing of the day.
    const wrong = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
    for (let count = 0; count < 3; count += 1)
      assert.equal((await post(path, sized(4 * megabyte), wrong)).status, 401);
    const client = await openRawRequest(api().url, { path, headers: wrong, length: 1_000 });
    assert.equal(await client.answered(promptMs), 429);
    client.socket.destroy();
  });

  it('a business that has filled its day › 429, on all its channels; others and Meta are taken', async () => {
    const [full, other] = [await giveAddress(), await giveAddress()];
    // Few bytes, and what they would become: 4 KB for each item.
    const itemsOf = (count: number) => `{"messages":[${Array.from({ length: count }, () => '{}').join()}]}`;
    assert.equal((await post(full.path, itemsOf(12_000))).status, 200);
    const refused = await post(full.path, itemsOf(12_000));
    assertRefused(refused, 'full');
    assert.deepEqual([refused.status, refused.body['code']], [429, 'too-many-requests']);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds > 0 && seconds <= 3_600);
    assert.equal(await stored(full.channelId), 1);
    assert.equal((await post(other.path, itemsOf(12_000))).status, 200);
    const meta = statusesOf(full.phoneNumberId, [{ id: 'wamid.x', status: 'read' }]);
    assert.equal((await postSigned(`${api().url}/webhook/incoming`, meta, appSecret)).status, 200);
  });

  describe('a channel that has not proved its number', () => {
    const mostBytes = 256 * 1024;

    async function giveUnverified() {
      const user = await giveAddress();
      const _id = new Types.ObjectId(user.channelId);
      const ownership = { state: 'unverified', gap: 'not-checked', candidate: _id };
      await api().collection('channels').updateOne({ _id }, { $set: { ownership } });
      return user;
    }

    it('a body over 256 KiB › 409 before it is sent; a smaller one is stored as that of a stranger', async () => {
      const { path, channelId, clientId } = await giveUnverified();
      const client = await openRawRequest(api().url, { path, length: mostBytes + 1 });
      assert.equal(await client.answered(promptMs), 409);
      client.socket.destroy();
      const refused = await post(path, sized(mostBytes + 1));
      assertRefused(refused, 'large');
      assert.deepEqual([refused.status, refused.body['code']], [409, 'channel-unverified']);
      assert.equal((await post(path, sized(mostBytes))).status, 200);
      const [event, ...others] = await events()
        .find({ channelId: new Types.ObjectId(channelId) })
        .toArray();
      assert.deepEqual([event?.['source'], others.length], [`unverified:${clientId}`, 0]);
    });

    it('a body that grows beyond it when its bytes are read as text › 409', async () => {
      const { path, channelId } = await giveUnverified();
      const body = new Uint8Array(mostBytes).fill(0xff);
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${api().url}${path}`, { method: 'POST', headers, body });
      assert.equal(answer.status, 409);
      assert.equal(await stored(channelId), 0);
    });

    it('its small day is full › 429; once it is verified, it has the whole day of the business', async () => {
      const { path, channelId } = await giveUnverified();
      const statuses: number[] = [];
      for (let count = 0; count < 5; count += 1) statuses.push((await post(path, sized(mostBytes))).status);
      // Each is counted with a copy: half a megabyte.
      assert.deepEqual(statuses, [200, 429, 429, 429, 429]);
      await api()
        .collection('channels')
        .updateOne({ _id: new Types.ObjectId(channelId) }, { $set: { 'ownership.state': 'verified' } });
      const isTaken = async () => (await post(path, sized(mostBytes))).status === 200;
      // Rarely, because refused bodies count for the minute too.
      await waitFor('the proof is known', isTaken, { everyMs: 500 });
    });
  });

  // Last, because the network of all these tests is then limited.
  describe('unknown addresses', () => {
    it('a network that tries many › 429, and the known ones behind it are still taken', async () => {
      const { path } = await giveAddress();
      assert.equal((await post(path, sized(100))).status, 200);
      const statuses: number[] = [];
      for (let count = 0; count < 8; count += 1)
        statuses.push((await post(`/webhook/incoming/wrong-${count}`, '{}')).status);
      assert.ok(statuses.includes(429), statuses.join());
      assert.equal(statuses.at(-1), 429);
      assert.equal((await post(path, sized(100))).status, 200);
    });
  });
});
