import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Types } from 'mongoose';
import { newSecret, sha256Hex } from '../../src/platform/ids.ts';
import { waitFor } from '../support/wait.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { call } from '../support/http.ts';
import { postSigned, statusesOf } from '../support/meta.ts';
import { openRawRequest, type RawClient, type RawRequest } from '../support/raw-client.ts';

const appSecret = 'the app secret of the deployment';
const megabyte = 1024 * 1024;
const almost = 4 * megabyte - 1;
const connections = 100;
/** What the connections, and the requests of the test itself, take beside the bodies. */
const slackBytes = 16 * megabyte;
/** What the garbage of refused bodies may take until it is collected. */
const garbageBytes = 96 * megabyte;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What bodies take: buffers are outside the heap. */
const memoryNow = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** The same, without garbage. Buffers are freed some time after a collection, so it looks until there are few enough. */
async function heldNow(enough = 0): Promise<number> {
  let least = memoryNow();
  for (let round = 0; round < 3 || (round < 30 && least > enough); round += 1) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 50));
    least = Math.min(least, memoryNow());
  }
  return least;
}

interface Attack {
  readonly bytes: number;
  readonly heldBytes: number;
  /** Goes on with the body after the answer. */
  readonly insists?: boolean;
}

describe('memory of bodies', function () {
  this.timeout(120_000);
  const api = useApi('body-memory', {
    env: { WHATSAPP_APP_SECRETS: appSecret, BODY_MEMORY_MB: '64', TRUSTED_PROXIES: '1' },
  });
  let attackers: RawClient[] = [];

  afterEach(() => {
    for (const { socket } of attackers) socket.destroy();
    attackers = [];
  });

  /** Begins the request on a hundred connections and sends so many bytes of each; at most `heldBytes` stay in memory. */
  async function attack(request: RawRequest, { bytes, heldBytes, insists = false }: Attack) {
    const before = await heldNow();
    let peak = before;
    const measuring = setInterval(() => (peak = Math.max(peak, memoryNow())), 5);
    const opened = await Promise.all(
      Array.from({ length: connections }, () => openRawRequest(api().url, request)),
    );
    attackers.push(...opened);
    await Promise.all(opened.map((client) => client.sendBody(bytes, { insists })));
    clearInterval(measuring);
    const allowed = heldBytes + slackBytes;
    const [held, most] = [(await heldNow(before + allowed)) - before, peak - before];
    assert.ok(held < allowed, `${Math.round(held / megabyte)} MB are held`);
    assert.ok(most < heldBytes + garbageBytes, `${Math.round(most / megabyte)} MB at the peak`);
  }

  async function giveAddress(): Promise<CrmUser & { readonly path: string }> {
    const user = await api().signUp();
    const key = newSecret();
    await api()
      .collection('channels')
      .updateOne({ _id: new Types.ObjectId(user.channelId) }, { $set: { webhookKeyHash: sha256Hex(key) } });
    return Object.assign(user, { path: `/webhook/incoming/${key}` });
  }

  async function giveSecondChannel({ channelId }: CrmUser): Promise<string> {
    const key = newSecret();
    const channels = api().collection('channels');
    const first = await channels.findOne(
      { _id: new Types.ObjectId(channelId) },
      { projection: { place: 0 } },
    );
    const webhookKeyHash = sha256Hex(key);
    await channels.insertOne({
      ...first,
      _id: new Types.ObjectId(),
      phoneNumberId: `${Date.now()}`,
      webhookKeyHash,
    });
    return `/webhook/incoming/${key}`;
  }

  const signed = (phoneNumberId: string) =>
    postSigned(
      `${api().url}/webhook/incoming`,
      statusesOf(phoneNumberId, [{ id: 'wamid.x', status: 'read' }]),
      appSecret,
    );

  /** Every honest request is answered at once: taken, or told when to come back. */
  async function assertServed(user: CrmUser, mustBeTaken: { readonly meta: boolean }): Promise<void> {
    const startedMs = performance.now();
    const meta = await signed(user.phoneNumberId);
    if (mustBeTaken.meta || meta.status !== 503) assert.equal(meta.status, 200, meta.text);
    else assert.ok(Number(meta.headers.get('retry-after')) > 0);
    const contact = { phoneNumber: '+15550100123', name: 'Ana' };
    const created = await call(`${api().url}/api/contacts`, { json: contact, token: user.token });
    assert.ok([201, 409].includes(created.status), created.text);
    assert.ok(performance.now() - startedMs < 10_000);
  }

  const statusesNow = (): readonly (number | undefined)[] => [
    ...new Set(attackers.map(({ status }) => status())),
  ];

  /** Whoever insists may lose the answer with the connection. */
  const isRefused = ({ status, socket }: RawClient): boolean => status() === 503 || socket.destroyed;

  /** Bodies that take too long are given up as soon as somebody needs their memory; until then Meta comes again. */
  const metaIsTaken = (user: CrmUser) =>
    waitFor('Meta is taken while the attackers hold on', async () => {
      const { status, text } = await signed(user.phoneNumberId);
      if (status !== 200) throw new Error(text);
      return true;
    });

  const forged = { 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` };

  it('a hundred webhooks with a forged signature that stop before their end › bounded, and Meta is served', async () => {
    const user = await api().signUp();
    const request = { path: '/webhook/incoming', headers: forged, length: almost + 1 };
    await attack(request, { bytes: almost, heldBytes: 24 * megabyte, insists: true });
    await waitFor('all but a few are refused', () => attackers.filter(isRefused).length >= connections - 6);
    await assertServed(user, { meta: false });
    await metaIsTaken(user);
    await assertServed(user, { meta: true });
    assert.deepEqual(
      statusesNow().filter((status) => status !== 503 && status !== undefined),
      [],
    );
  });

  it('bodies of two networks that fill the memory for webhooks › Meta is served at once, out of theirs', async () => {
    const user = await api().signUp();
    for (const network of ['192.0.2.1', '198.51.100.1']) {
      const headers = { ...forged, 'X-Forwarded-For': network };
      for (let count = 0; count < 4; count += 1) {
        const client = await openRawRequest(api().url, {
          path: '/webhook/incoming',
          headers,
          length: 3 * megabyte,
        });
        attackers.push(client);
        await client.sendBody(3 * megabyte - 1);
      }
    }
    await assertServed(user, { meta: true });
    assert.equal(await Promise.race(attackers.map((client) => client.answered(2_000))), 503);
  });

  it('a hundred webhooks to a second channel of a business › share what the first one has', async () => {
    const [victim, other] = [await giveAddress(), await giveAddress()];
    const second = await giveSecondChannel(victim);
    const request = { length: almost + 1 };
    await attack({ ...request, path: victim.path }, { bytes: almost, heldBytes: 8 * megabyte });
    await attack({ ...request, path: second }, { bytes: almost, heldBytes: 0 });
    await assertServed(other, { meta: true });
  });

  it('a hundred webhooks to one channel › bounded by its share, and other channels are served at once', async () => {
    const [victim, other] = [await giveAddress(), await giveAddress()];
    await attack({ path: victim.path, length: almost + 1 }, { bytes: almost, heldBytes: 8 * megabyte });
    const honest = statusesOf(other.phoneNumberId, [{ id: 'wamid.y', status: 'read' }]);
    assert.equal((await call(`${api().url}${other.path}`, { json: honest })).status, 200);
    await assertServed(other, { meta: true });
  });

  it('a hundred webhooks in chunks without a declared length › bounded', async () => {
    const user = await api().signUp();
    const request = { path: '/webhook/incoming', headers: forged, length: null };
    await attack(request, { bytes: almost, heldBytes: 24 * megabyte });
    await metaIsTaken(user);
    await assertServed(user, { meta: true });
  });

  it('a hundred webhooks in chunks of one byte › take no more than their bytes', async () => {
    const before = await heldNow();
    const client = await openRawRequest(api().url, {
      path: '/webhook/incoming',
      headers: forged,
      length: null,
    });
    attackers.push(client);
    const text = Buffer.from('1\r\n0\r\n'.repeat(400_000));
    await new Promise((resolve) => client.socket.write(text, resolve));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const took = (await heldNow()) - before - text.byteLength;
    assert.equal(client.status(), undefined);
    assert.ok(took < slackBytes, `${Math.round(took / megabyte)} MB for 400 KB`);
    assert.ok(text.byteLength > 0);
  });

  for (const [route, path] of [
    ['for everybody', '/api/auth/login'],
    ['for signed-in users', '/api/contacts'],
  ] as const) {
    for (const [length, bytes] of [
      [almost + 1, almost],
      [null, almost],
      [100 * 1024, 100 * 1024 - 1],
    ] as const) {
      const sends = length === null ? 'chunks without an end' : `${bytes} bytes of ${length}`;
      it(`a hundred bodies of a JSON route ${route}, ${sends} › bounded, and users are served`, async () => {
        const user = await api().signUp();
        const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${user.token}` };
        await attack({ path, headers, length }, { bytes, heldBytes: 4 * megabyte });
        const other = await api().signUp();
        await assertServed(other, { meta: true });
      });
    }
  }
});
