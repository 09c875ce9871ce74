import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Types, type mongo } from 'mongoose';
import { rootDir } from '../../scripts/paths.ts';
import { useApi } from '../support/api.ts';
import type { CrmUser } from '../support/crm-client.ts';
import { connectTestDatabase } from '../support/mongo.ts';

interface Problem {
  readonly code: string;
  readonly detail: string;
}

describe('api › channels of one business', function () {
  this.timeout(30_000);
  // The sandbox gives each business its first channel.
  const api = useApi('channel-limit', { env: { CHANNELS_MAX_PER_CLIENT: '4' } });
  let user: CrmUser;
  beforeEach(async () => {
    user = await api().signUp();
  });

  const connect = (who = user) =>
    who.call<{ id: string }>('/api/channels', {
      method: 'POST',
      body: {
        displayNumber: '+15550001000',
        phoneNumberId: randomBytes(8).toString('hex'),
        wabaId: '102290129340398',
        accessToken: randomBytes(12).toString('hex'),
      },
    });
  const placesOf = async (who = user) =>
    (
      await api()
        .collection('channels')
        .find({ clientId: new Types.ObjectId(who.clientId) })
        .sort({ place: 1 })
        .toArray()
    ).map(({ place }) => place as unknown);

  it('one more than it may have › 409 that says how many; another business is not refused', async () => {
    for (let count = 0; count < 3; count += 1) assert.equal((await connect()).status, 201);
    const refused = await connect();
    const { code, detail } = refused.body as unknown as Problem;
    assert.deepEqual([refused.status, code], [409, 'channel-limit']);
    assert.match(detail, /at most 4 channels/);
    assert.equal((await connect(await api().signUp())).status, 201);
  });

  it('many at the same moment › never more than it may have', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => connect()));
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [...Array.from({ length: 3 }, () => 201), ...Array.from({ length: 9 }, () => 409)],
    );
    assert.deepEqual(await placesOf(), [0, 1, 2, 3]);
  });

  it('a deleted channel › its place is free again', async () => {
    const channels = [await connect(), await connect(), await connect()];
    const path = `/api/channels/${channels[0]?.body.id}`;
    assert.equal((await user.call(path, { method: 'DELETE' })).status, 204);
    assert.equal((await connect()).status, 201);
    assert.deepEqual(await placesOf(), [0, 1, 2, 3]);
    assert.equal((await connect()).status, 409);
  });

  it('channels that an older version stored during the update › count too', async () => {
    await connect();
    await api()
      .collection('channels')
      .updateMany({ clientId: new Types.ObjectId(user.clientId) }, { $unset: { place: '' } });
    assert.equal((await connect()).status, 201);
    assert.equal((await connect()).status, 201);
    assert.equal((await connect()).status, 409);
  });
});

describe('migration 0037', () => {
  it('channels from before › a place each, also after a run that was stopped; twice does no harm', async () => {
    const database = await connectTestDatabase('shares', []);
    const file = join(rootDir, 'migrations', '0037-shares.js');
    const { up } = (await import(pathToFileURL(file).href)) as { up: (db: mongo.Db) => Promise<void> };
    const db = database.connection.db as unknown as mongo.Db;
    const [one, other] = [new Types.ObjectId(), new Types.ObjectId()];
    const channel = (clientId: Types.ObjectId, place?: number) => ({
      _id: new Types.ObjectId(),
      clientId,
      ...(place === undefined ? {} : { place }),
    });
    await db
      .collection('channels')
      .insertMany([channel(one), channel(one, 0), channel(other), channel(one), channel(one, 2)]);
    await up(db);
    await up(db);
    for (const [clientId, places] of [
      [one, [0, 1, 2, 3]],
      [other, [0]],
    ] as const) {
      const found = await db.collection('channels').find({ clientId }).sort({ place: 1 }).toArray();
      assert.deepEqual(
        found.map(({ place }) => place as number),
        places,
      );
    }
    await database.close();
  });
});
